package directory

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"daybook/domain/action"
	"daybook/domain/es"
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
	entries map[key]*row        // nil: there is none
	number  int                 // of changes that the event made so far
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

func newBatch(ctx context.Context, w *writer) *batch {
	return &batch{ctx: ctx, w: w, planned: map[string]*planned{}, entries: map[key]*row{}}
}

func (b *batch) add(e projections.Event) error {
	b.number = 0
	if e.Deleted {
		return b.removeStream(e.Stream)
	}
	switch fact := e.Webhook.(type) {
	case webhook.ActionsPlanned:
		for _, a := range fact.Actions {
			if effectOf(a.ActionType) != nil && a.Problem == nil {
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
	if do := effectOf(p.actionType); do != nil {
		return do(b, e, outcome{readRequest(known), p, result})
	}
	return nil
}

// change returns what an event says of something; nothing said: it ends.
func (b *batch) change(e projections.Event, said *traits) change {
	c := change{e.Position, b.number, e.At, e.Stream, e.Ref.Generation, said}
	b.number++
	return c
}

// say changes an entry, or makes it.
func (b *batch) say(e projections.Event, of key, said traits) error {
	if of.id == "" {
		return nil
	}
	c := b.change(e, &said)
	if err := b.w.change(b.ctx, of, c); err != nil {
		return err
	}
	known, err := b.entry(of)
	if err != nil {
		return err
	}
	b.entries[of] = known.with(c)
	return nil
}

// remove deletes an entry, and with it the links on both of its sides.
func (b *batch) remove(e projections.Event, of key) error {
	if of.id == "" {
		return nil
	}
	b.entries[of] = nil
	if err := b.w.change(b.ctx, of, b.change(e, nil)); err != nil {
		return err
	}
	return b.w.endLinks(b.ctx, of)
}

// sayInline changes what came with traits of its own.
func (b *batch) sayInline(e projections.Event, named ...party) error {
	for _, p := range named {
		if !p.inline {
			continue
		}
		if err := b.say(e, p.key, p.traits); err != nil {
			return err
		}
	}
	return nil
}

// link makes a link, changes it, or ends it, if nothing is said.
func (b *batch) link(e projections.Event, l linkKey, said *traits) error {
	if l.of.id == "" || l.to.id == "" {
		return nil
	}
	c := b.change(e, said)
	if err := b.w.linkChange(b.ctx, l, c); err != nil {
		return err
	}
	known, err := b.w.loadLink(b.ctx, l)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return b.w.writeLink(b.ctx, l, known.with(c))
}

func (b *batch) entry(of key) (*row, error) {
	if r, known := b.entries[of]; known {
		return r, nil
	}
	r, err := b.w.loadEntry(b.ctx, of)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return r, err
}

// removeStream takes out what came from a stream with a tombstone. What it said
// something of is folded anew from what others said.
func (b *batch) removeStream(stream es.Stream) error {
	for id, p := range b.planned {
		if p.stream == stream && !p.stored {
			delete(b.planned, id)
		}
	}
	entries, err := b.w.entriesOf(b.ctx, stream)
	if err != nil {
		return err
	}
	links, err := b.w.linksOf(b.ctx, stream)
	if err != nil {
		return err
	}
	if err := b.w.removeStream(b.ctx, stream); err != nil {
		return err
	}
	for _, of := range entries {
		if b.entries[of], err = b.w.foldEntry(b.ctx, of); err != nil {
			return err
		}
	}
	for _, l := range links {
		folded, err := b.w.foldLink(b.ctx, l)
		if err != nil {
			return err
		}
		if err := b.w.writeLink(b.ctx, l, folded); err != nil {
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
	for _, of := range slices.SortedFunc(maps.Keys(b.entries), key.compare) {
		if err := b.w.writeEntry(b.ctx, of, b.entries[of]); err != nil {
			return err
		}
	}
	return nil
}

// cmpAll compares texts in pairs: the first pair that differs decides.
func cmpAll(pairs ...string) int {
	for pair := range slices.Chunk(pairs, 2) {
		if c := cmp.Compare(pair[0], pair[1]); c != 0 {
			return c
		}
	}
	return 0
}
