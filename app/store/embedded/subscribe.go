package embedded

import (
	"context"
	"fmt"
	"iter"

	"daybook/domain/es"
)

// batchWindow is how many positions one batch of a subscription looks at, so
// that a filter that leaves almost everything out reads no longer than others.
const batchWindow = 4096

// Subscribe is described by the port.
func (s *Store) Subscribe(ctx context.Context, from es.Position, filter es.Filter) iter.Seq2[es.Batch, error] {
	return func(yield func(es.Batch, error) bool) {
		prefixes := prefixesOf(filter)
		next, caughtUp := from, false
		if from == es.End {
			next = s.head.position()
		}
		for {
			head, moved := s.head.watch()
			if caughtUp && head <= next {
				if err := s.wait(ctx, moved); err != nil {
					yield(es.Batch{}, fmt.Errorf("subscribe: %w", err))
					return
				}
				continue
			}
			batch, err := s.batch(ctx, next, head, prefixes)
			if err != nil {
				yield(es.Batch{}, fmt.Errorf("subscribe: %w", err))
				return
			}
			if !yield(batch, nil) {
				return
			}
			next, caughtUp = batch.Next, batch.CaughtUp
		}
	}
}

func (s *Store) wait(ctx context.Context, moved <-chan struct{}) error {
	select {
	case <-moved:
	case <-ctx.Done():
	case <-s.closing:
	}
	return s.usable(ctx)
}

// batch returns what lies after from, up to head.
func (s *Store) batch(ctx context.Context, from, head es.Position, prefixes prefixes) (es.Batch, error) {
	if head <= from {
		return es.Batch{Next: from, CaughtUp: true}, s.usable(ctx)
	}
	upTo := min(from+batchWindow, head)
	p := logPages{next: from, upTo: upTo, prefixes: prefixes}
	events, err := s.logPage(ctx, &p)
	if err != nil {
		return es.Batch{}, err
	}
	if p.ended {
		p.next = upTo
	}
	return es.Batch{Events: events, Next: p.next, CaughtUp: p.next >= head}, nil
}
