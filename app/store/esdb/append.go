package esdb

import (
	"context"
	"errors"
	"fmt"

	"daybook/domain/es"
)

// Append is described by the port.
func (s *Store) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	if err := es.CheckAppend(stream, events, s.maxAppend); err != nil {
		return es.Appended{}, err
	}
	p := proposal{stream: stream, expected: expected, events: events}
	doubted := s.doubts.has(events[0].ID)
	at, err := persist(ctx, s.connections, func(ctx context.Context, c *connection, before int) (es.Appended, error) {
		if doubted || before > 0 {
			return p.settle(ctx, c.client)
		}
		return p.send(ctx, c.client)
	})
	if errors.Is(err, es.ErrUnavailable) {
		s.doubts.add(events[0].ID)
	} else if doubted {
		s.doubts.remove(events[0].ID)
	}
	switch {
	case err == nil:
		return at, nil
	case errors.Is(err, es.ErrConflict):
		return es.Appended{}, &es.ConflictError{Stream: stream, Expected: expected}
	case errors.Is(err, es.ErrTooLarge): // the server takes less than it was said to take
		size := es.SizeOf(events)
		return es.Appended{}, &es.TooLargeError{Stream: stream, Size: size, Max: size - 1}
	default:
		return es.Appended{}, fmt.Errorf("append to %s: %w", stream, err)
	}
}

// Tombstone is described by the port. To repeat it does no harm.
func (s *Store) Tombstone(ctx context.Context, stream es.Stream) error {
	if stream == "" {
		return errors.New("tombstone: the stream has no name")
	}
	_, err := persist(ctx, s.connections, func(ctx context.Context, c *connection, _ int) (struct{}, error) {
		return struct{}{}, c.client.tombstone(ctx, stream)
	})
	if err != nil && !errors.Is(err, es.ErrStreamDeleted) {
		return fmt.Errorf("tombstone %s: %w", stream, err)
	}
	return nil
}
