// Package steer is what people do about actions that did not go well, the same
// for the pages and the API: try one again, or many, give one up, have a webhook
// planned after all. What is asked for is decided in the webhook's own stream, by
// how it stands there, and returns once the read models of this instance show it.
// The worker does the rest.
package steer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"daybook/app/command"
	"daybook/app/longwork"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections/actions"
)

// Steering changes the course of actions. Make one with [New].
type Steering struct {
	config   Config
	webhooks command.Handler[webhook.State, webhook.Command, webhook.Event]
	bench    *longwork.Bench
}

// Config is what [New] needs; all of it.
type Config struct {
	Store   es.Store
	Actions *actions.List
	// WaitFor waits until the read models show the log up to a position.
	WaitFor func(context.Context, es.Position) error
	Now     func() time.Time
}

// New returns the service.
func New(c Config) *Steering {
	return &Steering{
		config: c,
		webhooks: command.Handler[webhook.State, webhook.Command, webhook.Event]{
			Store: c.Store, Decider: webhook.Decider(), Codec: webhook.Codec(), Now: c.Now,
		},
		bench: longwork.New(c.Now),
	}
}

// Close cancels what is under way and waits for its end.
func (s *Steering) Close() { s.bench.Close() }

// Steered is an action after a person did something about it.
type Steered struct {
	ID      string         `json:"id"`
	Webhook string         `json:"webhook"`
	Status  webhook.Status `json:"status"`
}

// MayRepeat is the field by which a person takes on that something may be done
// twice.
const MayRepeat = "may_repeat"

// maxNote is the longest note, in bytes.
const maxNote = 1000

// Retry has an action tried again now. One that is uncertain may thereby be
// done twice, so it is refused unless mayRepeat takes that on.
func (s *Steering) Retry(ctx context.Context, id string, mayRepeat bool, actor string) (Steered, error) {
	return s.one(ctx, id, actor, func(g *webhook.Generation, n int) (webhook.Command, error) {
		if err := checkRetry(g.Action(id), mayRepeat); err != nil {
			return nil, err
		}
		return webhook.Rearm{Generation: n, Actions: []string{id}}, nil
	})
}

func checkRetry(a *webhook.Action, mayRepeat bool) error {
	switch {
	case a.Problem != nil:
		return conflict("it lacks something since it was planned (%s), so trying it again is of no use; mend the mapping for the webhooks to come, and give this one up", a.Problem.Message)
	case a.Status == webhook.StatusPlanned, a.Status == webhook.StatusClaimed:
		return conflict("it is being carried out already")
	case a.Status == webhook.StatusSucceeded, a.Status == webhook.StatusSkipped:
		return conflict("it is done: %s", a.Status)
	case a.Status == webhook.StatusUncertain && !mayRepeat:
		return &es.Refusal{Code: es.Invalid, Field: MayRepeat, Message: "it may have been carried out, and would then be done twice; look at the destination, and say true if that may be"}
	default:
		return nil
	}
}

// Skip gives an action up, with a note that says why; it may be empty.
func (s *Steering) Skip(ctx context.Context, id, note, actor string) (Steered, error) {
	if len(note) > maxNote {
		return Steered{}, &es.Refusal{Code: es.Invalid, Field: "note", Message: fmt.Sprintf("is longer than %d bytes", maxNote)}
	}
	return s.one(ctx, id, actor, func(g *webhook.Generation, n int) (webhook.Command, error) {
		switch a := g.Action(id); a.Status {
		case webhook.StatusClaimed:
			return nil, conflict("it is being carried out at this moment; wait for what comes of it")
		case webhook.StatusSucceeded, webhook.StatusSkipped:
			return nil, conflict("it is done: %s", a.Status)
		default:
			return webhook.Skip{Generation: n, Actions: []string{id}, Note: note}, nil
		}
	})
}

func conflict(format string, args ...any) error {
	return &es.Refusal{Code: es.Exists, Message: fmt.Sprintf(format, args...)}
}

// one does something about one action, as choose says by how it stands.
func (s *Steering) one(ctx context.Context, id, actor string, choose func(g *webhook.Generation, n int) (webhook.Command, error)) (Steered, error) {
	item, err := s.config.Actions.Find(ctx, id)
	if err != nil {
		return Steered{}, err
	}
	result, err := s.handle(ctx, item.Ref, actor, func(g *webhook.Generation, n int) (webhook.Command, error) {
		if g.Action(id) == nil {
			return nil, actions.ErrNotFound
		}
		return choose(g, n)
	})
	if err != nil {
		return Steered{}, err
	}
	status := result.State.Generation(item.Ref.Generation).Action(id).Status
	return Steered{ID: id, Webhook: item.Webhook, Status: status}, s.config.WaitFor(ctx, result.Position)
}

// Replan has a webhook planned after all, whose plan is parked.
func (s *Steering) Replan(ctx context.Context, id, actor string) error {
	ref, err := webhook.ParseID(id)
	if err != nil {
		return errNoWebhook()
	}
	result, err := s.handle(ctx, ref, actor, func(g *webhook.Generation, n int) (webhook.Command, error) {
		if g.PlanParked == nil {
			return nil, conflict("its plan is not parked")
		}
		return webhook.Replan{Generation: n}, nil
	})
	if err != nil {
		return err
	}
	return s.config.WaitFor(ctx, result.Position)
}

func errNoWebhook() error {
	return &es.Refusal{Code: es.NotFound, Message: "there is no such webhook; ids are those of the event log"}
}

type result = command.Result[webhook.State, webhook.Event]

// handle carries out the command that choose makes of how a generation stands
// when it is decided; no command: nothing.
func (s *Steering) handle(
	ctx context.Context, ref webhook.Ref, actor string, choose func(g *webhook.Generation, n int) (webhook.Command, error),
) (result, error) {
	h := s.webhooks
	h.Decider.Decide = func(state webhook.State, _ webhook.Command) ([]webhook.Event, error) {
		g := state.Generation(ref.Generation)
		if g == nil {
			return nil, errNoWebhook()
		}
		c, err := choose(g, ref.Generation)
		if err != nil || c == nil {
			return nil, err
		}
		return webhook.Decide(state, c)
	}
	return h.Handle(ctx, ref.Stream(), nil, command.Meta{Actor: actor, CorrelationID: ref.ID()})
}

// retryable returns those of some actions that can be tried again.
func retryable(g *webhook.Generation, ids []string, mayRepeat bool) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		a := g.Action(id)
		return a == nil || checkRetry(a, mayRepeat) != nil
	})
}
