package esdb

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"daybook/domain/es"
)

// ReadStream is described by the port. It reads in pages, each read whole
// before its first event is yielded: a slow reader holds nothing at the server.
func (s *Store) ReadStream(ctx context.Context, stream es.Stream, from es.Revision, dir es.Direction) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		newest := from == es.LastRevision && dir == es.Forward
		limit, at, way := pageEvents, from, dir
		switch {
		case newest: // forward from the end there is nothing; backward there is the newest event
			limit, way = 1, es.Backward
		case dir == es.Backward && from >= es.TombstoneRevision:
			at = es.LastRevision
		case from >= es.TombstoneRevision:
			at = es.TombstoneRevision
		}
		for more := true; more; {
			p, err := s.pageOfStream(ctx, stream, at, way, limit)
			if err != nil {
				yield(es.Recorded{}, fmt.Errorf("read %s: %w", stream, err))
				return
			}
			if !yieldAll(ctx, p.events, yield, func(err error) error { return fmt.Errorf("read %s: %w", stream, err) }) || newest {
				return
			}
			at, more = p.after(way)
		}
	}
}

// after returns where the next page of a stream begins; more is false if there
// is none.
func (p page) after(dir es.Direction) (from es.Revision, more bool) {
	if p.end || len(p.events) == 0 {
		return 0, false
	}
	last := p.events[len(p.events)-1].Revision
	if dir == es.Forward {
		return last + 1, true
	}
	return last - 1, last > es.FirstRevision
}

func (s *Store) pageOfStream(ctx context.Context, stream es.Stream, from es.Revision, dir es.Direction, limit int) (page, error) {
	p, err := persist(ctx, s.connections, func(ctx context.Context, c *connection, _ int) (page, error) {
		ctx, cancel := c.while(ctx)
		defer cancel()
		return c.client.readStream(ctx, stream, from, dir, limit)
	})
	if errors.Is(err, errNotFound) {
		return page{end: true}, nil
	}
	return p, err
}

// yieldAll yields events until ctx ends; it returns whether to go on.
func yieldAll(ctx context.Context, events []es.Recorded, yield func(es.Recorded, error) bool, wrap func(error) error) bool {
	for _, e := range events {
		if ctx.Err() != nil {
			yield(es.Recorded{}, wrap(unavailable(ctx, nil)))
			return false
		}
		if !yield(e, nil) {
			return false
		}
	}
	return true
}

// ReadAll is described by the port. It reads in pages, as ReadStream does.
func (s *Store) ReadAll(ctx context.Context, from es.Position, dir es.Direction) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		wrap := func(err error) error { return fmt.Errorf("read the log: %w", err) }
		for {
			p, err := s.pageOfAll(ctx, from, dir, pageEvents)
			if err != nil {
				yield(es.Recorded{}, wrap(err))
				return
			}
			if !yieldAll(ctx, p.events, yield, wrap) || p.end {
				return
			}
			if len(p.events) > 0 {
				from = p.events[len(p.events)-1].Position
			}
		}
	}
}

// pageOfAll reads events after from, or before it.
func (s *Store) pageOfAll(ctx context.Context, from es.Position, dir es.Direction, limit int) (page, error) {
	if (from == es.End && dir == es.Forward) || (from == es.Start && dir == es.Backward) {
		if ctx.Err() != nil {
			return page{}, unavailable(ctx, nil)
		}
		return page{end: true}, nil
	}
	return persist(ctx, s.connections, func(ctx context.Context, c *connection, _ int) (page, error) {
		ctx, cancel := c.while(ctx)
		defer cancel()
		return c.client.readAll(ctx, from, dir, limit)
	})
}

// Head is described by the port.
func (s *Store) Head(ctx context.Context) (es.Position, error) {
	p, err := s.pageOfAll(ctx, es.End, es.Backward, 1)
	switch {
	case err != nil:
		return es.Start, fmt.Errorf("look for the newest event: %w", err)
	case len(p.events) == 0:
		return es.Start, nil
	default:
		return p.events[0].Position, nil
	}
}

// while returns ctx as long as the connection is in use.
func (c *connection) while(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(c.life, cancel)
	return ctx, func() { stop(); cancel() }
}
