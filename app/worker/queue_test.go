package worker

import (
	"fmt"
	"testing"

	"daybook/app/command"
	"daybook/domain/webhook"
)

func numbered(n int) Work { return Work{Ref: webhook.Ref{Key: fmt.Sprintf("evt_%d", n)}} }

func sized(n, size int) Work {
	work := numbered(n)
	work.Loaded = command.Loaded[webhook.State]{State: webhook.State{Generations: []webhook.Generation{
		{Received: webhook.Received{Body: make([]byte, size)}},
	}}}
	return work
}

// take takes n webhooks as a worker does.
func (q *queue) take(n int) {
	for range n {
		select {
		case work := <-q.waiting:
			q.taken(work)
		default:
			panic("nothing waits")
		}
	}
}

func TestTheQueueIsBoundedInNumber(t *testing.T) {
	t.Parallel()
	q := newQueue()
	for i := range maxWaiting {
		if !q.put(numbered(i)) {
			t.Fatalf("webhook %d did not fit", i)
		}
	}
	if q.put(numbered(maxWaiting)) {
		t.Error("one more than fits was taken")
	}
	if !q.put(numbered(0)) || len(q.waiting) != maxWaiting {
		t.Error("a webhook that waits already was not recognised")
	}
	checkRoom(t, q, maxWaiting/2)
}

func TestTheQueueIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	q := newQueue()
	const size = maxWaitingBytes / 4
	for i := range 4 {
		if !q.put(sized(i, size)) {
			t.Fatalf("body %d did not fit", i)
		}
	}
	if q.put(sized(4, size)) {
		t.Error("one more than fits was taken")
	}
	checkRoom(t, q, 1)
	if !q.put(sized(4, size)) {
		t.Error("a body was not counted back")
	}
	q.take(3)
	if !q.put(sized(5, 2*maxWaitingBytes)) {
		t.Error("a body larger than all room is never worked")
	}
}

// checkRoom fails unless room is announced once, when n have been taken.
func checkRoom(t *testing.T, q *queue, n int) {
	t.Helper()
	q.take(n - 1)
	if len(q.room) != 0 {
		t.Error("room was announced too early")
	}
	q.take(1)
	if len(q.room) != 1 {
		t.Fatal("room was not announced")
	}
	<-q.room
	q.take(1)
	if len(q.room) != 0 {
		t.Error("room was announced although nothing waits for it")
	}
}

func TestTheQueueRemembersWhatWasSettled(t *testing.T) {
	t.Parallel()
	q := newQueue()
	ref := numbered(0).Ref
	q.put(numbered(0))
	if !q.holds(ref, 9, 0) {
		t.Error("what waits is not held")
	}
	q.take(1)
	if !q.holds(ref, 9, 0) {
		t.Error("what is being worked is not held")
	}
	q.done(ref, 0, 0, false)
	if q.holds(ref, 0, 0) {
		t.Error("what was given back is held")
	}
	q.done(ref, 3, 0, true)
	if !q.holds(ref, 2, 0) || !q.holds(ref, 3, 0) || q.holds(ref, 4, 0) {
		t.Error("what was settled at revision 3 is not known as that")
	}
	for i := range 3 * maxSettled {
		if i == maxSettled/2 && !q.holds(ref, 3, 0) {
			t.Error("forgotten too early")
		}
		q.done(numbered(i+1).Ref, 3, 0, true)
	}
	if n := len(q.settled[0]) + len(q.settled[1]); n > 2*maxSettled {
		t.Errorf("%d settled webhooks are remembered", n)
	}
	q.done(ref, 3, 500, true)
	if !q.holds(ref, 3, 499) || q.holds(ref, 3, 500) || q.holds(ref, 4, 499) {
		t.Error("what is due later is not held until then")
	}
	delete(q.settled[0], ref)
	if q.holds(ref, 3, 0) {
		t.Error("what was settled long ago is remembered for ever")
	}
}
