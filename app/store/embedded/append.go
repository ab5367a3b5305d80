package embedded

import (
	"context"
	"errors"
	"fmt"

	"daybook/domain/es"
)

// Append is described by the port. If ctx ends while the append waits for the
// writer, nothing is written; if it ends later, the outcome is unknown.
func (s *Store) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	if err := es.CheckAppend(stream, events, MaxAppend); err != nil {
		return es.Appended{}, err
	}
	r := s.requests.Get().(*request)
	r.stream, r.expected, r.events, r.size = stream, expected, events, es.SizeOf(events)
	appended, err := s.await(ctx, r)
	if err != nil && !errors.Is(err, es.ErrConflict) {
		err = fmt.Errorf("append to %s: %w", stream, err)
	}
	return appended, err
}

// Tombstone is described by the port.
func (s *Store) Tombstone(ctx context.Context, stream es.Stream) error {
	if stream == "" {
		return errors.New("tombstone: the stream has no name")
	}
	r := s.requests.Get().(*request)
	r.stream, r.tombstone = stream, true
	if _, err := s.await(ctx, r); err != nil {
		return fmt.Errorf("tombstone %s: %w", stream, err)
	}
	return nil
}

// await gives r to the writer and returns its answer, or the end of ctx.
func (s *Store) await(ctx context.Context, r *request) (es.Appended, error) {
	if err := s.usable(ctx); err != nil {
		return es.Appended{}, err
	}
	if !s.queue.push(r) {
		return es.Appended{}, unavailable(errClosed)
	}
	select {
	case <-r.done:
		appended, err := r.appended, r.err
		*r = request{done: r.done}
		s.requests.Put(r)
		return appended, err
	case <-ctx.Done():
		r.abandon()
		return es.Appended{}, unavailable(ctx.Err())
	}
}
