package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/es"
)

// distanceTests are for stores that are somewhere else, and for all others too:
// only what disturbs the way to them is missing there.
func distanceTests() map[string]func(*suite) {
	return map[string]func(*suite){
		"ten thousand streams":          tenThousandStreams,
		"appending over disturbances":   appendDisturbed,
		"subscribing over disturbances": subscribeDisturbed,
		"reading over disturbances":     readDisturbed,
	}
}

func tenThousandStreams(s *suite) {
	if testing.Short() {
		s.Skip("it takes seconds")
	}
	const streams, writers = 10_000, 64
	name := func(i int) es.Stream { return s.stream(fmt.Sprintf("%s%d", []string{"even", "odd"}[i%2], i)) }
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := w; i < streams; i += writers {
				if _, err := s.Store.Append(s.ctx, name(i), es.NoStream(), event(fmt.Sprint(i))); err != nil {
					s.Errorf("append to stream %d: %v", i, err)
					return
				}
			}
		})
	}
	group.Wait()

	seen := s.follow(s.start, es.Filter{StreamPrefixes: []string{"odd"}}, caughtUp)
	if len(seen) != streams/2 {
		s.Errorf("the subscription yields %d events, want %d", len(seen), streams/2)
	}
	for i := range 100 {
		if got := s.read(name(i*101%streams), 0, es.Forward); len(got) != 1 || string(got[0].Data) != fmt.Sprint(i*101%streams) {
			s.Errorf("stream %d yields %v", i*101%streams, got)
		}
	}
}

// disturbances returns what can be done to the way to the store, in order.
func (s *suite) disturbances() []func() {
	s.Helper()
	if len(s.Disturb) == 0 {
		s.Skip("nothing lies between this store and its callers")
	}
	all := make([]func(), len(s.Disturb))
	for i, name := range slices.Sorted(maps.Keys(s.Disturb)) {
		all[i] = func() { s.Logf("disturbed: %s", name); s.Disturb[name]() }
	}
	return all
}

// appendDisturbed: whoever is told that the store is not available repeats the
// append with the same ids, as the port says. Expectations of every kind hold.
func appendDisturbed(s *suite) {
	disturbances := s.disturbances()
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	const writers = 8
	written := make([]int, writers)
	var mu sync.Mutex
	acknowledged := make(map[string]bool)
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for ; ctx.Err() == nil; written[w]++ {
				s.insist(s.stream(fmt.Sprint("own", w)), expectedAfter(written[w]), event(fmt.Sprint(written[w])))
				e := event("shared")
				s.insist(s.stream("shared"), es.Any(), e)
				mu.Lock()
				acknowledged[e.ID.String()] = true
				mu.Unlock()
			}
		})
	}
	for _, disturb := range disturbances {
		disturb()
		s.insist(s.stream("after"), es.Any(), event("after"))
	}
	stop()
	group.Wait()

	for w, n := range written {
		events := s.read(s.stream(fmt.Sprint("own", w)), 0, es.Forward)
		if len(events) != n {
			s.Errorf("writer %d wrote %d events, its stream holds %d", w, n, len(events))
		}
		for i, e := range events {
			if string(e.Data) != fmt.Sprint(i) {
				s.Fatalf("event %d of writer %d says %s", i, w, e.Data)
			}
		}
	}
	s.holdsExactly(s.stream("shared"), acknowledged)
}

func expectedAfter(n int) es.Expected {
	if n == 0 {
		return es.NoStream()
	}
	return es.Exactly(es.Revision(n - 1))
}

// insist appends until the store says that it did.
func (s *suite) insist(stream es.Stream, expected es.Expected, e es.Event) {
	for s.ctx.Err() == nil {
		_, err := s.Store.Append(s.ctx, stream, expected, e)
		if err == nil {
			return
		}
		if !errors.Is(err, es.ErrUnavailable) {
			s.Errorf("append to %s expecting %s: %v", stream, expected, err)
			return
		}
	}
	s.Errorf("append to %s: %v", stream, s.ctx.Err())
}

func subscribeDisturbed(s *suite) {
	disturbances := s.disturbances()
	s.append(s.stream("before"), es.NoStream(), events(800)...)
	last := event("last")
	filter := es.Filter{StreamPrefixes: []string{"before-", "live-"}}
	var seen []es.Recorded
	var group sync.WaitGroup
	group.Go(func() {
		for batch, err := range s.Store.Subscribe(s.ctx, s.start, filter) {
			if err != nil {
				s.Errorf("after %d events: %v", len(seen), err)
				return
			}
			for _, e := range batch.Events {
				if s.owns(e.Stream) {
					seen = append(seen, e)
				}
			}
			if n := len(seen); n > 0 && seen[n-1].ID == last.ID {
				return
			}
		}
	})
	for i, disturb := range disturbances {
		for range 20 {
			s.insist(s.stream("live"), es.Any(), event(fmt.Sprint(i)))
			s.insist(s.stream("other"), es.Any(), event(fmt.Sprint(i)))
		}
		disturb()
	}
	s.insist(s.stream("live"), es.Any(), last)
	group.Wait()

	want := slices.DeleteFunc(s.readAll(s.start, es.Forward), func(e es.Recorded) bool { return !filter.Matches(e.Stream) })
	if diff := cmp.Diff(want, seen); diff != "" {
		s.Errorf("the subscriber saw %d events, the log holds %d (-want +got):\n%s", len(seen), len(want), diff)
	}
}

func readDisturbed(s *suite) {
	disturbances := s.disturbances()
	all := events(2000)
	stream := s.stream("a")
	for chunk := range slices.Chunk(all, 500) {
		s.append(stream, es.Any(), chunk...)
	}
	for _, disturb := range disturbances {
		var got []es.Recorded
		for e, err := range s.Store.ReadStream(s.ctx, stream, 0, es.Forward) {
			s.must(err)
			if got = append(got, e); len(got) == 700 {
				disturb()
			}
		}
		s.same(got, recorded(stream, 0, all...))
	}
}
