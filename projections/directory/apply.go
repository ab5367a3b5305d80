package directory

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/value"
	"daybook/domain/webhook"
	"daybook/projections"
)

func prepare(ctx context.Context, p projections.Preparer) (projections.Apply, error) {
	w := &writer{}
	if err := w.prepare(ctx, p); err != nil {
		return nil, err
	}
	return func(ctx context.Context, events []projections.Event) error {
		b := newBatch(ctx, w)
		for _, e := range events {
			if err := b.add(e); err != nil {
				return fmt.Errorf("%s at %s@%d: %w", e.Type, e.Stream, e.Revision, err)
			}
		}
		return b.flush()
	}, nil
}

// batch is what a batch of events does to the directory. Requests whose outcome
// is in the same batch never reach the file.
type batch struct {
	ctx     context.Context //nolint:containedctx // lives as long as one call of Apply
	w       *writer
	planned map[string]*planned // by action
	users   map[userKey]*user   // nil: there is none
}

// planned is a request that waits for its outcome.
type planned struct {
	action     string
	stream     es.Stream
	revision   es.Revision
	actionType action.Type
	payload    string
	stored     bool
	done       bool
}

type userKey struct{ environment, id string }

// user is a user's row.
type user struct {
	position   es.Position
	createdAt  es.Time
	updatedAt  es.Time
	stream     es.Stream
	generation int
	traits     traits
}

func newBatch(ctx context.Context, w *writer) *batch {
	return &batch{ctx: ctx, w: w, planned: map[string]*planned{}, users: map[userKey]*user{}}
}

func (b *batch) add(e projections.Event) error {
	if e.Deleted {
		return b.removeStream(e.Stream)
	}
	switch fact := e.Webhook.(type) {
	case webhook.ActionsPlanned:
		for _, a := range fact.Actions {
			if carriedOut(a.ActionType) && a.Problem == nil {
				b.planned[a.ID] = &planned{
					action: a.ID, stream: e.Stream, revision: e.Revision, actionType: a.ActionType, payload: string(a.Payload),
				}
			}
		}
	case webhook.ActionSucceeded:
		p, err := b.take(fact.Action)
		if err != nil || p == nil || p.stream != e.Stream {
			return err
		}
		p.done = true
		return b.carryOut(e, p, fact.Result)
	default: // nothing that the directory would show
	}
	return nil
}

// take returns the request of an action; nil if it is not one of ours.
func (b *batch) take(id string) (*planned, error) {
	if p, ok := b.planned[id]; ok {
		if p.done {
			return nil, nil
		}
		return p, nil
	}
	p, err := b.w.loadPlanned(b.ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b.planned[id] = p
	return p, nil
}

// carryOut does what a succeeded action comes to.
func (b *batch) carryOut(e projections.Event, p *planned, result json.RawMessage) error {
	known := []byte(p.payload)
	if p.payload == "" {
		known = result
	}
	r := readRequest(known)
	switch p.actionType {
	case action.UsersIdentify:
		return b.identify(e, 0, r.ID, r.said)
	case action.UsersDelete:
		return b.deleteUser(e, r.ID)
	case action.WorkflowsTrigger:
		return b.trigger(e, p, r, runID(p.action, result))
	case action.WorkflowsCancel:
		return b.cancel(e, r)
	default:
		return nil
	}
}

func (b *batch) identify(e projections.Event, number int, id string, said traits) error {
	if id == "" {
		return nil
	}
	if err := b.w.change(b.ctx, e, number, id, &said); err != nil {
		return err
	}
	key := userKey{e.Ref.Environment, id}
	u, err := b.user(key)
	if err != nil {
		return err
	}
	b.users[key] = u.with(change{e.Position, e.At, e.Stream, e.Ref.Generation, &said})
	return nil
}

func (b *batch) deleteUser(e projections.Event, id string) error {
	if id == "" {
		return nil
	}
	b.users[userKey{e.Ref.Environment, id}] = nil
	return b.w.change(b.ctx, e, 0, id, nil)
}

// trigger begins a run. Recipients that come with traits are identified first.
func (b *batch) trigger(e projections.Event, p *planned, r request, id string) error {
	for i, raw := range r.Recipients {
		if to := readRecipient(raw); to.user && to.inline {
			if err := b.identify(e, i, to.id, to.traits); err != nil {
				return err
			}
		}
	}
	return b.w.run(b.ctx, e, p, r, id)
}

// runID is the id that the destination gave to a run: the action's, if it gave
// none.
func runID(actionID string, result json.RawMessage) string {
	for member, given := range value.Members(result) {
		var id string
		if member == "workflow_run_id" && json.Unmarshal(given, &id) == nil && id != "" {
			return id
		}
	}
	return actionID
}

func (b *batch) cancel(e projections.Event, r request) error {
	if r.Key == "" || r.CancellationKey == "" {
		return nil
	}
	return b.w.cancel(b.ctx, e, r)
}

// change is one thing that was said of a user; no traits: it was deleted.
type change struct {
	position   es.Position
	at         es.Time
	stream     es.Stream
	generation int
	said       *traits
}

// with returns the user after a change; nil is a user that does not exist.
func (u *user) with(c change) *user {
	if c.said == nil {
		return nil
	}
	next := user{createdAt: c.at}
	if u != nil {
		next = *u
	}
	next.position, next.updatedAt, next.stream, next.generation = c.position, c.at, c.stream, c.generation
	next.traits = next.traits.with(*c.said)
	return &next
}

func (b *batch) user(key userKey) (*user, error) {
	if u, known := b.users[key]; known {
		return u, nil
	}
	u, err := b.w.loadUser(b.ctx, key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return u, err
}

// removeStream takes out what came from a stream with a tombstone. The users
// that it said something of are folded anew from what others said.
func (b *batch) removeStream(stream es.Stream) error {
	for id, p := range b.planned {
		if p.stream == stream && !p.stored {
			delete(b.planned, id)
		}
	}
	touched, err := b.w.usersOf(b.ctx, stream)
	if err != nil {
		return err
	}
	if err := b.w.removeStream(b.ctx, stream); err != nil {
		return err
	}
	for _, key := range touched {
		if b.users[key], err = b.w.fold(b.ctx, key); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) flush() error {
	for _, p := range b.planned {
		if err := b.w.writePlanned(b.ctx, p); err != nil {
			return err
		}
	}
	for _, key := range b.sortedUsers() {
		if err := b.w.writeUser(b.ctx, key, b.users[key]); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) sortedUsers() []userKey {
	keys := make([]userKey, 0, len(b.users))
	for key := range b.users {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(x, y userKey) int {
		return strings.Compare(x.environment+"\x00"+x.id, y.environment+"\x00"+y.id)
	})
	return keys
}
