package storetest

import "daybook/domain/es"

func idempotencyTests() map[string]func(*suite) {
	return map[string]func(*suite){
		"a repeated append writes nothing":           repeatWritesNothing,
		"a repeat is recognised however deep":        repeatOfAnOldEvent,
		"a repeat at another place is a conflict":    repeatElsewhere,
		"a repeat of a part is a conflict":           repeatOfAPart,
		"an id in another stream is not a repeat":    sameIDElsewhere,
		"another id is not a repeat":                 sameDataOtherID,
		"repeats in parallel write one event":        repeatsInParallel,
		"a repeat of all but in another order":       repeatInOtherOrder,
		"a repeat across a later append is the same": repeatLater,
	}
}

func repeatWritesNothing(s *suite) {
	stream := s.stream("a")
	one, more := event("1"), events(3)
	first := s.append(stream, es.NoStream(), one)
	second := s.append(stream, es.Exactly(0), more...)

	for _, expected := range []es.Expected{es.NoStream(), es.Any()} {
		if again := s.append(stream, expected, one); again != first {
			s.Errorf("expecting %s: the repeat says %+v, the first said %+v", expected, again, first)
		}
	}
	for _, expected := range []es.Expected{es.Exactly(0), es.Any()} {
		if again := s.append(stream, expected, more...); again != second {
			s.Errorf("expecting %s: the repeat says %+v, the first said %+v", expected, again, second)
		}
	}
	s.same(s.read(stream, 0, es.Forward), recorded(stream, 0, append([]es.Event{one}, more...)...))
	if n := len(s.readAll(s.start, es.Forward)); n != 4 {
		s.Errorf("the log holds %d events, want 4", n)
	}
}

func repeatOfAnOldEvent(s *suite) {
	stream := s.stream("a")
	old := event("old")
	first := s.append(stream, es.Any(), old)
	s.append(stream, es.Any(), events(100)...)
	if again := s.append(stream, es.Any(), old); again != first {
		s.Errorf("the repeat says %+v, the first said %+v", again, first)
	}
}

func repeatElsewhere(s *suite) {
	stream := s.stream("a")
	all := events(3)
	s.append(stream, es.NoStream(), all...)

	s.refuse(es.ErrConflict, stream, es.NoStream(), all[1])
	s.refuse(es.ErrConflict, stream, es.Exactly(0), all[0])
	s.refuse(es.ErrConflict, stream, es.Exactly(0), all[2])
	s.refuse(es.ErrConflict, stream, es.Exactly(2), all[2])
	s.refuse(es.ErrConflict, stream, es.Exactly(9), all[2])
	s.same(s.read(stream, 0, es.Forward), recorded(stream, 0, all...))
}

func repeatOfAPart(s *suite) {
	stream := s.stream("a")
	all := events(3)
	s.append(stream, es.NoStream(), all...)

	for _, expected := range []es.Expected{es.Any(), es.NoStream(), es.Exactly(1), es.Exactly(2)} {
		s.refuse(es.ErrConflict, stream, expected, all[2], event("new"))
		s.refuse(es.ErrConflict, stream, expected, event("new"), all[2])
		s.refuse(es.ErrConflict, stream, expected, all[0], event("new"), all[2])
		s.refuse(es.ErrConflict, stream, expected, all[0], all[2])
	}
	s.same(s.read(stream, 0, es.Forward), recorded(stream, 0, all...))

	part := s.append(stream, es.NoStream(), all[:2]...)
	if part.Revision != 1 {
		s.Errorf("the first two of three end at revision %d", part.Revision)
	}
}

func repeatInOtherOrder(s *suite) {
	stream := s.stream("a")
	all := events(2)
	s.append(stream, es.NoStream(), all...)
	for _, expected := range []es.Expected{es.Any(), es.NoStream()} {
		s.refuse(es.ErrConflict, stream, expected, all[1], all[0])
	}
}

func sameIDElsewhere(s *suite) {
	a, b := s.stream("a"), s.stream("b")
	e := event("1")
	s.append(a, es.NoStream(), e)
	s.append(b, es.NoStream(), e)
	s.same(s.read(b, 0, es.Forward), recorded(b, 0, e))
	s.append(b, es.Any(), e)
	s.same(s.read(b, 0, es.Forward), recorded(b, 0, e))
}

func sameDataOtherID(s *suite) {
	stream := s.stream("a")
	s.append(stream, es.NoStream(), event("the same"))
	s.refuse(es.ErrConflict, stream, es.NoStream(), event("the same"))
	s.append(stream, es.Any(), event("the same"))
	if n := len(s.read(stream, 0, es.Forward)); n != 2 {
		s.Errorf("the stream holds %d events, want 2", n)
	}
}

func repeatsInParallel(s *suite) {
	stream := s.stream("a")
	all := events(2)
	answers := make(chan es.Appended)
	const repeats = 16
	for range repeats {
		go func() {
			at, err := s.Store.Append(s.ctx, stream, es.NoStream(), all...)
			if err != nil {
				s.Errorf("a repeat was refused: %v", err)
			}
			answers <- at
		}()
	}
	first := <-answers
	for range repeats - 1 {
		if at := <-answers; at != first {
			s.Errorf("one append says %+v, its repeat %+v", first, at)
		}
	}
	s.same(s.read(stream, 0, es.Forward), recorded(stream, 0, all...))
}

func repeatLater(s *suite) {
	stream := s.stream("a")
	all := events(4)
	s.append(stream, es.NoStream(), all[0])
	second := s.append(stream, es.Exactly(0), all[1], all[2])
	s.append(stream, es.Exactly(2), all[3])
	if again := s.append(stream, es.Exactly(0), all[1], all[2]); again != second {
		s.Errorf("the repeat says %+v, the first said %+v", again, second)
	}
	s.refuse(es.ErrConflict, stream, es.Exactly(0), all[1], all[2], event("new"))
}
