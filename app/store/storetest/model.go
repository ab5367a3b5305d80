package storetest

import (
	"errors"
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"daybook/domain/es"
)

func modelTests() map[string]func(*suite) {
	return map[string]func(*suite){
		"any history is as in the model": anyHistory,
	}
}

// model is a store in as few lines as will do.
type model struct {
	streams map[es.Stream]*modelStream
	log     []es.Recorded // without positions
}

type modelStream struct {
	events   []es.Recorded // all that ever were
	maxCount int           // 0 keeps all
	deleted  bool
}

func (m *modelStream) kept() []es.Recorded {
	if m.maxCount == 0 || len(m.events) <= m.maxCount {
		return m.events
	}
	return m.events[len(m.events)-m.maxCount:]
}

func (m *model) append(stream es.Stream, expected es.Expected, events []es.Event) (es.Revision, error) {
	st := m.streams[stream]
	if st.deleted {
		return 0, es.ErrStreamDeleted
	}
	next := len(st.events)
	var at []int
	for _, e := range events {
		at = append(at, slices.IndexFunc(st.kept(), func(r es.Recorded) bool { return r.ID == e.ID }))
	}
	switch {
	case slices.Max(at) >= 0: // some are known: all must stand together, and in their place
		first := next - len(st.kept()) + at[0]
		for i := range at {
			if at[0] < 0 || at[i] != at[0]+i || !expected.Met(es.Revision(first-1), first > 0) {
				return 0, es.ErrConflict
			}
		}
		return es.Revision(first + len(at) - 1), nil
	case !expected.Met(es.Revision(next-1), next > 0):
		return 0, es.ErrConflict
	}
	written := recorded(stream, es.Revision(next), events...)
	st.events = append(st.events, written...)
	m.log = append(m.log, written...)
	return es.Revision(next + len(events) - 1), nil
}

func (m *model) read(stream es.Stream, from es.Revision, dir es.Direction) ([]es.Recorded, error) {
	st := m.streams[stream]
	if st.deleted {
		return nil, es.ErrStreamDeleted
	}
	if from == es.LastRevision {
		from = es.Revision(max(len(st.events), 1) - 1)
	}
	var events []es.Recorded
	for _, e := range st.kept() {
		if (dir == es.Forward && e.Revision >= from) || (dir == es.Backward && e.Revision <= from) {
			events = append(events, e)
		}
	}
	if dir == es.Backward {
		slices.Reverse(events)
	}
	return events, nil
}

func anyHistory(s *suite) {
	runs := 0
	rapid.Check(s.T, func(t *rapid.T) {
		runs++
		h := &history{T: t, s: s, start: s.head(), model: model{streams: make(map[es.Stream]*modelStream)}}
		for i := range 3 {
			name := s.stream(fmt.Sprintf("run%d-%d", runs, i))
			h.names = append(h.names, name)
			h.model.streams[name] = &modelStream{}
		}
		t.Repeat(map[string]func(*rapid.T){
			"append":    h.append,
			"repeat":    h.repeat,
			"read":      h.read,
			"retain":    h.retain,
			"tombstone": h.tombstone,
			"":          h.logHoldsAll,
		})
	})
}

// history is one random history of a few streams.
type history struct {
	*rapid.T
	s     *suite
	names []es.Stream
	start es.Position
	model model
}

func (h *history) stream(t *rapid.T) es.Stream { return rapid.SampledFrom(h.names).Draw(t, "stream") }

func (h *history) expected(t *rapid.T, stream es.Stream) es.Expected {
	n := len(h.model.streams[stream].events)
	switch rapid.IntRange(0, 3).Draw(t, "expected") {
	case 0:
		return es.Any()
	case 1:
		return es.NoStream()
	case 2:
		return es.Exactly(es.Revision(rapid.IntRange(0, n+1).Draw(t, "revision")))
	default:
		return es.Exactly(es.Revision(max(n, 1) - 1))
	}
}

func (h *history) append(t *rapid.T) {
	stream := h.stream(t)
	h.both(t, stream, h.expected(t, stream), events(rapid.IntRange(1, 3).Draw(t, "events")))
}

// repeat appends some events that are kept, perhaps with new ones among them.
func (h *history) repeat(t *rapid.T) {
	stream := h.stream(t)
	kept := h.model.streams[stream].kept()
	if len(kept) == 0 {
		t.Skip("there is nothing to repeat")
	}
	first := rapid.IntRange(0, len(kept)-1).Draw(t, "first")
	n := rapid.IntRange(1, min(3, len(kept)-first)).Draw(t, "repeated")
	var again []es.Event
	for _, e := range kept[first : first+n] {
		again = append(again, e.Event)
	}
	switch rapid.IntRange(0, 5).Draw(t, "change") {
	case 0:
		again = append(again, event("new"))
	case 1:
		again = append([]es.Event{event("new")}, again...)
	case 2:
		slices.Reverse(again)
	}
	expected := h.expected(t, stream)
	if rapid.Bool().Draw(t, "at its place") {
		expected = es.NoStream()
		if revision := kept[first].Revision; revision > 0 {
			expected = es.Exactly(revision - 1)
		}
	}
	h.both(t, stream, expected, again)
}

func (h *history) both(t *rapid.T, stream es.Stream, expected es.Expected, events []es.Event) {
	revision, want := h.model.append(stream, expected, events)
	at, err := h.s.Store.Append(h.s.ctx, stream, expected, events...)
	if !errors.Is(err, want) || (want == nil && at.Revision != revision) {
		t.Fatalf("append %d to %s expecting %s: got %d, %v, want %d, %v", len(events), stream, expected, at.Revision, err, revision, want)
	}
}

func (h *history) read(t *rapid.T) {
	stream := h.stream(t)
	from := es.Revision(rapid.IntRange(0, len(h.model.streams[stream].events)+1).Draw(t, "from"))
	if rapid.Bool().Draw(t, "from the newest") {
		from = es.LastRevision
	}
	dir := rapid.SampledFrom([]es.Direction{es.Forward, es.Backward}).Draw(t, "direction")

	want, wantErr := h.model.read(stream, from, dir)
	var got []es.Recorded
	var err error
	for e, e2 := range h.s.Store.ReadStream(h.s.ctx, stream, from, dir) {
		if e2 != nil {
			err = e2
			break
		}
		got = append(got, e)
	}
	if !errors.Is(err, wantErr) {
		t.Fatalf("read %s: got error %v, want %v", stream, err, wantErr)
	}
	h.same(t, got, want)
}

func (h *history) retain(t *rapid.T) {
	stream := h.stream(t)
	st := h.model.streams[stream]
	// A larger count than before would ask whether what was cut comes back.
	count := rapid.IntRange(1, 4).Draw(t, "count")
	if st.maxCount > 0 {
		count = min(count, st.maxCount)
	}
	if !st.deleted {
		st.maxCount = count
		h.s.retain(stream, fmt.Sprintf(`{"$maxCount":%d}`, count))
	}
}

func (h *history) tombstone(t *rapid.T) {
	if rapid.IntRange(0, 5).Draw(t, "rarely") > 0 {
		t.Skip("not this time")
	}
	stream := h.stream(t)
	h.model.streams[stream].deleted = true
	h.s.must(h.s.Store.Tombstone(h.s.ctx, stream))
}

// logHoldsAll: the log yields what the streams keep, in the order in which it
// was appended; what was cut may be there too.
func (h *history) logHoldsAll(t *rapid.T) {
	kept := make(map[string]bool)
	for _, st := range h.model.streams {
		for _, e := range st.kept() {
			kept[e.ID.String()] = !st.deleted
		}
	}
	isKept := func(e es.Recorded) bool { return kept[e.ID.String()] }
	var got, want []es.Recorded
	for _, e := range h.s.readAll(h.start, es.Forward) {
		if isKept(e) {
			got = append(got, e)
		}
	}
	for _, e := range h.model.log {
		if isKept(e) {
			want = append(want, e)
		}
	}
	h.same(t, got, want)
}

func (h *history) same(t *rapid.T, got, want []es.Recorded) {
	if diff := difference(got, want); diff != "" {
		t.Fatalf("events differ (-want +got):\n%s", diff)
	}
}
