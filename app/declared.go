package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"daybook/app/apply"
	"daybook/app/declaration"
)

// maxOvertaken is how often the file is applied anew because somebody else, such
// as an instance that starts too, changed a source meanwhile.
const maxOvertaken = 10

// applyFile makes the sources what the file of the configuration declares, if
// there is one. References are looked up here, by the server.
func (a *App) applyFile(ctx context.Context) error {
	path := a.config.File
	if path == "" || ctx.Err() != nil {
		return nil
	}
	applying, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	file, err := declaration.ParseFile(path)
	if err != nil {
		return err
	}
	for range maxOvertaken {
		err = a.applyDeclared(applying, path, file)
		if !errors.Is(err, apply.ErrStale) {
			break
		}
	}
	if ctx.Err() != nil {
		return nil // it was told to stop, which is no mistake
	}
	return err
}

func (a *App) applyDeclared(ctx context.Context, path string, file declaration.File) error {
	here := apply.Local{Configuration: a.configuration, Service: a.sources, Actor: "config"}
	plan, err := apply.New(ctx, here, file, apply.Options{
		Now:      a.config.Now(),
		Resolver: declaration.Resolver{Dir: filepath.Dir(path), Variable: os.LookupEnv},
	})
	if err != nil {
		return err
	}
	if err := plan.CarryOut(ctx, here); err != nil {
		return err
	}
	for _, part := range plan.Parts {
		a.config.Logger.Info("applied", "file", path, "source", part.Source, "environment", part.Environment, "what", part.Lines())
	}
	if plan.IsEmpty() {
		a.config.Logger.Info("the configuration file changes nothing", "file", path)
	}
	return nil
}
