package embedded

import (
	"sync"
	"sync/atomic"

	"daybook/domain/es"
)

// What one batch holds at most; an append that is larger is a batch alone.
const (
	batchAppends = 512
	batchBytes   = 8 << 20
)

// request is an append (or a tombstone) on its way to the writer and back.
type request struct {
	stream    es.Stream
	expected  es.Expected
	events    []es.Event
	size      int
	tombstone bool

	state atomic.Int32
	// The answer, to be read after done.
	appended es.Appended
	err      error
	done     chan struct{} // with room for the one message
}

// The life of a request: it waits until either the writer takes it or the
// caller, whose context ended, gives it up.
const (
	waiting int32 = iota
	taken
	abandoned
)

// take reports whether the writer may carry r out.
func (r *request) take() bool { return r.state.CompareAndSwap(waiting, taken) }

// abandon makes the writer skip r, if it has not taken it yet.
func (r *request) abandon() { r.state.CompareAndSwap(waiting, abandoned) }

func (r *request) conflict() error {
	return &es.ConflictError{Stream: r.stream, Expected: r.expected}
}

// queue holds the requests that wait for the writer. Each has a caller that
// waits for it, so it needs no bound of its own.
type queue struct {
	mu      sync.Mutex
	filled  sync.Cond
	waiting []*request
	closed  bool
}

func newQueue() *queue {
	q := &queue{}
	q.filled.L = &q.mu
	return q
}

// push reports false if the queue is closed.
func (q *queue) push(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.waiting = append(q.waiting, r)
	if len(q.waiting) == 1 {
		q.filled.Signal()
	}
	return true
}

// next waits for requests and appends a batch of them to batch. It adds none
// once the queue is closed and empty.
func (q *queue) next(batch []*request) []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(batch) == 0 {
		for len(q.waiting) == 0 {
			if q.closed {
				return batch
			}
			q.filled.Wait()
		}
		batch = q.fill(batch)
	}
	return batch
}

// fill skips what was abandoned.
func (q *queue) fill(batch []*request) []*request {
	size, n := 0, 0
	for ; n < len(q.waiting) && len(batch) < batchAppends; n++ {
		r := q.waiting[n]
		if len(batch) > 0 && size+r.size > batchBytes {
			break
		}
		if r.take() {
			batch, size = append(batch, r), size+r.size
		}
	}
	rest := copy(q.waiting, q.waiting[n:])
	clear(q.waiting[rest:])
	q.waiting = q.waiting[:rest]
	return batch
}

// close lets the writer finish what waits, and refuses what comes.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Signal()
}
