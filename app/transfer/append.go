package transfer

import (
	"context"
	"errors"
	"fmt"

	"daybook/domain/es"
)

// batchEvents bounds one append.
const batchEvents = 500

// tries is how often an append is made that finds its stream too short.
const tries = 3

// appender appends events one after the other, so that their order stays. What
// follows one another in one stream is appended at once.
type appender struct {
	store es.Store
	aged  map[es.Stream]bool // of these the store may hide what it holds
	step  *counter

	stream es.Stream // of the events that wait
	first  es.Revision
	events []es.Event
	size   int

	appended, placeholders uint64
}

func (a *appender) add(ctx context.Context, e *es.Recorded) error {
	if isTombstone(e) {
		if err := a.flush(ctx); err != nil {
			return err
		}
		if err := a.store.Tombstone(ctx, e.Stream); err != nil {
			return err
		}
		a.count(1)
		return nil
	}
	if !a.joins(e) {
		if err := a.flush(ctx); err != nil {
			return err
		}
		a.stream, a.first = e.Stream, e.Revision
	}
	a.events = append(a.events, e.Event)
	a.size += e.Size()
	return nil
}

// joins reports whether an event can be appended together with those that wait.
func (a *appender) joins(e *es.Recorded) bool {
	return e.Stream == a.stream && e.Revision == a.first+es.Revision(len(a.events)) &&
		len(a.events) < batchEvents && a.size+e.Size() <= a.store.MaxAppend()
}

// flush appends the events that wait.
func (a *appender) flush(ctx context.Context) error {
	if len(a.events) == 0 {
		return nil
	}
	for try := 1; ; try++ {
		_, err := a.store.Append(ctx, a.stream, after(a.first), a.events...)
		if err == nil {
			break
		}
		if !errors.Is(err, es.ErrConflict) {
			return err
		}
		if try == tries {
			return fmt.Errorf("%w (%w)", ErrWrittenMeanwhile, err)
		}
		err = a.fill(ctx)
		if errors.Is(err, es.ErrConflict) && a.aged[a.stream] {
			break // it was appended before, and grew too old since
		}
		if err != nil {
			return err
		}
	}
	a.count(len(a.events))
	a.events, a.size = nil, 0 // the store may keep what it was given
	return nil
}

func (a *appender) count(n int) {
	a.appended += uint64(n)
	a.step.add(uint64(n))
}

// fill appends placeholders to a stream until it ends where the events that
// wait begin.
func (a *appender) fill(ctx context.Context) error {
	next, err := a.end(ctx)
	if err != nil {
		return err
	}
	for next < a.first {
		events := make([]es.Event, min(batchEvents, int64(a.first-next)))
		for i := range events {
			if events[i], err = newPlaceholder(a.stream); err != nil {
				return err
			}
		}
		if _, err := a.store.Append(ctx, a.stream, after(next), events...); err != nil {
			return err
		}
		next += es.Revision(len(events))
		a.placeholders += uint64(len(events))
	}
	return nil
}

// end returns the revision that the next event of the stream would have.
func (a *appender) end(ctx context.Context) (es.Revision, error) {
	for e, err := range a.store.ReadStream(ctx, a.stream, es.LastRevision, es.Backward) {
		return e.Revision + 1, err
	}
	return es.FirstRevision, nil
}

// after is what an append expects whose first event is to get revision r.
func after(r es.Revision) es.Expected {
	if r == es.FirstRevision {
		return es.NoStream()
	}
	return es.Exactly(r - 1)
}
