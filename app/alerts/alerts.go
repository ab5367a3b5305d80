// Package alerts tells people when something needs them. It looks at the read
// models, the configuration and the machine, raises alerts and says that they
// are over, and sends a message about each to the endpoint of its environment.
//
// What was found, done and sent is in the streams of domain/alert, so that
// several instances, which all look and may all send, say one thing once. What
// one of them remembers for itself only makes it slower to say that something is
// over. Nothing waits for a message.
package alerts

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"daybook/app/command"
	"daybook/app/configuration"
	"daybook/app/destination/egress"
	"daybook/app/keyring"
	"daybook/app/metrics"
	"daybook/domain/alert"
	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/actions"
	"daybook/projections/eventlog"
)

// Config is what alerts are made of; all of it is needed.
type Config struct {
	Store         es.Store
	Configuration *configuration.Configuration
	ReadModels    *projections.Runner
	Events        *eventlog.Log
	Actions       *actions.List
	Keys          *keyring.Keyring
	Client        *egress.Client
	Metrics       *metrics.Alerts
	Logger        *slog.Logger
	Now           func() time.Time
	// Instance names this start of an instance, Machine where it runs, for
	// people: the same at each start.
	Instance, Machine string
	// Data is the directory whose disk is looked at.
	Data string
	// PublicURL is what links begin with, without a slash at the end.
	PublicURL string
}

// Alerts are the alerts of a Daybook. Make them with [New], then [Alerts.Run].
type Alerts struct {
	Config
	handler command.Handler[alert.State, alert.Command, alert.Event]
	ledger  *ledger
}

// New returns alerts that know of none yet.
func New(c Config) *Alerts {
	return &Alerts{
		Config: c,
		handler: command.Handler[alert.State, alert.Command, alert.Event]{
			Store: c.Store, Decider: alert.Decider(), Codec: alert.Codec(), Now: c.Now,
		},
		ledger: newLedger(c.Store, c.Logger),
	}
}

// Run watches and sends until ctx ends. It outlives outages of the store.
func (a *Alerts) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { a.ledger.run(ctx); return nil })
	group.Go(func() error { a.watch(ctx); return nil })
	group.Go(func() error { a.send(ctx); return nil })
	return group.Wait()
}

// Acknowledge says that a person has seen an alert.
func (a *Alerts) Acknowledge(ctx context.Context, id, actor string) (View, error) {
	return a.byPerson(ctx, id, alert.Acknowledge{ID: id}, actor)
}

// Resolve closes an alert.
func (a *Alerts) Resolve(ctx context.Context, id, actor string) (View, error) {
	return a.byPerson(ctx, id, alert.Resolve{ID: id}, actor)
}

func (a *Alerts) byPerson(ctx context.Context, id string, c alert.Command, actor string) (View, error) {
	if err := a.ledger.waitLoaded(ctx); err != nil {
		return View{}, err
	}
	scope, ok := a.ledger.find(id)
	if !ok {
		return View{}, errNoAlert
	}
	if _, err := a.handle(ctx, scope, c, actor); err != nil {
		return View{}, err
	}
	return a.Get(id)
}

var errNoAlert = &es.Refusal{Code: es.NotFound, Message: "there is no such alert, or it has been over for long"}

// handle carries out a command, and returns when what came of it is known here.
func (a *Alerts) handle(ctx context.Context, scope alert.Scope, c alert.Command, actor string) ([]es.Fact[alert.Event], error) {
	result, err := a.handler.HandleFrom(ctx, scope.Stream(), a.ledger.loaded(scope), c, command.Meta{Actor: actor})
	if err != nil {
		return nil, err
	}
	if len(result.Facts) == 0 {
		return nil, nil
	}
	return result.Facts, a.ledger.waitFor(ctx, scope, result.State.Revision)
}

// report logs what did not work; that the program ends is no news.
func (a *Alerts) report(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		a.Logger.Warn("something about alerts did not work, trying again later", "what", what, "error", err)
	}
}

// Changed returns a channel that is closed when anything about alerts changes.
// Take it first, then ask, then wait.
func (a *Alerts) Changed() <-chan struct{} { return a.ledger.changed() }
