// Package tail follows the event log live: which items changed since a
// position, now and as it happens. It asks the read model each time it has
// moved, so a follower that is slow misses nothing and holds nothing up: it is
// told of an item once, as it then stands.
package tail

import (
	"context"
	"iter"

	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/eventlog"
)

// batch is how many items are asked for at once.
const batch = 200

// Tail follows the event log.
type Tail struct {
	Runner *projections.Runner
}

// Now returns the position after which only what is yet to happen is news.
func (t *Tail) Now() es.Position { return t.Runner.Applied() }

// Follow yields the items that changed after a position and pass the filter,
// in the order of their last changes, until ctx ends. A nil item says that
// everything up to now was yielded. The position may be one that this
// instance has yet to reach: then it catches up first.
func (t *Tail) Follow(ctx context.Context, after es.Position, filter eventlog.Filter) iter.Seq2[*eventlog.Item, error] {
	return func(yield func(*eventlog.Item, error) bool) {
		if err := t.Runner.WaitFor(ctx, after); err != nil {
			yield(nil, err)
			return
		}
		for {
			changed := t.Runner.Changed()
			items, err := t.since(ctx, after, filter)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range items {
				if !yield(&items[i], nil) {
					return
				}
				after = items[i].Changed
			}
			if len(items) == batch {
				continue
			}
			if !yield(nil, nil) {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}
}

func (t *Tail) since(ctx context.Context, after es.Position, filter eventlog.Filter) (items []eventlog.Item, err error) {
	err = t.Runner.View(ctx, func(v *projections.View) error {
		items, err = eventlog.ChangedSince(ctx, v, after, filter, batch)
		return err
	})
	return items, err
}
