package storetest

import (
	"fmt"
	"slices"
	"time"

	"daybook/domain/es"
)

func retentionTests() map[string]func(*suite) {
	return map[string]func(*suite){
		"$maxCount keeps the newest":               maxCountKeepsNewest,
		"$maxCount set later cuts at once":         maxCountCutsAtOnce,
		"$maxCount changes and ends":               maxCountChanges,
		"$maxCount within one append":              maxCountWithinAppend,
		"$maxCount does not begin a stream anew":   maxCountKeepsRevisions,
		"metadata that says nothing keeps all":     metadataKeepsAll,
		"$maxAge hides what is too old":            maxAgeHides,
		"$maxAge goes by the store's own clock":    maxAgePasses,
		"$maxAge does not begin a stream anew":     maxAgeKeepsRevisions,
		"a subscription copes with what was cut":   subscribeOverCuts,
		"the metadata stream is read as any other": metadataIsAStream,
	}
}

func (s *suite) retain(stream es.Stream, data string) {
	s.Helper()
	metadata := event(data)
	metadata.Type = es.TypeMetadata
	s.append(stream.Metadata(), es.Any(), metadata)
}

// keeps fails unless the stream yields n events, ending with revision last,
// from everywhere.
func (s *suite) keeps(stream es.Stream, n int, last es.Revision) {
	s.Helper()
	want := make([]es.Revision, n)
	for i := range want {
		want[i] = last - es.Revision(n-1-i)
	}
	forward := revisions(s.read(stream, 0, es.Forward))
	backward := revisions(s.read(stream, es.LastRevision, es.Backward))
	slices.Reverse(backward)
	if !slices.Equal(forward, want) || !slices.Equal(backward, want) {
		s.Fatalf("%s yields %v forward and %v backward, want %v", stream, forward, backward, want)
	}
}

func maxCountKeepsNewest(s *suite) {
	stream := s.stream("a")
	s.retain(stream, `{"$maxCount":3}`)
	for i := range 10 {
		s.append(stream, es.Any(), event(fmt.Sprint(i)))
		s.keeps(stream, min(i+1, 3), es.Revision(i))
	}
	if got := revisions(s.read(stream, 2, es.Backward)); len(got) != 0 {
		s.Errorf("what was cut is yielded: %v", got)
	}
	if got := revisions(s.read(stream, 8, es.Backward)); !slices.Equal(got, []es.Revision{8, 7}) {
		s.Errorf("backward from 8: %v", got)
	}
}

func maxCountCutsAtOnce(s *suite) {
	stream, other := s.stream("a"), s.stream("b")
	s.append(stream, es.NoStream(), events(1000)...)
	s.append(other, es.NoStream(), events(10)...)
	s.retain(stream, `{"$maxCount":2}`)
	s.keeps(stream, 2, 999)
	s.keeps(other, 10, 9)
}

func maxCountChanges(s *suite) {
	stream := s.stream("a")
	s.append(stream, es.NoStream(), events(10)...)
	s.retain(stream, `{"$maxCount":5}`)
	s.keeps(stream, 5, 9)
	s.retain(stream, `{"$maxCount":4}`)
	s.keeps(stream, 4, 9)
	s.retain(stream, `{}`)
	s.append(stream, es.Exactly(9), events(10)...)
	s.keeps(stream, 14, 19)
}

func maxCountWithinAppend(s *suite) {
	stream := s.stream("a")
	s.retain(stream, `{"$maxCount":2}`)
	if at := s.append(stream, es.NoStream(), events(5)...); at.Revision != 4 {
		s.Errorf("five events end at revision %d", at.Revision)
	}
	s.keeps(stream, 2, 4)
}

func maxCountKeepsRevisions(s *suite) {
	stream := s.stream("a")
	s.append(stream, es.NoStream(), events(5)...)
	s.retain(stream, `{"$maxCount":1}`)
	s.refuse(es.ErrConflict, stream, es.NoStream(), event("new"))
	s.refuse(es.ErrConflict, stream, es.Exactly(0), event("new"))
	s.append(stream, es.Exactly(4), event("new"))
	s.keeps(stream, 1, 5)
}

func metadataKeepsAll(s *suite) {
	for i, data := range []string{``, `null`, `[]`, `{`, `{"$maxCount":0}`, `{"$maxCount":-1}`, `{"$maxCount":"1"}`, `{"other":1}`} {
		stream := s.stream(fmt.Sprint("a", i))
		s.append(stream, es.NoStream(), events(3)...)
		s.retain(stream, data)
		s.append(stream, es.Any(), event("more"))
		s.keeps(stream, 4, 3)
	}
	stream := s.stream("b")
	s.append(stream, es.NoStream(), events(3)...)
	s.append(stream.Metadata(), es.NoStream(), event(`{"$maxCount":1}`)) // of another type
	s.keeps(stream, 3, 2)
}

func metadataIsAStream(s *suite) {
	stream := s.stream("a")
	s.retain(stream, `{"$maxCount":3,"$acl":{"$r":"$all"}}`)
	got := s.read(stream.Metadata(), 0, es.Forward)
	if len(got) != 1 || got[0].Type != es.TypeMetadata || string(got[0].Data) != `{"$maxCount":3,"$acl":{"$r":"$all"}}` {
		s.Errorf("the metadata stream holds %v", got)
	}
	s.keeps(stream, 0, 0)
	s.append(stream, es.NoStream(), event("metadata does not make the stream"))
}

func (s *suite) needsClock() {
	s.Helper()
	if s.Advance == nil {
		s.Skip("the clock of this store cannot be moved")
	}
}

func maxAgeHides(s *suite) {
	s.needsClock()
	stream := s.stream("a")
	s.retain(stream, `{"$maxAge":60}`)
	s.append(stream, es.NoStream(), events(100)...)
	s.Advance(40 * time.Second)
	s.append(stream, es.Any(), events(3)...)
	s.keeps(stream, 103, 102)
	s.Advance(21 * time.Second)
	s.keeps(stream, 3, 102)
	s.append(stream, es.Any(), event("new"))
	s.keeps(stream, 4, 103)
	s.Advance(40 * time.Second)
	s.keeps(stream, 1, 103)

	s.retain(stream, `{"$maxAge":1}`)
	s.keeps(stream, 0, 0)
}

// maxAgePasses is for stores whose clock cannot be moved: it waits a second.
func maxAgePasses(s *suite) {
	if s.Advance != nil {
		s.Skip("the clock of this store can be moved")
	}
	stream := s.stream("a")
	s.retain(stream, `{"$maxAge":1}`)
	s.append(stream, es.NoStream(), events(3)...)
	for len(s.read(stream, 0, es.Forward)) > 0 {
		if s.ctx.Err() != nil {
			s.Fatal("what is too old is still there")
		}
	}
	s.refuse(es.ErrConflict, stream, es.NoStream(), event("new"))
	s.append(stream, es.Exactly(2), event("new"))
}

func maxAgeKeepsRevisions(s *suite) {
	s.needsClock()
	stream := s.stream("a")
	s.retain(stream, `{"$maxAge":60,"$maxCount":50}`)
	last := events(1)
	s.append(stream, es.NoStream(), events(99)...)
	s.append(stream, es.Exactly(98), last...)
	s.Advance(time.Hour)
	s.keeps(stream, 0, 0)
	s.retain(stream, `{"$maxAge":60}`)
	s.keeps(stream, 0, 0)

	s.refuse(es.ErrConflict, stream, es.NoStream(), event("new"))
	s.append(stream, es.Exactly(98), last...) // a repeat
	s.keeps(stream, 0, 0)
	s.append(stream, es.Exactly(99), event("new"))
	s.keeps(stream, 1, 100)
}

func subscribeOverCuts(s *suite) {
	stream, other := s.stream("a"), s.stream("b")
	for range 10 {
		s.append(stream, es.Any(), events(200)...)
		s.append(other, es.Any(), events(1)...)
	}
	s.retain(stream, `{"$maxCount":1}`)
	seen := s.follow(s.start, es.Filter{StreamPrefixes: []string{"a-", "b-"}}, caughtUp)
	kept := slices.DeleteFunc(slices.Clone(seen), func(e es.Recorded) bool { return e.Stream != other })
	if len(kept) != 10 || seen[len(seen)-2].Revision != 1999 {
		s.Errorf("%d events of the other stream, want 10; the last but one is %v", len(kept), seen[len(seen)-2])
	}
}
