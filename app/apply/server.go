package apply

import (
	"context"
	"time"

	"daybook/app/configuration"
	"daybook/app/sources"
)

// Server is what sources are applied to. Its changes are refused with refusals
// of the domain (es.Refusals), whose fields are those of the domain's commands;
// each takes what the source must stand at, and moves it on.
type Server interface {
	Environments(ctx context.Context) ([]string, error)
	Sources(ctx context.Context) ([]sources.View, error)
	Secrets(ctx context.Context, at sources.Place) ([]sources.Secret, error)

	Put(ctx context.Context, at sources.Place, p sources.Put, match *sources.Match) error
	AddSecret(ctx context.Context, at sources.Place, text string, match *sources.Match) error
	RevokeSecret(ctx context.Context, at sources.Place, id string, grace time.Duration, match *sources.Match) error
	Disconnect(ctx context.Context, at sources.Place, match *sources.Match) error
}

// Local is the Daybook of this process.
type Local struct {
	Configuration *configuration.Configuration
	Service       *sources.Sources
	Actor         string // who changes what is changed
}

var _ Server = Local{}

// Environments returns the slugs of all environments.
func (l Local) Environments(context.Context) ([]string, error) {
	return l.Configuration.Environments(), nil
}

// Sources returns all sources.
func (l Local) Sources(context.Context) ([]sources.View, error) { return l.Service.All(""), nil }

// Secrets returns the secrets of a source.
func (l Local) Secrets(_ context.Context, at sources.Place) ([]sources.Secret, error) {
	return l.Service.Secrets(at)
}

// Put changes or makes a source.
func (l Local) Put(ctx context.Context, at sources.Place, p sources.Put, match *sources.Match) error {
	_, err := l.Service.Only(match).Put(ctx, at, p, l.Actor)
	return err
}

// AddSecret adds a secret.
func (l Local) AddSecret(ctx context.Context, at sources.Place, text string, match *sources.Match) error {
	_, err := l.Service.Only(match).AddSecret(ctx, at, text, l.Actor)
	return err
}

// RevokeSecret ends a secret.
func (l Local) RevokeSecret(ctx context.Context, at sources.Place, id string, grace time.Duration, match *sources.Match) error {
	return l.Service.Only(match).RevokeSecret(ctx, at, id, grace, l.Actor)
}

// Disconnect takes a source out of an environment.
func (l Local) Disconnect(ctx context.Context, at sources.Place, match *sources.Match) error {
	return l.Service.Only(match).Disconnect(ctx, at, l.Actor)
}
