package memory

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"daybook/domain/es"
)

// batchEvents bounds a batch of a subscription.
const batchEvents = 512

// ReadStream is described by the port. It yields the stream as it was when the
// reading began.
func (s *Store) ReadStream(ctx context.Context, name es.Stream, from es.Revision, dir es.Direction) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		events, err := s.streamFrom(ctx, name, from, dir)
		if err != nil {
			yield(es.Recorded{}, fmt.Errorf("read %s: %w", name, err))
			return
		}
		for _, e := range events {
			if err := ctx.Err(); err != nil {
				yield(es.Recorded{}, fmt.Errorf("read %s: %w: %w", name, es.ErrUnavailable, err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (s *Store) streamFrom(ctx context.Context, name es.Stream, from es.Revision, dir es.Direction) ([]es.Recorded, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()

	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	st := s.streams[name]
	switch {
	case st == nil:
		return nil, nil
	case st.deleted:
		return nil, es.ErrStreamDeleted
	case from == es.LastRevision:
		from = st.last
	}
	since := st.retention.Since(es.TimeOf(s.now()))
	var events []es.Recorded
	for _, position := range st.kept {
		e := s.log[position-1]
		wanted := e.Revision >= from
		if dir == es.Backward {
			wanted = e.Revision <= from
		}
		if wanted && e.at >= since {
			events = append(events, e.Recorded)
		}
	}
	if dir == es.Backward {
		slices.Reverse(events)
	}
	return events, nil
}

// ReadAll is described by the port.
func (s *Store) ReadAll(ctx context.Context, from es.Position, dir es.Direction) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		for {
			e, ok, err := s.next(ctx, from, dir)
			if err != nil {
				yield(es.Recorded{}, fmt.Errorf("read the log: %w", err))
				return
			}
			if !ok || !yield(e, nil) {
				return
			}
			from = e.Position
		}
	}
}

// next returns the event beside from; ok is false if there is none.
func (s *Store) next(ctx context.Context, from es.Position, dir es.Direction) (e es.Recorded, ok bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()

	if err := s.usable(ctx); err != nil {
		return e, false, err
	}
	head := es.Position(len(s.log))
	switch {
	case dir == es.Forward && from < head:
		return s.log[from].Recorded, true, nil
	case dir == es.Backward && from > es.Start && head > 0:
		before := min(from-1, head)
		if before == es.Start {
			return e, false, nil
		}
		return s.log[before-1].Recorded, true, nil
	default:
		return e, false, nil
	}
}

// Subscribe is described by the port.
func (s *Store) Subscribe(ctx context.Context, from es.Position, filter es.Filter) iter.Seq2[es.Batch, error] {
	return func(yield func(es.Batch, error) bool) {
		next, caughtUp := from, false
		if from == es.End {
			head, err := s.Head(ctx)
			if err != nil {
				yield(es.Batch{}, fmt.Errorf("subscribe: %w", err))
				return
			}
			next = head
		}
		for {
			batch, grown, err := s.batch(ctx, next, filter)
			if err != nil {
				yield(es.Batch{}, fmt.Errorf("subscribe: %w", err))
				return
			}
			if batch.Next == next && caughtUp {
				s.wait(ctx, grown)
				continue
			}
			if !yield(batch, nil) {
				return
			}
			next, caughtUp = batch.Next, batch.CaughtUp
		}
	}
}

// batch returns what follows from, and what is closed when there is more.
func (s *Store) batch(ctx context.Context, from es.Position, filter es.Filter) (es.Batch, <-chan struct{}, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()

	if err := s.usable(ctx); err != nil {
		return es.Batch{}, nil, err
	}
	head := es.Position(len(s.log))
	batch := es.Batch{Next: from}
	for batch.Next < head && len(batch.Events) < batchEvents {
		e := s.log[batch.Next].Recorded
		if filter.Matches(e.Stream) {
			batch.Events = append(batch.Events, e)
		}
		batch.Next = e.Position
	}
	batch.CaughtUp = batch.Next >= head
	return batch, s.grown, nil
}

func (s *Store) wait(ctx context.Context, grown <-chan struct{}) {
	select {
	case <-grown:
	case <-ctx.Done():
	case <-s.closed:
	}
}
