package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/es"
)

func subscribeTests() map[string]func(*suite) {
	return map[string]func(*suite){
		"a subscription catches up in batches":                  subscribeCatchUp,
		"a subscription goes live without a gap or a double":    subscribeLive,
		"a subscription says at once that there is nothing":     subscribeNothing,
		"a subscription from the end yields what comes":         subscribeFromEnd,
		"a subscription with prefixes":                          subscribeFiltered,
		"a subscription whose filter leaves all out moves Next": subscribeNothingMatches,
		"a subscription resumes from any Next":                  subscribeResume,
		"a slow subscriber does not hold up others":             subscribeSlowly,
		"a subscription ends with its context":                  subscribeEnds,
		"what was read is behind a subscription that caught up": subscribeBeyondReads,
	}
}

// follow subscribes until enough says so, and checks each batch.
func (s *suite) follow(from es.Position, filter es.Filter, enough func(seen []es.Recorded, b es.Batch) bool) []es.Recorded {
	s.Helper()
	var seen []es.Recorded
	next := from
	for batch, err := range s.Store.Subscribe(s.ctx, from, filter) {
		if err != nil {
			s.Fatalf("after %d events: %v", len(seen), err)
		}
		for _, e := range batch.Events {
			if e.Position <= next && from != es.End {
				s.Fatalf("event at %d after one at %d", e.Position, next)
			}
			if !filter.Matches(e.Stream) {
				s.Fatalf("the filter does not select %s", e.Stream)
			}
			next = e.Position
			if s.owns(e.Stream) {
				seen = append(seen, e)
			}
		}
		if batch.Next < next && from != es.End {
			s.Fatalf("Next is %d after an event at %d", batch.Next, next)
		}
		next = batch.Next
		if enough(seen, batch) {
			return seen
		}
	}
	s.Fatal("the subscription ended without an error")
	return nil
}

// subscribeBeyondReads: to have caught up means to be beyond all that anybody
// has read before, also while others append.
func subscribeBeyondReads(s *suite) {
	const appends = 300
	var appending sync.WaitGroup
	done := make(chan struct{})
	appending.Go(func() {
		defer close(done)
		for range appends {
			if _, err := s.Store.Append(s.ctx, s.stream("a"), es.Any(), events(1)...); err != nil {
				s.Errorf("append: %v", err)
			}
		}
	})
	defer appending.Wait()
	for {
		select {
		case <-done:
			return
		default:
		}
		read := s.newest()
		if head := s.head(); head < read {
			s.Fatalf("the head is %d, and %d was read before", head, read)
		}
		next := read
		s.follow(max(s.start, read-1), es.Filter{}, func(_ []es.Recorded, b es.Batch) bool {
			next = b.Next
			return b.CaughtUp
		})
		if next < read {
			s.Fatalf("caught up at %d, and %d was read before", next, read)
		}
	}
}

// newest returns the position of the newest event that can be read.
func (s *suite) newest() es.Position {
	s.Helper()
	for e, err := range s.Store.ReadAll(s.ctx, es.End, es.Backward) {
		s.must(err)
		return e.Position
	}
	return es.Start
}

func caughtUp(_ []es.Recorded, b es.Batch) bool { return b.CaughtUp }

func count(n int) func([]es.Recorded, es.Batch) bool {
	return func(seen []es.Recorded, _ es.Batch) bool { return len(seen) >= n }
}

func subscribeCatchUp(s *suite) {
	stream := s.stream("a")
	all := events(1500)
	for chunk := range slices.Chunk(all, 500) {
		s.append(stream, es.Any(), chunk...)
	}
	batches := 0
	seen := s.follow(s.start, es.Filter{}, func(_ []es.Recorded, b es.Batch) bool {
		batches++
		return b.CaughtUp
	})
	s.same(seen, recorded(stream, 0, all...))
	if batches > 300 {
		s.Errorf("%d batches for 1500 events", batches)
	}
}

func subscribeLive(s *suite) {
	const writers, each = 4, 150
	s.append(s.stream("before"), es.NoStream(), events(700)...)

	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				if _, err := s.Store.Append(s.ctx, s.stream(fmt.Sprint("w", w)), es.Any(), events(1+i%3)...); err != nil {
					s.Errorf("append: %v", err)
				}
			}
		})
	}
	const total = 700 + writers*each*2
	subscribers := make([][]es.Recorded, 3)
	var following sync.WaitGroup
	for i := range subscribers {
		following.Go(func() { subscribers[i] = s.tryFollow(count(total)) })
	}
	group.Wait()
	following.Wait()

	want := s.readAll(s.start, es.Forward)
	for i, seen := range subscribers {
		if diff := cmp.Diff(want, seen); diff != "" {
			s.Errorf("subscriber %d did not see what the log holds: %d events of %d", i, len(seen), len(want))
		}
	}
}

// tryFollow is follow for a goroutine that is not the test's.
func (s *suite) tryFollow(enough func([]es.Recorded, es.Batch) bool) []es.Recorded {
	var seen []es.Recorded
	for batch, err := range s.Store.Subscribe(s.ctx, s.start, es.Filter{}) {
		if err != nil {
			s.Errorf("after %d events: %v", len(seen), err)
			return seen
		}
		for _, e := range batch.Events {
			if s.owns(e.Stream) {
				seen = append(seen, e)
			}
		}
		if enough(seen, batch) {
			return seen
		}
	}
	return seen
}

func subscribeNothing(s *suite) {
	s.same(s.follow(s.start, es.Filter{}, caughtUp), nil)
	at := s.append(s.stream("a"), es.NoStream(), events(1)...)
	s.same(s.follow(at.Position, es.Filter{}, caughtUp), nil)
}

func subscribeFromEnd(s *suite) {
	stream := s.stream("a")
	s.append(stream, es.NoStream(), event("before"))
	after := event("after")
	appended := false
	seen := s.follow(es.End, es.Filter{}, func(seen []es.Recorded, b es.Batch) bool {
		if b.CaughtUp && !appended {
			appended = true
			s.append(stream, es.Exactly(0), after)
		}
		return len(seen) > 0
	})
	s.same(seen, recorded(stream, 1, after))
}

func subscribeFiltered(s *suite) {
	for i := range 600 {
		kind := []string{"a", "ab", "b", "c"}[i%4]
		s.append(s.stream(kind), es.Any(), event(fmt.Sprint(i)))
	}
	all := s.readAll(s.start, es.Forward)
	for _, prefixes := range [][]string{
		{"a-"},
		{"a"},
		{"b-", "a-"},
		{"a", "ab"},
		{"ab", "a-" + s.run[:4]},
		{"", "c"},
		{string(s.stream("c"))},
	} {
		filter := es.Filter{StreamPrefixes: prefixes}
		want := slices.DeleteFunc(slices.Clone(all), func(e es.Recorded) bool { return !filter.Matches(e.Stream) })
		live := recorded(s.stream(prefixes[0]), 0, event("live"))[0]
		appended := false
		seen := s.follow(s.start, filter, func(seen []es.Recorded, b es.Batch) bool {
			if b.CaughtUp && !appended {
				appended = true
				s.append(live.Stream, es.Any(), live.Event)
			}
			return len(seen) > 0 && seen[len(seen)-1].ID == live.ID
		})
		if diff := cmp.Diff(want, seen[:len(seen)-1]); diff != "" {
			s.Errorf("prefixes %q (-want +got):\n%s", prefixes, diff)
		}
		all = s.readAll(s.start, es.Forward)
	}
}

func subscribeNothingMatches(s *suite) {
	last := s.append(s.stream("a"), es.NoStream(), events(1000)...)
	filter := es.Filter{StreamPrefixes: []string{"none-" + s.run}}
	seen := s.follow(s.start, filter, func(_ []es.Recorded, b es.Batch) bool {
		return b.CaughtUp && b.Next >= last.Position
	})
	s.same(seen, nil)
}

func subscribeResume(s *suite) {
	for i := range 900 {
		s.append(s.stream(fmt.Sprint("s", i%3)), es.Any(), event(fmt.Sprint(i)))
	}
	filter := es.Filter{StreamPrefixes: []string{"s0-", "s2-"}}
	want := s.follow(s.start, filter, caughtUp)
	var seen []es.Recorded
	for from, done := s.start, false; !done; {
		seen = append(seen, s.follow(from, filter, func(_ []es.Recorded, b es.Batch) bool {
			from, done = b.Next, b.CaughtUp
			return true
		})...)
	}
	s.same(seen, want)
	if len(seen) != 600 {
		s.Errorf("%d events, want 600", len(seen))
	}
}

func subscribeSlowly(s *suite) {
	stream := s.stream("a")
	s.append(stream, es.NoStream(), events(1200)...)
	stuck := 0
	seen := s.follow(s.start, es.Filter{}, func(seen []es.Recorded, _ es.Batch) bool {
		if stuck < 3 { // while this subscriber sits on a batch, others work
			stuck++
			s.append(stream, es.Any(), events(600)...)
			s.same(s.follow(s.head(), es.Filter{}, caughtUp), nil)
		}
		return len(seen) >= 3000
	})
	for i, revision := range revisions(seen) {
		if revision != es.Revision(i) {
			s.Fatalf("event %d has revision %d", i, revision)
		}
	}
}

func subscribeEnds(s *suite) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	var end error
	for batch, err := range s.Store.Subscribe(ctx, s.start, es.Filter{}) {
		if err != nil {
			end = err
			break
		}
		if batch.CaughtUp {
			cancel()
		}
	}
	s.mustBe(end, context.Canceled)
	s.mustBe(end, es.ErrUnavailable)
}
