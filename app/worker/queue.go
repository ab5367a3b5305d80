package worker

import (
	"sync"

	"daybook/domain/es"
	"daybook/domain/webhook"
)

// Limits of the queue.
const (
	maxWaiting = 1024
	// maxWaitingBytes bounds the bodies that wait; decoded they take several
	// times as much.
	maxWaitingBytes = 4 << 20
	// maxSettled is how many finished webhooks are remembered, at least.
	maxSettled = 16 << 10
)

// queue holds the webhooks that this process has taken on: those that wait and
// those being worked. Each is in it once. It also remembers which webhooks
// were finished of late, as the worklist learns of that a little later.
type queue struct {
	waiting chan Work
	room    chan struct{} // there is room again for what did not fit

	mu       sync.Mutex
	held     map[webhook.Ref]struct{} // waiting or being worked
	bodies   int                      // bytes of the bodies that wait
	overfull bool                     // something did not fit
	settled  [2]map[webhook.Ref]settled
}

// settled is the revision as of which nothing is to be done, before a time if
// there is one.
type settled struct {
	revision es.Revision
	due      es.Time
}

func newQueue() *queue {
	return &queue{
		waiting: make(chan Work, maxWaiting),
		room:    make(chan struct{}, 1),
		held:    map[webhook.Ref]struct{}{},
		settled: [2]map[webhook.Ref]settled{{}, {}},
	}
}

// put adds a webhook, and reports whether it is held now.
func (q *queue) put(work Work) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, held := q.held[work.Ref]; held {
		return true
	}
	size := work.bytes()
	if q.bodies > 0 && q.bodies+size > maxWaitingBytes {
		q.overfull = true
		return false
	}
	select {
	case q.waiting <- work:
	default:
		q.overfull = true
		return false
	}
	q.held[work.Ref] = struct{}{}
	q.bodies += size
	return true
}

// size returns how many webhooks are held.
func (q *queue) size() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.held)
}

// bytes returns the size of the bodies that come with a webhook.
func (w Work) bytes() int {
	size := 0
	for _, g := range w.Loaded.State.Generations {
		size += len(g.Received.Body)
	}
	return size
}

// taken says that a webhook waits no longer.
func (q *queue) taken(work Work) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bodies -= work.bytes()
	if !q.overfull || len(q.waiting) > maxWaiting/2 {
		return
	}
	q.overfull = false
	select {
	case q.room <- struct{}{}:
	default: // it was said already
	}
}

// done gives a webhook back. If it is settled, nothing is to be done as of
// that revision before it is due, if that is a time.
func (q *queue) done(ref webhook.Ref, revision es.Revision, due es.Time, isSettled bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.held, ref)
	if !isSettled {
		return
	}
	if len(q.settled[0]) >= maxSettled {
		q.settled[0], q.settled[1] = map[webhook.Ref]settled{}, q.settled[0]
	}
	q.settled[0][ref] = settled{revision, due}
}

// holds reports whether a webhook that the worklist shows at a revision is
// taken on already, or was finished since, as far as something is due.
func (q *queue) holds(ref webhook.Ref, shown es.Revision, now es.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, held := q.held[ref]; held {
		return true
	}
	for _, known := range q.settled {
		if s, ok := known[ref]; ok && shown <= s.revision && (s.due.IsZero() || now < s.due) {
			return true
		}
	}
	return false
}
