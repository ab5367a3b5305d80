package embedded

import (
	"context"
	"fmt"
	"iter"

	"daybook/domain/es"
)

// ReadStream is described by the port. It reads page by page, and each page as
// the stream is then.
func (s *Store) ReadStream(ctx context.Context, stream es.Stream, from es.Revision, dir es.Direction) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		p := streamPages{stream: stream, next: from, dir: dir}
		for !p.ended {
			events, err := s.streamPage(ctx, &p)
			if err != nil {
				yield(es.Recorded{}, fmt.Errorf("read %s: %w", stream, err))
				return
			}
			for i := range events {
				if !yield(events[i], nil) {
					return
				}
			}
		}
	}
}

// ReadAll is described by the port. It reads page by page, up to the end that
// the log has then. That end is the head: a commit can be read a moment before
// the head has moved, and whoever saw it would be ahead of subscriptions that
// say that they caught up.
func (s *Store) ReadAll(ctx context.Context, from es.Position, dir es.Direction) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		p := logPages{next: from, prefixes: prefixesOf(es.Filter{}), dir: dir}
		if dir == es.Backward {
			p.next = min(from, s.head.position()+1)
		}
		for !p.ended {
			p.upTo = s.head.position()
			events, err := s.logPage(ctx, &p)
			if err != nil {
				yield(es.Recorded{}, fmt.Errorf("read the log: %w", err))
				return
			}
			for i := range events {
				if !yield(events[i], nil) {
					return
				}
			}
		}
	}
}

// streamPage lends a reader to one page of a stream.
func (s *Store) streamPage(ctx context.Context, p *streamPages) ([]es.Recorded, error) {
	r, err := s.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { s.readers <- r }()
	p.since = s.retention.get(p.stream).Since(es.TimeOf(s.now()))
	return r.stream(p) //nolint:contextcheck // a page is short, and read to its end
}

// logPage lends a reader to one page of the log.
func (s *Store) logPage(ctx context.Context, p *logPages) ([]es.Recorded, error) {
	r, err := s.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { s.readers <- r }()
	return r.log(p) //nolint:contextcheck // a page is short, and read to its end
}

func (s *Store) borrow(ctx context.Context) (*reader, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	select {
	case r := <-s.readers:
		return r, nil
	case <-ctx.Done():
		return nil, unavailable(ctx.Err())
	case <-s.closing:
		return nil, unavailable(errClosed)
	}
}
