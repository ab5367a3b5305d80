package eventlog

import (
	"container/heap"
	"context"
	"fmt"
	"slices"

	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections"
)

// stretchOfLog is a range of positions, both ends included.
type stretchOfLog struct{ lo, hi es.Position }

// lastPosition is the largest position that SQLite can hold.
const lastPosition es.Position = 1<<63 - 1

func wholeLog() stretchOfLog { return stretchOfLog{1, lastPosition} }

func (s stretchOfLog) empty() bool { return s.lo > s.hi }

// order is the direction in which items are looked at.
type order string

const (
	newestFirst order = "DESC"
	oldestFirst order = "ASC"
)

// lane yields the candidates of one index entry in the order of their positions.
// Several lanes are merged by [walk].
type lane struct {
	from  source
	key   []any // its arguments
	chunk int   // how many are read next; it doubles

	rest stretchOfLog // what was not read yet
	read []candidate  // what was read and not taken
	head es.Position  // the next position, or the closest that it can be
}

// The size of what a lane reads at once.
const (
	smallChunk = 8
	largeChunk = 1024
)

// source is what a lane is read from.
type source uint8

const (
	fromAll source = iota
	fromFacet
	fromStream
	fromObject
)

// query returns the query of a chunk: its arguments are the lane's key, the
// two ends of a range of positions, and how many.
func (s source) query(o order) string {
	tables, position := `eventlog_items i WHERE`, `i.position`
	switch s {
	case fromAll:
	case fromFacet:
		tables += ` i.facet = ? AND`
	case fromStream:
		tables += ` i.stream = ? AND`
	case fromObject:
		tables, position = `eventlog_objects o JOIN eventlog_items i ON i.position = o.position WHERE o.id = ? AND`, `o.position`
	}
	return fmt.Sprintf(`SELECT %s FROM %s %s BETWEEN ? AND ? ORDER BY %s %s LIMIT ?`, candidateColumns, tables, position, position, o)
}

// fill reads the next chunk, if what was read is used up.
func (l *lane) fill(ctx context.Context, v *projections.View, o order) error {
	if len(l.read) > 0 || l.rest.empty() {
		return nil
	}
	rows, err := v.Rows(ctx, l.from.query(o), append(append([]any{}, l.key...), int64(l.rest.lo), int64(l.rest.hi), l.chunk)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	for rows.Next() {
		c, err := scanCandidate(rows)
		if err != nil {
			return err
		}
		l.read = append(l.read, c)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	l.shrink(o)
	return nil
}

// shrink takes what was read out of what is to be read.
func (l *lane) shrink(o order) {
	if len(l.read) < l.chunk {
		l.rest = stretchOfLog{1, 0}
		return
	}
	last := l.read[len(l.read)-1].position
	if o == newestFirst {
		l.rest.hi = last - 1
	} else {
		l.rest.lo = last + 1
	}
	l.chunk = min(2*l.chunk, largeChunk)
}

// settle finds the head, and reports whether there is one.
func (l *lane) settle(o order) bool {
	switch {
	case len(l.read) > 0:
		l.head = l.read[0].position
	case l.rest.empty():
		return false
	case o == newestFirst:
		l.head = l.rest.hi
	default:
		l.head = l.rest.lo
	}
	return true
}

// lanes is a heap: the lane with the next candidate is the first.
type lanes struct {
	all []*lane
	o   order
}

func (h *lanes) Len() int { return len(h.all) }
func (h *lanes) Less(i, j int) bool {
	if h.o == newestFirst {
		return h.all[i].head > h.all[j].head
	}
	return h.all[i].head < h.all[j].head
}
func (h *lanes) Swap(i, j int) { h.all[i], h.all[j] = h.all[j], h.all[i] }
func (h *lanes) Push(x any)    { h.all = append(h.all, x.(*lane)) }
func (h *lanes) Pop() any {
	last := h.all[len(h.all)-1]
	h.all = h.all[:len(h.all)-1]
	return last
}

// walk calls visit with the candidates of all lanes in order, each once, until
// visit returns false.
func walk(ctx context.Context, v *projections.View, o order, among []*lane, visit func(candidate) bool) error {
	h := &lanes{o: o}
	for _, l := range among {
		if l.head != 0 || l.settle(o) {
			h.all = append(h.all, l)
		}
	}
	heap.Init(h)
	var last es.Position
	for h.Len() > 0 {
		l := h.all[0]
		if len(l.read) == 0 {
			if err := l.fill(ctx, v, o); err != nil {
				return err
			}
		} else {
			c := l.read[0]
			l.read = l.read[1:]
			if c.position != last && !visit(c) {
				return nil
			}
			last = c.position
		}
		if l.settle(o) {
			heap.Fix(h, 0)
		} else {
			heap.Pop(h)
		}
	}
	return nil
}

// maxLanes is how many facets are merged. Beyond it the items are looked at one
// by one.
const maxLanes = 2000

// lanesFor returns the lanes that hold every item in a stretch of the log that
// the selection selects. They may hold others.
func lanesFor(ctx context.Context, v *projections.View, s selection, within stretchOfLog, o order, limit int) ([]*lane, error) {
	if len(s.facets) == 0 || within.empty() {
		return nil, nil
	}
	one := func(from source, key ...any) *lane { return &lane{from: from, key: key, rest: within, chunk: limit} }
	switch {
	case s.filter.Key != "":
		return s.streamLanes(s.filter.Key, one), nil
	case s.filter.Object != "":
		return []*lane{one(fromObject, s.filter.Object)}, nil
	}
	if s.whole != nil {
		lanes := make([]*lane, len(s.whole))
		for i, l := range s.whole {
			lanes[i] = one(l.from, l.key...)
		}
		return lanes, nil
	}
	if s.all || len(s.facets) > maxLanes {
		return []*lane{one(fromAll)}, nil
	}
	return s.facetLanes(ctx, v, within, o)
}

// streamLanes returns the streams that an idempotency key can name, among those
// of the sources that the selection selects.
func (s selection) streamLanes(key string, one func(source, ...any) *lane) []*lane {
	selected := map[home]bool{}
	for _, c := range s.facets {
		selected[home{c.Environment, c.Source}] = true
	}
	var found []*lane
	for at := range selected {
		found = append(found, one(fromStream, at.stream(key)))
	}
	return found
}

// home is where webhooks live: a source in an environment.
type home struct{ environment, source string }

func (h home) stream(key string) string {
	return string(webhook.Ref{Environment: h.environment, Source: h.source, Key: webhook.StreamKey(key)}.Stream())
}

// minWholeID is how long, in bytes, an id or key is of which nobody looks for a
// part: it is looked up, and found however far back.
const minWholeID = 8

// findWhole finds where the items lie of which q is an id or key from end to
// end, wherever in the log and whatever else the filter asks.
func (s *selection) findWhole(ctx context.Context, v *projections.View, homes map[home]bool) error {
	q := s.filter.Q
	if len(q) < minWholeID {
		return nil
	}
	one := func(from source, key string) *lane {
		return &lane{from: from, key: []any{key}, rest: wholeLog(), chunk: 1}
	}
	candidates := []*lane{one(fromObject, q)}
	for at := range homes {
		candidates = append(candidates, one(fromStream, at.stream(q)))
	}
	if at, ok := placeOf(q); ok {
		candidates = append(candidates, one(fromStream, string(at.stream)))
	}
	for _, l := range candidates {
		if err := l.fill(ctx, v, newestFirst); err != nil {
			return err
		}
		if len(l.read) > 0 {
			s.whole = append(s.whole, l)
		}
	}
	return nil
}

// holds reports whether a candidate lies in the lane.
func (l *lane) holds(c candidate) bool {
	switch l.from {
	case fromStream:
		return l.key[0] == string(c.stream)
	case fromObject:
		id, _ := l.key[0].(string)
		return c.objectID == id || slices.Contains(c.relatedIDs(), id)
	default:
		return true
	}
}

// facetLanes returns one lane for each facet that has items in the stretch.
func (s selection) facetLanes(ctx context.Context, v *projections.View, within stretchOfLog, o order) ([]*lane, error) {
	rows, err := v.Rows(ctx, fmt.Sprintf(`SELECT f.id, (SELECT i.position FROM eventlog_items i
		WHERE i.facet = f.id AND i.position BETWEEN ? AND ? ORDER BY i.position %s LIMIT 1) FROM eventlog_facets f`, o),
		int64(within.lo), int64(within.hi))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var found []*lane
	for rows.Next() {
		var id int64
		var head *int64
		if err := rows.Scan(&id, &head); err != nil {
			return nil, err
		}
		if _, selected := s.facets[id]; !selected || head == nil {
			continue
		}
		found = append(found, &lane{from: fromFacet, key: []any{id}, rest: within, chunk: smallChunk, head: es.Position(*head)})
	}
	return found, rows.Err()
}
