package embedded

import (
	"sync"

	"daybook/domain/es"
)

// head is the position of the newest committed event, and wakes those who wait
// for it to move.
type head struct {
	mu    sync.Mutex
	at    es.Position
	moved chan struct{} // nil while nobody waits
}

func (h *head) position() es.Position {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

// watch returns the position and what is closed when it is no longer that.
func (h *head) watch() (es.Position, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.moved == nil {
		h.moved = make(chan struct{})
	}
	return h.at, h.moved
}

func (h *head) move(to es.Position) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = to
	if h.moved != nil {
		close(h.moved)
		h.moved = nil
	}
}
