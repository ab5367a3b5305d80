package storetest

import (
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/es"
)

func readTests() map[string]func(*suite) {
	return map[string]func(*suite){
		"a stream that does not exist yields nothing": readNothing,
		"a stream from anywhere, both ways":           readStreamFromAnywhere,
		"a long stream":                               readLongStream,
		"large events":                                readLargeEvents,
		"the log from anywhere, both ways":            readAllFromAnywhere,
		"a reader may stop":                           readerMayStop,
		"a reader may append":                         readerMayAppend,
	}
}

func readNothing(s *suite) {
	for _, dir := range []es.Direction{es.Forward, es.Backward} {
		for _, from := range []es.Revision{0, 7, es.LastRevision} {
			s.same(s.read(s.stream("none"), from, dir), nil)
		}
	}
}

func readStreamFromAnywhere(s *suite) {
	stream := s.stream("a")
	const n = 5
	s.append(stream, es.NoStream(), events(n)...)
	s.append(s.stream("b"), es.NoStream(), events(n)...)

	for _, c := range []struct {
		from es.Revision
		dir  es.Direction
		want []es.Revision
	}{
		{0, es.Forward, []es.Revision{0, 1, 2, 3, 4}},
		{3, es.Forward, []es.Revision{3, 4}},
		{4, es.Forward, []es.Revision{4}},
		{5, es.Forward, []es.Revision{}},
		{es.TombstoneRevision, es.Forward, []es.Revision{}},
		{es.LastRevision, es.Forward, []es.Revision{4}},
		{es.LastRevision, es.Backward, []es.Revision{4, 3, 2, 1, 0}},
		{es.TombstoneRevision, es.Backward, []es.Revision{4, 3, 2, 1, 0}},
		{9, es.Backward, []es.Revision{4, 3, 2, 1, 0}},
		{4, es.Backward, []es.Revision{4, 3, 2, 1, 0}},
		{2, es.Backward, []es.Revision{2, 1, 0}},
		{0, es.Backward, []es.Revision{0}},
	} {
		got := revisions(s.read(stream, c.from, c.dir))
		if diff := cmp.Diff(c.want, got); diff != "" {
			s.Errorf("from %d, direction %d (-want +got):\n%s", c.from, c.dir, diff)
		}
	}
}

// readLongStream goes over the bounds of pages, wherever an adapter has them.
func readLongStream(s *suite) {
	stream := s.stream("long")
	all := events(2100)
	for chunk := range slices.Chunk(all, 700) {
		s.append(stream, es.Any(), chunk...)
	}
	want := recorded(stream, 0, all...)
	s.same(s.read(stream, 0, es.Forward), want)
	s.same(s.readAll(s.start, es.Forward), want)
	for _, from := range []es.Revision{511, 512, 513, 1024} {
		s.same(s.read(stream, from, es.Forward), want[from:])
		back := slices.Clone(want[:from+1])
		slices.Reverse(back)
		s.same(s.read(stream, from, es.Backward), back)
	}
	slices.Reverse(want)
	s.same(s.read(stream, es.LastRevision, es.Backward), want)
	s.same(s.readAll(es.End, es.Backward)[:len(want)], want)
}

func readLargeEvents(s *suite) {
	stream := s.stream("large")
	all := events(12)
	for i := range all {
		all[i].Data = make([]byte, s.Store.MaxAppend()/4)
		all[i].Data[0] = byte(i)
		s.append(stream, es.Any(), all[i])
	}
	want := recorded(stream, 0, all...)
	s.same(s.read(stream, 0, es.Forward), want)
	s.same(s.readAll(s.start, es.Forward), want)
	s.same(s.follow(s.start, es.Filter{}, caughtUp), want)
	slices.Reverse(want)
	s.same(s.read(stream, es.LastRevision, es.Backward), want)
}

func readAllFromAnywhere(s *suite) {
	for i := range 4 {
		s.append(s.stream(fmt.Sprint("s", i%2)), es.Any(), events(2)...)
	}
	all := s.readAll(s.start, es.Forward)
	if len(all) != 8 || !slices.IsSortedFunc(all, byPosition) {
		s.Fatalf("the log is not in order: %v", all)
	}
	for i, e := range all {
		s.same(s.readAll(e.Position, es.Forward), all[i+1:])
		before := slices.Clone(all[:i])
		slices.Reverse(before)
		s.same(s.readAll(e.Position, es.Backward), before)
	}
	slices.Reverse(all)
	s.same(s.readAll(es.End, es.Backward), all)
	s.same(s.readAll(es.End, es.Forward), nil)
	s.same(s.readAll(es.Start, es.Backward), nil)
}

func byPosition(a, b es.Recorded) int {
	switch {
	case a.Position < b.Position:
		return -1
	case a.Position > b.Position:
		return 1
	default:
		return 0
	}
}

func readerMayStop(s *suite) {
	stream := s.stream("a")
	s.append(stream, es.NoStream(), events(700)...)
	for range 20 {
		for _, err := range s.Store.ReadStream(s.ctx, stream, 0, es.Forward) {
			s.must(err)
			break
		}
		for _, err := range s.Store.ReadAll(s.ctx, s.start, es.Forward) {
			s.must(err)
			break
		}
	}
	s.append(stream, es.Any(), event("after"))
}

// readerMayAppend would hang if a read held what an append needs.
func readerMayAppend(s *suite) {
	stream, other := s.stream("a"), s.stream("b")
	s.append(stream, es.NoStream(), events(3)...)
	for e, err := range s.Store.ReadStream(s.ctx, stream, 0, es.Forward) {
		s.must(err)
		s.append(other, es.Any(), event(fmt.Sprint(e.Revision)))
		for _, err := range s.Store.ReadAll(s.ctx, s.start, es.Forward) {
			s.must(err)
		}
	}
	if n := len(s.read(other, 0, es.Forward)); n != 3 {
		s.Errorf("%d events were appended while reading, want 3", n)
	}
}
