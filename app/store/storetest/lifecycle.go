package storetest

import (
	"context"
	"errors"
	"sync"

	"daybook/domain/es"
)

func lifecycleTests() map[string]func(*suite) {
	return map[string]func(*suite){
		"a context that has ended":               contextEnded,
		"a context that ends while reading":      contextEndsReading,
		"appends whose contexts end at any time": contextEndsAppending,
		"a closed store refuses":                 closedRefuses,
		"closing ends subscriptions":             closeEndsSubscriptions,
		"closing finishes appends under way":     closeFinishesAppends,
	}
}

// calls are the methods that a context or the end of the store ends.
func (s *suite) calls(ctx context.Context) map[string]error {
	_, appendErr := s.Store.Append(ctx, s.stream("a"), es.Any(), event("never"))
	_, headErr := s.Store.Head(ctx)
	return map[string]error{
		"Append":     appendErr,
		"Head":       headErr,
		"Tombstone":  s.Store.Tombstone(ctx, s.stream("a")),
		"ReadStream": errorOf(s.Store.ReadStream(ctx, s.stream("a"), 0, es.Forward)),
		"ReadAll":    errorOf(s.Store.ReadAll(ctx, s.start, es.Forward)),
		"Subscribe":  errorOf(s.Store.Subscribe(ctx, s.start, es.Filter{})),
	}
}

func contextEnded(s *suite) {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	for name, err := range s.calls(ctx) {
		if !errors.Is(err, es.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			s.Errorf("%s: %v", name, err)
		}
	}
	s.same(s.read(s.stream("a"), 0, es.Forward), nil)
}

func contextEndsReading(s *suite) {
	stream := s.stream("a")
	const n = 5000
	s.append(stream, es.NoStream(), events(n)...)
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	seen, err := 0, error(nil)
	for _, e := range s.Store.ReadStream(ctx, stream, 0, es.Forward) {
		if e != nil {
			err = e
			break
		}
		cancel()
		seen++
	}
	s.mustBe(err, context.Canceled)
	if seen == n {
		s.Error("all events were yielded after the context ended")
	}
}

// contextEndsAppending: whatever the answer was, a repeat with the same ids
// settles it, and the stream holds each event once.
func contextEndsAppending(s *suite) {
	stream := s.stream("a")
	all := events(100)
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() {
			ctx, cancel := context.WithCancel(s.ctx)
			go cancel()
			if _, err := s.Store.Append(ctx, stream, es.Any(), all[i]); err == nil {
				return
			} else if !errors.Is(err, es.ErrUnavailable) {
				s.Errorf("append: %v", err)
			}
			if _, err := s.Store.Append(s.ctx, stream, es.Any(), all[i]); err != nil {
				s.Errorf("repeat: %v", err)
			}
		})
	}
	group.Wait()
	held := make(map[string]int)
	for _, e := range s.read(stream, 0, es.Forward) {
		held[e.ID.String()]++
	}
	for _, e := range all {
		if held[e.ID.String()] != 1 {
			s.Errorf("an event is held %d times", held[e.ID.String()])
		}
	}
}

func closedRefuses(s *suite) {
	s.append(s.stream("a"), es.Any(), event("before"))
	s.must(s.Store.Close())
	for name, err := range s.calls(s.ctx) {
		if !errors.Is(err, es.ErrUnavailable) {
			s.Errorf("%s: %v", name, err)
		}
	}
	s.must(s.Store.Close())
}

func closeEndsSubscriptions(s *suite) {
	const subscribers = 5
	ready, ends := make(chan struct{}), make(chan error)
	for range subscribers {
		go func() {
			for batch, err := range s.Store.Subscribe(s.ctx, s.start, es.Filter{}) {
				if err != nil {
					ends <- err
					return
				}
				if batch.CaughtUp {
					ready <- struct{}{}
				}
			}
			ends <- nil
		}()
	}
	for range subscribers {
		<-ready
	}
	s.must(s.Store.Close())
	for range subscribers {
		s.mustBe(<-ends, es.ErrUnavailable)
	}
}

func closeFinishesAppends(s *suite) {
	acknowledged := s.appendUntilClosed(func() { s.must(s.Store.Close()) })
	if s.Reopen == nil {
		return
	}
	s.Store = s.Reopen()
	s.holdsExactly(s.stream("a"), acknowledged)
}

// appendUntilClosed lets 16 writers append to stream a until the store refuses,
// closes it meanwhile, and returns the ids that were acknowledged.
func (s *suite) appendUntilClosed(closeStore func()) map[string]bool {
	acknowledged := make(map[string]bool)
	enough := make(chan struct{})
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for {
				e := event("{}")
				_, err := s.Store.Append(s.ctx, s.stream("a"), es.Any(), e)
				if err != nil {
					if !errors.Is(err, es.ErrUnavailable) {
						s.Errorf("append: %v", err)
					}
					return
				}
				mu.Lock()
				acknowledged[e.ID.String()] = true
				if len(acknowledged) == 100 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	closeStore()
	group.Wait()
	return acknowledged
}

// holdsExactly: these ids, each once, and no other.
func (s *suite) holdsExactly(stream es.Stream, ids map[string]bool) {
	s.Helper()
	held := s.read(stream, 0, es.Forward)
	seen := make(map[string]bool)
	for _, e := range held {
		id := e.ID.String()
		if seen[id] || !ids[id] {
			s.Errorf("an event is held that should not be: twice %v, acknowledged %v", seen[id], ids[id])
		}
		seen[id] = true
	}
	if len(seen) != len(ids) {
		s.Errorf("%d events are held, %d were acknowledged", len(seen), len(ids))
	}
}
