package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"daybook/app/apply"
	"daybook/app/declaration"
	"daybook/domain/source"
)

type sourceApplyCommand struct {
	server
	File   string `short:"f" required:"" placeholder:"FILE" help:"The file, or - for standard input."`
	Yes    bool   `help:"Do not ask."`
	DryRun bool   `name:"dry-run" help:"Show what would be done, and do nothing."`
	Prune  bool   `help:"Take away what the file does not name: see below."`
	Grace  string `default:"24h" placeholder:"DURATION" help:"How long a pruned secret still counts (default 24h)."`
}

// Help says what the help of the flags does not.
func (sourceApplyCommand) Help() string {
	return `A file is YAML, one source for each document, as source get --yaml prints it, or
JSON as source get --json does, Knock's too. What a file does not say stays as
it is. Secrets are named, ${env:NAME} or ${file:path}, and looked up here; paths
begin where the file is.

--prune takes sources out of the environments that the file names if it does not
declare them there, and revokes secrets that a list of secrets does not name.`
}

// Run makes the sources what the file declares.
func (c sourceApplyCommand) Run(ctx context.Context, streams Streams) error {
	if !c.Yes && !c.DryRun && (c.File == "-" || !isTerminal(streams.In)) {
		return usage("there is nobody to ask: say --yes to apply, or --dry-run to see what would be done")
	}
	grace, err := c.grace()
	if err != nil {
		return err
	}
	file, dir, err := c.read(streams.In)
	if err != nil {
		return err
	}
	plan, err := apply.New(ctx, remote{c.server}, file, apply.Options{
		Prune: c.Prune, Grace: grace, Now: time.Now(),
		Resolver: declaration.Resolver{Dir: dir, Variable: os.LookupEnv},
	})
	if err != nil {
		return err
	}
	if err := c.show(streams, plan); err != nil || plan.IsEmpty() || c.DryRun {
		return err
	}
	if !c.Yes && !confirm(streams) {
		return errors.New("nothing was changed")
	}
	if err := plan.CarryOut(ctx, remote{c.server}); err != nil {
		return err
	}
	_, err = fmt.Fprintln(streams.Err, "it was applied")
	return err
}

func (c sourceApplyCommand) grace() (time.Duration, error) {
	if c.Grace == "0" || c.Grace == "0s" {
		return 0, nil
	}
	grace, err := source.ParseDuration(c.Grace)
	if err != nil || grace == source.Forever {
		return 0, usage("--grace %s: write it as 0s, 5m or 24h", c.Grace)
	}
	return time.Duration(grace), nil
}

// read reads the file, and says where its paths begin.
func (c sourceApplyCommand) read(in io.Reader) (file declaration.File, dir string, err error) {
	if c.File != "-" {
		file, err = declaration.ParseFile(c.File)
		return file, filepath.Dir(c.File), err
	}
	raw, err := io.ReadAll(io.LimitReader(in, declaration.MaxFile+1))
	if err != nil {
		return file, "", fmt.Errorf("read standard input: %w", err)
	}
	return declaration.Parse("standard input", raw), ".", nil
}

func (c sourceApplyCommand) show(streams Streams, plan apply.Plan) error {
	if c.JSON {
		for _, part := range plan.Parts {
			if err := printLine(streams.Out, part); err != nil {
				return err
			}
		}
		return nil
	}
	for _, line := range plan.Lines() {
		if _, err := fmt.Fprintln(streams.Out, plain(line)); err != nil {
			return err
		}
	}
	if !plan.IsEmpty() {
		return nil
	}
	_, err := fmt.Fprintln(streams.Out, "nothing to change")
	return err
}

// confirm asks the person at the terminal.
func confirm(streams Streams) bool {
	_, _ = fmt.Fprint(streams.Err, "Apply this? [y/N] ")
	answer, _ := bufio.NewReader(io.LimitReader(streams.In, 1<<10)).ReadString('\n') // no answer is no
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	default:
		return false
	}
}
