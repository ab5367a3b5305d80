package storetest

import (
	"fmt"

	"daybook/domain/es"
)

func reopenTests() map[string]func(*suite) {
	return map[string]func(*suite){
		"a reopened store holds what was acknowledged": reopenHolds,
		"a repeat is recognised after reopening":       reopenRepeat,
		"positions go on after reopening":              reopenPositions,
		"retention stays in force":                     reopenRetention,
		"tombstones stay":                              reopenTombstone,
		"a subscription resumes after reopening":       reopenSubscription,
	}
}

func (s *suite) reopen() {
	s.Helper()
	if s.Reopen == nil {
		s.Skip("this store keeps nothing")
	}
	s.Store = s.Reopen()
}

func reopenHolds(s *suite) {
	for i := range 50 {
		s.append(s.stream(fmt.Sprint("s", i%7)), es.Any(), events(1+i%3)...)
	}
	log := s.readAll(s.start, es.Forward)
	head := s.head()
	for range 3 {
		s.reopen()
		s.same(s.readAll(s.start, es.Forward), log)
		if again := s.head(); again != head {
			s.Errorf("the head was %d and is %d", head, again)
		}
		for i := range 7 {
			stream := s.stream(fmt.Sprint("s", i))
			var own []es.Recorded
			for _, e := range log {
				if e.Stream == stream {
					own = append(own, e)
				}
			}
			s.same(s.read(stream, 0, es.Forward), own)
		}
	}
}

func reopenRepeat(s *suite) {
	stream := s.stream("a")
	one, more := event("1"), events(3)
	first := s.append(stream, es.NoStream(), one)
	second := s.append(stream, es.Exactly(0), more...)
	s.reopen()

	if again := s.append(stream, es.NoStream(), one); again != first {
		s.Errorf("the repeat says %+v, the first said %+v", again, first)
	}
	if again := s.append(stream, es.Any(), more...); again != second {
		s.Errorf("the repeat says %+v, the first said %+v", again, second)
	}
	s.refuse(es.ErrConflict, stream, es.NoStream(), event("1"))
	s.refuse(es.ErrConflict, stream, es.Any(), more[2], event("new"))
	s.refuse(es.ErrConflict, stream, es.Exactly(3), event("new"), more[0])
	s.same(s.read(stream, 0, es.Forward), recorded(stream, 0, append([]es.Event{one}, more...)...))
}

// reopenPositions: not even where the newest events were deleted.
func reopenPositions(s *suite) {
	before := s.append(s.stream("a"), es.NoStream(), events(10)...)
	s.must(s.Store.Tombstone(s.ctx, s.stream("a")))
	s.reopen()
	if after := s.append(s.stream("b"), es.NoStream(), event("after")); after.Position <= before.Position {
		s.Errorf("the event after reopening is at %d, one before it was at %d", after.Position, before.Position)
	}
}

func reopenRetention(s *suite) {
	stream := s.stream("a")
	s.retain(stream, `{"$maxCount":9}`)
	s.retain(stream, `{"$maxCount":2}`)
	s.append(stream, es.NoStream(), events(3)...)
	s.reopen()
	s.keeps(stream, 2, 2)
	s.append(stream, es.Exactly(2), events(4)...)
	s.keeps(stream, 2, 6)
}

func reopenTombstone(s *suite) {
	never, stream := s.stream("never"), s.stream("a")
	s.append(stream, es.NoStream(), events(3)...)
	s.must(s.Store.Tombstone(s.ctx, stream))
	s.must(s.Store.Tombstone(s.ctx, never))
	s.reopen()
	s.ended(stream)
	s.ended(never)
}

func reopenSubscription(s *suite) {
	stream := s.stream("a")
	all := events(20)
	s.append(stream, es.NoStream(), all[:10]...)
	var from es.Position
	s.follow(s.start, es.Filter{}, func(_ []es.Recorded, b es.Batch) bool {
		from = b.Next
		return b.CaughtUp
	})
	s.reopen()
	s.append(stream, es.Exactly(9), all[10:]...)
	s.same(s.follow(from, es.Filter{}, count(10)), recorded(stream, 10, all[10:]...))
}
