package storetest

import (
	"errors"
	"fmt"
	"sync"

	"daybook/domain/es"
)

func appendTests() map[string]func(*suite) {
	return map[string]func(*suite){
		"an event comes back as it was appended":      eventComesBack,
		"positions and revisions":                     positionsAndRevisions,
		"no stream":                                   expectNoStream,
		"exactly":                                     expectExactly,
		"any":                                         expectAny,
		"several events are atomic":                   severalAreAtomic,
		"one of 64 writers wins":                      oneOfManyWins,
		"64 writers at one revision":                  manyAtOneRevision,
		"64 writers of any revision all stand":        manyOfAnyStand,
		"too large":                                   tooLarge,
		"the largest append":                          largestAppend,
		"what no caller means to do is refused":       nonsenseIsRefused,
		"streams whose names are alike are not mixed": namesAlike,
	}
}

func eventComesBack(s *suite) {
	stream := s.stream("a")
	e := event(string([]byte{0, 1, '"', 0xff, '\n'}) + ` not JSON: ünïcödé`)
	e.Metadata = []byte(`{"schema":1,"at":"2026-01-02T03:04:05.678Z"}`)
	bare := es.Event{ID: event("").ID, Type: "Bare"}

	s.append(stream, es.NoStream(), e, bare)
	s.same(s.read(stream, 0, es.Forward), recorded(stream, 0, e, bare))
	s.same(s.readAll(s.start, es.Forward), recorded(stream, 0, e, bare))
}

func positionsAndRevisions(s *suite) {
	a, b := s.stream("a"), s.stream("b")
	first := s.append(a, es.NoStream(), events(1)...)
	second := s.append(b, es.NoStream(), events(3)...)
	third := s.append(a, es.Exactly(0), events(1)...)

	if first.Revision != 0 || second.Revision != 2 || third.Revision != 1 {
		s.Errorf("revisions %d, %d, %d, want 0, 2, 1", first.Revision, second.Revision, third.Revision)
	}
	if s.start >= first.Position || first.Position >= second.Position || second.Position >= third.Position {
		s.Errorf("positions do not grow: %d, then %d, %d, %d", s.start, first.Position, second.Position, third.Position)
	}
	if head := s.head(); head < third.Position {
		s.Errorf("the head is %d, the newest event at %d", head, third.Position)
	}
	all := s.readAll(s.start, es.Forward)
	if newest := all[len(all)-1]; newest.Position != third.Position || newest.Revision != third.Revision {
		s.Errorf("Append said %+v, the log says %d at %d", third, newest.Revision, newest.Position)
	}
}

func expectNoStream(s *suite) {
	stream := s.stream("a")
	first := event("1")
	s.append(stream, es.NoStream(), first)

	err := s.refusal(es.ErrConflict, stream, es.NoStream(), event("2"))
	var conflict *es.ConflictError
	if !errors.As(err, &conflict) || conflict.Stream != stream || conflict.Expected != es.NoStream() {
		s.Errorf("the conflict does not say what was expected of what: %v", err)
	}
	s.same(s.read(stream, 0, es.Forward), recorded(stream, 0, first))
}

func expectExactly(s *suite) {
	stream := s.stream("a")
	s.refuse(es.ErrConflict, stream, es.Exactly(0), event("too early"))

	all := events(3)
	s.append(stream, es.NoStream(), all[0])
	s.append(stream, es.Exactly(0), all[1])
	s.refuse(es.ErrConflict, stream, es.Exactly(0), event("too late"))
	s.refuse(es.ErrConflict, stream, es.Exactly(2), event("too early"))
	s.refuse(es.ErrConflict, stream, es.Exactly(es.TombstoneRevision), event("never"))
	s.refuse(es.ErrConflict, stream, es.Exactly(es.LastRevision), event("never"))
	s.append(stream, es.Exactly(1), all[2])
	s.same(s.read(stream, 0, es.Forward), recorded(stream, 0, all...))
}

func expectAny(s *suite) {
	stream := s.stream("a")
	all := events(3)
	for i, e := range all {
		if at := s.append(stream, es.Any(), e); at.Revision != es.Revision(i) {
			s.Errorf("event %d stands at %d", i, at.Revision)
		}
	}
	s.same(s.read(stream, 0, es.Forward), recorded(stream, 0, all...))
}

func severalAreAtomic(s *suite) {
	stream := s.stream("a")
	all := events(5)
	s.append(stream, es.NoStream(), all...)
	s.refuse(es.ErrConflict, stream, es.NoStream(), events(5)...)
	s.refuse(es.ErrConflict, stream, es.Exactly(3), events(5)...)
	s.same(s.read(stream, 0, es.Forward), recorded(stream, 0, all...))
}

// race lets 64 writers append to one stream at once and returns how many were
// taken. Any error but a conflict fails the test.
func (s *suite) race(stream es.Stream, expected es.Expected, perWriter int) int {
	s.Helper()
	const writers = 64
	outcomes := make([]error, writers)
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			<-start
			_, outcomes[i] = s.Store.Append(s.ctx, stream, expected, events(perWriter)...)
		})
	}
	close(start)
	group.Wait()

	won := 0
	for _, err := range outcomes {
		if err == nil {
			won++
			continue
		}
		s.mustBe(err, es.ErrConflict)
	}
	return won
}

func oneOfManyWins(s *suite) {
	for i := range 5 {
		stream := s.stream(fmt.Sprint("race", i))
		if won := s.race(stream, es.NoStream(), 2); won != 1 {
			s.Errorf("%d writers won", won)
		}
		if n := len(s.read(stream, 0, es.Forward)); n != 2 {
			s.Errorf("the stream holds %d events, the winner wrote 2", n)
		}
	}
}

func manyAtOneRevision(s *suite) {
	stream := s.stream("race")
	s.append(stream, es.NoStream(), events(1)...)
	for i := range es.Revision(5) {
		if won := s.race(stream, es.Exactly(i), 1); won != 1 {
			s.Errorf("revision %d: %d writers won", i, won)
		}
	}
	if n := len(s.read(stream, 0, es.Forward)); n != 6 {
		s.Errorf("the stream holds %d events, want 6", n)
	}
}

func manyOfAnyStand(s *suite) {
	stream := s.stream("race")
	if won := s.race(stream, es.Any(), 3); won != 64 {
		s.Errorf("only %d appends were taken", won)
	}
	for i, revision := range revisions(s.read(stream, 0, es.Forward)) {
		if revision != es.Revision(i) {
			s.Fatalf("event %d has revision %d", i, revision)
		}
	}
}

func tooLarge(s *suite) {
	stream := s.stream("a")
	limit := s.Store.MaxAppend()
	big := event("")
	big.Data = make([]byte, limit-big.Size()+1)

	err := s.refusal(es.ErrTooLarge, stream, es.NoStream(), big)
	var tooLarge *es.TooLargeError
	if !errors.As(err, &tooLarge) || tooLarge.Size != limit+1 || tooLarge.Max != limit {
		s.Errorf("the error does not say the sizes: %v", err)
	}
	half := event("")
	half.Data = make([]byte, limit/2)
	other := half
	other.ID = event("").ID
	s.refuse(es.ErrTooLarge, stream, es.NoStream(), half, other)
	s.same(s.read(stream, 0, es.Forward), nil)
	s.append(stream, es.NoStream(), event("small"))
}

func largestAppend(s *suite) {
	stream := s.stream("a")
	big := event("")
	big.Data = make([]byte, s.Store.MaxAppend()-big.Size())
	for i := range big.Data {
		big.Data[i] = byte(i)
	}
	s.append(stream, es.NoStream(), big)
	s.same(s.read(stream, 0, es.Forward), recorded(stream, 0, big))
}

func nonsenseIsRefused(s *suite) {
	stream := s.stream("a")
	twice := event("twice")
	for name, events := range map[string][]es.Event{
		"no events":    {},
		"no id":        {{Type: "Happened"}},
		"no type":      {{ID: event("").ID}},
		"one id twice": {twice, event("between"), twice},
		"a tombstone":  {{ID: event("").ID, Type: es.TypeStreamDeleted}},
	} {
		if _, err := s.Store.Append(s.ctx, stream, es.Any(), events...); err == nil {
			s.Errorf("%s: it was taken", name)
		}
	}
	s.same(s.read(stream, 0, es.Forward), nil)
}

func namesAlike(s *suite) {
	for _, kind := range []string{"a", "A", "a-", "a%", "a_", "ä", "'; DROP TABLE events; --"} {
		stream, e := s.stream(kind), event("{}")
		s.append(stream, es.NoStream(), e)
		s.same(s.read(stream, 0, es.Forward), recorded(stream, 0, e))
	}
}
