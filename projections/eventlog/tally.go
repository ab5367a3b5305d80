package eventlog

import (
	"context"

	"daybook/domain/es"
)

// tally is how a batch changes what is counted: items by facet, items by facet
// and time, where in the log each stretch of time lies, and what was used.
type tally struct {
	facets map[int64]facet // those that items have now
	items  map[int64]int64
	counts map[count]int64
	spans  map[stretch]span // what is added
	left   map[int64]bool   // minutes that lost an item
	uses   map[use]int64
}

type count struct {
	stretch
	facet int64
}

type stretch struct{ width, start int64 }

type span struct{ first, last es.Position }

func (s span) with(p es.Position) span {
	if s.first == 0 {
		return span{p, p}
	}
	return span{min(s.first, p), max(s.last, p)}
}

func newTally() *tally {
	return &tally{
		facets: map[int64]facet{},
		items:  map[int64]int64{},
		counts: map[count]int64{},
		spans:  map[stretch]span{},
		left:   map[int64]bool{},
		uses:   map[use]int64{},
	}
}

func stretchesOf(at es.Time) [2]stretch {
	return [2]stretch{{minute, startOf(int64(at), minute)}, {hour, startOf(int64(at), hour)}}
}

func (t *tally) add(n *entry) {
	t.count(n, n.facet.id(), 1)
	t.use(n, 1)
	for _, s := range stretchesOf(n.receivedAt) {
		t.spans[s] = t.spans[s].with(n.position)
	}
}

func (t *tally) move(n *entry) {
	id := n.facet.id()
	if id == n.facetID {
		return
	}
	t.count(n, n.facetID, -1)
	t.count(n, id, 1)
}

func (t *tally) remove(n *entry) {
	t.count(n, n.facetID, -1)
	t.use(n, -1)
	t.left[startOf(int64(n.receivedAt), minute)] = true
}

func (t *tally) count(n *entry, id, by int64) {
	if by > 0 {
		t.facets[id] = n.facet
	}
	t.items[id] += by
	for _, s := range stretchesOf(n.receivedAt) {
		t.counts[count{s, id}] += by
	}
}

func (t *tally) flush(ctx context.Context, w *writer) error {
	for id, by := range t.items {
		if err := w.countFacet(ctx, id, t.facets[id], by); err != nil {
			return err
		}
	}
	for c, by := range t.counts {
		if err := w.count(ctx, c, by); err != nil {
			return err
		}
	}
	for u, by := range t.uses {
		if err := w.countUse(ctx, u, by); err != nil {
			return err
		}
	}
	for s, added := range t.spans {
		if _, err := w.widenSpan.ExecContext(ctx, s.width, s.start, int64(added.first), int64(added.last)); err != nil {
			return err
		}
	}
	hours := map[int64]bool{}
	for start := range t.left {
		if err := w.narrowMinute(ctx, start); err != nil {
			return err
		}
		hours[startOf(start, hour)] = true
	}
	for start := range hours {
		if err := w.narrowHour(ctx, start); err != nil {
			return err
		}
	}
	return nil
}
