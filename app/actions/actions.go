// Package actions is what people can do about actions that did not come to
// their end by themselves: have them tried again, one or many, or give them up.
package actions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"daybook/app/command"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections/worklist"
)

// Actions carries out what people decide. Make one with [New].
type Actions struct {
	webhooks command.Handler[webhook.State, webhook.Command, webhook.Event]
	list     *worklist.List
}

// New returns what works on a store, and finds actions in a worklist.
func New(store es.Store, list *worklist.List, now func() time.Time) *Actions {
	return &Actions{
		webhooks: command.Handler[webhook.State, webhook.Command, webhook.Event]{
			Store: store, Decider: webhook.Decider(), Codec: webhook.Codec(), Now: now,
		},
		list: list,
	}
}

// Done says what came of a decision.
type Done struct {
	Actions int // how many it changed
	// Position is that of the newest fact, [es.Start] if there is none.
	Position es.Position
}

// Retry has an action tried again that is waiting, parked or uncertain, under
// the same key. It refuses one that there is not, or that cannot be.
func (a *Actions) Retry(ctx context.Context, id, actor string) (Done, error) {
	found, err := a.find(ctx, id)
	if err != nil {
		return Done{}, err
	}
	done, err := a.rearm(ctx, found.Ref, []string{id}, actor)
	if err == nil && done.Actions == 0 {
		return Done{}, &es.Refusal{
			Code: es.Exists, Message: "the action cannot be tried again: it is being carried out, came to its end, or lacks something since it was planned; look at its webhook",
		}
	}
	return done, err
}

// Skip gives an action up that is waiting, parked or uncertain; note says why.
func (a *Actions) Skip(ctx context.Context, id, note, actor string) (Done, error) {
	found, err := a.find(ctx, id)
	if err != nil {
		return Done{}, err
	}
	done, err := a.do(ctx, found.Ref, webhook.Skip{Generation: found.Ref.Generation, Actions: []string{id}, Note: note}, actor)
	if err == nil && done.Actions == 0 {
		return Done{}, &es.Refusal{Code: es.Exists, Message: "the action cannot be given up: it is being carried out, or came to its end"}
	}
	return done, err
}

func (a *Actions) find(ctx context.Context, id string) (worklist.Action, error) {
	found, ok, err := a.list.FindAction(ctx, id)
	if err != nil {
		return worklist.Action{}, err
	}
	if !ok {
		return worklist.Action{}, &es.Refusal{Code: es.NotFound, Message: "no action with this id is waiting, parked or uncertain"}
	}
	return found, nil
}

// Replan has a webhook planned after all, whose plan is parked.
func (a *Actions) Replan(ctx context.Context, ref webhook.Ref, actor string) (Done, error) {
	done, err := a.do(ctx, ref, webhook.Replan{Generation: ref.Generation}, actor)
	if errors.Is(err, webhook.ErrNothingReceived) {
		return Done{}, &es.Refusal{Code: es.NotFound, Message: "there is no such webhook"}
	}
	if err == nil && done.Position == es.Start {
		return Done{}, &es.Refusal{Code: es.Exists, Message: "the webhook's plan is not parked"}
	}
	return done, err
}

// page is how many actions are looked at together.
const page = 256

// RetryAll has all actions tried again that a filter names and that can be. It
// goes through them once, in the order in which their webhooks came, and tells
// progress how many it has looked at.
func (a *Actions) RetryAll(ctx context.Context, f worklist.Filter, actor string, progress func(looked int)) (Done, error) {
	var all Done
	looked := 0
	for after := worklist.BeginActions(); ; {
		found, err := a.list.Actions(ctx, f, after, page)
		if err != nil || len(found) == 0 {
			return all, err
		}
		for len(found) > 0 {
			n := sameWebhook(found)
			done, err := a.rearm(ctx, found[0].Ref, idsOf(found[:n]), actor)
			if err != nil {
				return all, err
			}
			all.Actions += done.Actions
			all.Position = max(all.Position, done.Position)
			looked += n
			after, found = found[n-1].Place(), found[n:]
			progress(looked)
		}
	}
}

// sameWebhook returns how many of the first actions are of one webhook.
func sameWebhook(actions []worklist.Action) int {
	n := 1
	for n < len(actions) && actions[n].Ref == actions[0].Ref {
		n++
	}
	return n
}

func idsOf(actions []worklist.Action) []string {
	ids := make([]string, len(actions))
	for i, a := range actions {
		ids[i] = a.ID
	}
	return ids
}

func (a *Actions) rearm(ctx context.Context, ref webhook.Ref, ids []string, actor string) (Done, error) {
	return a.do(ctx, ref, webhook.Rearm{Generation: ref.Generation, Actions: ids}, actor)
}

func (a *Actions) do(ctx context.Context, ref webhook.Ref, c webhook.Command, actor string) (Done, error) {
	result, err := a.webhooks.Handle(ctx, ref.Stream(), c, command.Meta{Actor: actor, CorrelationID: ref.ID()})
	if err != nil {
		return Done{}, fmt.Errorf("decide about %s: %w", ref.ID(), err)
	}
	done := Done{Position: result.Position}
	for _, f := range result.Facts {
		switch e := f.Event.(type) {
		case webhook.ActionsRearmed:
			done.Actions += len(e.Actions)
		case webhook.ActionSkipped:
			done.Actions++
		default: // it is about no action
		}
	}
	return done, nil
}
