package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/webhook"
	"daybook/projections"
)

// prepare returns what applies events to one file.
func prepare(ctx context.Context, p projections.Preparer) (projections.Apply, error) {
	w := &writer{}
	if err := w.prepare(ctx, p); err != nil {
		return nil, err
	}
	return func(ctx context.Context, events []projections.Event) error {
		b := &batch{ctx: ctx, w: w, entries: map[place]*entry{}, newest: map[es.Stream]es.Revision{}}
		for _, e := range events {
			if err := b.add(e); err != nil {
				return fmt.Errorf("%s at %s@%d: %w", e.Type, e.Stream, e.Revision, err)
			}
		}
		return b.flush()
	}, nil
}

// place is where an item stands in the log: a stream and a generation, or the
// revision of a rejection.
type place struct {
	stream es.Stream
	number uint64
}

// batch is what a batch of events does to the items. Every item that is
// touched is read once and written once, however many of the events are its.
type batch struct {
	ctx     context.Context //nolint:containedctx // lives as long as one call of Apply
	w       *writer
	entries map[place]*entry
	order   []*entry
	newest  map[es.Stream]es.Revision // of each stream of rejections
}

func (b *batch) add(e projections.Event) error {
	switch {
	case e.Deleted:
		return b.removeStream(e.Stream)
	case e.Webhook != nil:
		return b.webhook(e)
	}
	if !strings.HasPrefix(string(e.Stream), rejection.StreamPrefix) {
		return nil
	}
	// The cut counts events, whether they can be decoded or not.
	b.newest[e.Stream] = e.Revision
	if e.Rejection == nil {
		return nil
	}
	if entry := rejected(e); entry != nil {
		b.insert(entry)
	}
	return nil
}

func (b *batch) webhook(e projections.Event) error {
	if fact, ok := e.Webhook.(webhook.Received); ok {
		b.insert(received(e, fact))
		return nil
	}
	entry, err := b.entry(place{e.Stream, uint64(e.Ref.Generation)})
	if err != nil || entry == nil {
		return err // a fact about a generation that does not exist says nothing
	}
	if entry.apply(e) {
		entry.altered = true
	}
	return nil
}

// insert takes a new item; the first of a place stays.
func (b *batch) insert(n *entry) {
	at := place{n.stream, n.number}
	if _, known := b.entries[at]; known {
		return
	}
	n.altered = true
	b.entries[at] = n
	b.order = append(b.order, n)
}

// entry returns an item, from this batch or from the file; nil if there is none.
func (b *batch) entry(at place) (*entry, error) {
	if n, ok := b.entries[at]; ok {
		return n, nil
	}
	n, err := b.w.load(b.ctx, at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b.entries[at] = n
	b.order = append(b.order, n)
	return n, nil
}

// removeStream removes the items of a stream that has a tombstone.
func (b *batch) removeStream(stream es.Stream) error {
	if err := b.loadStream(stream, 1<<63-1); err != nil {
		return err
	}
	for _, n := range b.order {
		if n.stream == stream {
			n.gone = true
		}
	}
	delete(b.newest, stream)
	return nil
}

// loadStream reads the items of a stream up to a number, if they were not yet.
func (b *batch) loadStream(stream es.Stream, to int64) error {
	numbers, err := b.w.numbersOf(b.ctx, stream, to)
	if err != nil {
		return err
	}
	for _, number := range numbers {
		if _, err := b.entry(place{stream, number}); err != nil {
			return err
		}
	}
	return nil
}

// cutRejections removes the rejections that the store does not keep either.
func (b *batch) cutRejections() error {
	for stream, newest := range b.newest {
		last := int64(newest) - rejection.Kept // the newest of those that go
		if last < 0 {
			continue
		}
		if err := b.loadStream(stream, last); err != nil {
			return err
		}
		for _, n := range b.order {
			if n.stream == stream && int64(n.number) <= last {
				n.gone = true
			}
		}
	}
	return nil
}

// flush writes the items, and what is counted of them.
func (b *batch) flush() error {
	if err := b.cutRejections(); err != nil {
		return err
	}
	t := newTally()
	for _, n := range b.order {
		if err := b.write(n, t); err != nil {
			return err
		}
	}
	return t.flush(b.ctx, b.w)
}

func (b *batch) write(n *entry, t *tally) error {
	n.seal()
	switch {
	case n.gone && !n.stored:
		return nil
	case n.gone:
		t.remove(n)
		return b.w.remove(b.ctx, n)
	case !n.stored:
		inserted, err := b.w.insert(b.ctx, n)
		if inserted {
			t.add(n)
		}
		return err
	case n.altered:
		t.move(n)
		return b.w.update(b.ctx, n)
	default:
		return nil
	}
}
