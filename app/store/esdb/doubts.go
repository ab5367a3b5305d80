package esdb

import (
	"sync"

	"github.com/google/uuid"
)

// maxDoubts is how many appends of unknown outcome are remembered: as many as
// may be given up in an outage before their callers come back.
const maxDoubts = 65536

// doubts remembers the appends whose outcome is unknown, by their first event:
// the oldest are forgotten.
type doubts struct {
	mu    sync.Mutex
	known map[uuid.UUID]struct{}
	order []uuid.UUID // a ring, of which next is the oldest once it is full
	next  int
}

func newDoubts(limit int) *doubts {
	return &doubts{known: make(map[uuid.UUID]struct{}), order: make([]uuid.UUID, 0, limit)}
}

func (d *doubts) has(id uuid.UUID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, known := d.known[id]
	return known
}

func (d *doubts) add(id uuid.UUID) {
	d.mu.Lock()
	defer d.mu.Unlock()

	if _, known := d.known[id]; known {
		return
	}
	d.known[id] = struct{}{}
	if len(d.order) < cap(d.order) {
		d.order = append(d.order, id)
		return
	}
	delete(d.known, d.order[d.next])
	d.order[d.next] = id
	d.next = (d.next + 1) % len(d.order)
}

// remove forgets that the outcome was unknown. Its place in the ring is left
// to be overwritten.
func (d *doubts) remove(id uuid.UUID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.known, id)
}
