package projectiontest

import (
	"context"
	"iter"
	"strings"

	"daybook/domain/es"
	"daybook/domain/rejection"
)

// Rebatched is a store whose subscriptions yield batches of other sizes: each
// has what size returns, at least one event.
func Rebatched(store es.Store, size func() int) es.Store { return rebatched{store, size} }

type rebatched struct {
	es.Store
	size func() int
}

func (s rebatched) Subscribe(ctx context.Context, from es.Position, filter es.Filter) iter.Seq2[es.Batch, error] {
	return func(yield func(es.Batch, error) bool) {
		for b, err := range s.Store.Subscribe(ctx, from, filter) {
			for err == nil && len(b.Events) > 0 {
				n := min(max(s.size(), 1), len(b.Events))
				if n == len(b.Events) {
					break
				}
				part := es.Batch{Events: b.Events[:n:n], Next: b.Events[n-1].Position}
				if !yield(part, nil) {
					return
				}
				b.Events = b.Events[n:]
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

// Scavenged is a store as it is after it has really let go of what was cut: it
// yields neither the events of a stream that has a tombstone, nor rejections
// beyond those that are kept, as of the time of the call.
func Scavenged(store es.Store) es.Store { return scavenged{store} }

type scavenged struct{ es.Store }

func (s scavenged) Subscribe(ctx context.Context, from es.Position, filter es.Filter) iter.Seq2[es.Batch, error] {
	return func(yield func(es.Batch, error) bool) {
		deleted, newest, err := s.survey(ctx)
		if err != nil {
			yield(es.Batch{}, err)
			return
		}
		gone := func(r es.Recorded) bool {
			if deleted[r.Stream] && r.Type != es.TypeStreamDeleted {
				return true
			}
			return r.Type != es.TypeStreamDeleted && strings.HasPrefix(string(r.Stream), rejection.StreamPrefix) &&
				r.Revision+rejection.Kept <= newest[r.Stream]
		}
		for b, err := range s.Store.Subscribe(ctx, from, filter) {
			kept := b.Events[:0:0]
			for _, r := range b.Events {
				if !gone(r) {
					kept = append(kept, r)
				}
			}
			b.Events = kept
			if !yield(b, err) {
				return
			}
		}
	}
}

func (s scavenged) survey(ctx context.Context) (deleted map[es.Stream]bool, newest map[es.Stream]es.Revision, err error) {
	deleted, newest = map[es.Stream]bool{}, map[es.Stream]es.Revision{}
	for r, err := range s.ReadAll(ctx, es.Start, es.Forward) {
		if err != nil {
			return nil, nil, err
		}
		deleted[r.Stream] = deleted[r.Stream] || r.Type == es.TypeStreamDeleted
		newest[r.Stream] = r.Revision
	}
	return deleted, newest, nil
}
