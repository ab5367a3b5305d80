// Package tail follows the event log live: which items changed since a
// position, now and as it happens. It asks the read model each time it has
// moved, so a follower that is slow misses nothing and holds nothing up: it is
// told of an item once, as it then stands.
package tail

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/eventlog"
)

// batch is how many items are asked for at once.
const batch = 200

// Tail follows the event log. All fields are needed.
type Tail struct {
	Store  es.Store
	Runner *projections.Runner
	Events *eventlog.Log
	Logger *slog.Logger
}

// Follow yields the items that changed after a position and pass the filter,
// in the order of their last changes, until ctx ends. A nil item says that
// there is nothing to tell: when everything up to now was yielded for the
// first time, and then at every beat. The position may be one that this
// instance has yet to reach: then it has nothing to tell until it has.
func (t *Tail) Follow(ctx context.Context, after es.Position, filter eventlog.Filter, beat time.Duration) iter.Seq2[*eventlog.Item, error] {
	return func(yield func(*eventlog.Item, error) bool) {
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		for first := true; ; {
			changed := t.Runner.Changed()
			changes, err := t.Events.ChangedSince(ctx, after, filter, batch)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range changes.Items {
				if !yield(&changes.Items[i], nil) {
					return
				}
			}
			after = changes.Next
			if changes.More {
				continue
			}
			if first && !yield(nil, nil) {
				return
			}
			first = false
			if !wait(ctx, changed, ticker.C, yield) {
				return
			}
		}
	}
}

// wait returns true when something changed. At a tick it says that there is
// nothing to tell.
func wait(ctx context.Context, changed <-chan struct{}, tick <-chan time.Time, yield func(*eventlog.Item, error) bool) bool {
	for {
		select {
		case <-changed:
			return true
		case <-tick:
			if !yield(nil, nil) {
				return false
			}
		case <-ctx.Done():
			return false
		}
	}
}
