package storetest

import (
	"fmt"
	"slices"

	"daybook/domain/es"
)

func tombstoneTests() map[string]func(*suite) {
	return map[string]func(*suite){
		"a tombstone ends a stream":                  tombstoneEnds,
		"a tombstone ends a stream that never was":   tombstoneNever,
		"a tombstone can be repeated":                tombstoneTwice,
		"a tombstone is an event of the log":         tombstoneInLog,
		"a tombstone while the stream is being read": tombstoneWhileReading,
		"a tombstone leaves other streams alone":     tombstoneOthers,
	}
}

// ended fails unless the stream can neither be read nor appended to.
func (s *suite) ended(stream es.Stream, known ...es.Event) {
	s.Helper()
	for _, expected := range []es.Expected{es.Any(), es.NoStream(), es.Exactly(0), es.Exactly(es.TombstoneRevision)} {
		s.refuse(es.ErrStreamDeleted, stream, expected, event("new"))
		if len(known) > 0 {
			s.refuse(es.ErrStreamDeleted, stream, expected, known...)
		}
	}
	for _, from := range []es.Revision{0, 1, es.LastRevision} {
		for _, dir := range []es.Direction{es.Forward, es.Backward} {
			if err := errorOf(s.Store.ReadStream(s.ctx, stream, from, dir)); true {
				s.mustBe(err, es.ErrStreamDeleted)
			}
		}
	}
}

func tombstoneEnds(s *suite) {
	stream := s.stream("a")
	all := events(3)
	s.append(stream, es.NoStream(), all...)
	s.must(s.Store.Tombstone(s.ctx, stream))
	s.ended(stream, all...)
}

func tombstoneNever(s *suite) {
	stream := s.stream("a")
	s.must(s.Store.Tombstone(s.ctx, stream))
	s.ended(stream)
}

func tombstoneTwice(s *suite) {
	stream := s.stream("a")
	s.append(stream, es.NoStream(), events(1)...)
	s.must(s.Store.Tombstone(s.ctx, stream))
	before := len(s.readAll(s.start, es.Forward))
	s.must(s.Store.Tombstone(s.ctx, stream))
	if after := len(s.readAll(s.start, es.Forward)); after != before {
		s.Errorf("the log grew from %d events to %d", before, after)
	}
	s.ended(stream)
}

func tombstoneInLog(s *suite) {
	stream := s.stream("a")
	at := s.append(stream, es.NoStream(), events(2)...)
	s.must(s.Store.Tombstone(s.ctx, stream))

	log := s.readAll(at.Position, es.Forward)
	if len(log) != 1 {
		s.Fatalf("after the events the log holds %v", log)
	}
	e := log[0]
	if e.Type != es.TypeStreamDeleted || e.Stream != stream || e.Revision != es.TombstoneRevision {
		s.Errorf("the tombstone is %+v", e)
	}
	if head := s.head(); head < e.Position {
		s.Errorf("the head is %d, the tombstone at %d", head, e.Position)
	}
	seen := s.follow(at.Position, es.Filter{StreamPrefixes: []string{string(stream)}}, caughtUp)
	s.same(seen, log)
}

// tombstoneWhileReading: a reader may yet get the stream as it was, but must
// never take the end that was made for the end that was there.
func tombstoneWhileReading(s *suite) {
	for i, dir := range []es.Direction{es.Forward, es.Backward} {
		stream := s.stream(fmt.Sprint("a", i))
		const n = 1024
		s.append(stream, es.NoStream(), events(n)...)
		from := es.FirstRevision
		if dir == es.Backward {
			from = es.LastRevision
		}
		seen, err := 0, error(nil)
		for _, e := range s.Store.ReadStream(s.ctx, stream, from, dir) {
			if e != nil {
				err = e
				break
			}
			if seen++; seen == 1 {
				s.must(s.Store.Tombstone(s.ctx, stream))
			}
		}
		if err == nil && seen != n {
			s.Errorf("direction %d: %d events of %d and no error", dir, seen, n)
		}
		if err != nil {
			s.mustBe(err, es.ErrStreamDeleted)
		}
	}
}

func tombstoneOthers(s *suite) {
	streams := []es.Stream{s.stream("a"), s.stream("aa"), s.stream("b")}
	for _, stream := range streams {
		s.append(stream, es.NoStream(), events(2)...)
	}
	s.must(s.Store.Tombstone(s.ctx, streams[0]))
	for _, stream := range streams[1:] {
		s.append(stream, es.Exactly(1), event("more"))
		if got := revisions(s.read(stream, 0, es.Forward)); !slices.Equal(got, []es.Revision{0, 1, 2}) {
			s.Errorf("%s yields %v", stream, got)
		}
	}
}
