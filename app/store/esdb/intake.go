package esdb

import (
	"context"
	"sync"
	"time"

	"daybook/domain/es"
)

// intake is where what a subscription says gathers into a batch, until somebody
// takes it. A full one makes the server wait.
type intake struct {
	filter      es.Filter
	head        es.Position   // what the server held before the subscription began
	gather      time.Duration // how long a batch may fill while there is more to come
	onConfirmed func()
	over        <-chan struct{} // closed when nobody takes any more

	mu    sync.Mutex
	batch es.Batch
	size  int   // bytes of its events
	news  bool  // the batch says more than the one before
	live  bool  // the server said that the subscription caught up
	err   error // what ended the subscription

	filled, taken chan struct{} // hold a token after each change
}

var _ hearing = (*intake)(nil)

func (in *intake) confirmed() { in.onConfirmed() }

func (in *intake) event(e es.Recorded) {
	in.change(func() {
		if e.Position > in.batch.Next && in.filter.Matches(e.Stream) {
			in.batch.Events = append(in.batch.Events, e)
			in.size += e.Size()
			in.reach(e.Position)
		}
	})
	for in.isFull() {
		select {
		case <-in.taken:
		case <-in.over:
			return
		}
	}
}

func (in *intake) checkpoint(at es.Position) { in.change(func() { in.reach(at) }) }

// caughtUp: the server has looked at all that it held when this began, whether
// or not it passed the filter.
func (in *intake) caughtUp() {
	in.change(func() {
		in.live, in.news = true, true
		in.reach(in.head)
	})
}

func (in *intake) fellBehind() { in.change(func() { in.live = false }) }

func (in *intake) fail(err error) {
	in.change(func() {
		if in.err == nil {
			in.err = err
		}
	})
}

// reach moves Next, never back.
func (in *intake) reach(at es.Position) {
	if at > in.batch.Next {
		in.batch.Next, in.news = at, true
	}
}

func (in *intake) change(how func()) {
	in.mu.Lock()
	how()
	in.mu.Unlock()
	leave(in.filled)
}

func leave(token chan<- struct{}) {
	select {
	case token <- struct{}{}:
	default:
	}
}

func (in *intake) full() bool { return len(in.batch.Events) >= pageEvents || in.size >= pageBytes }

func (in *intake) isFull() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.full()
}

// take returns the next batch, or the error that ended the subscription after
// the last. A live subscription's batch is taken as it is; one that is catching
// up has a moment to fill.
func (in *intake) take(ctx context.Context) (es.Batch, error) {
	var moment <-chan time.Time
	for waited := false; ; {
		batch, ok, news, err := in.tryTake(waited)
		if ok || err != nil {
			return batch, err
		}
		if news && moment == nil {
			moment = time.After(in.gather)
		}
		select {
		case <-in.filled:
		case <-moment:
			waited = true
		case <-ctx.Done():
			return es.Batch{}, unavailable(ctx, nil)
		}
	}
}

// tryTake takes the batch if it need not wait for more; news tells that there is
// something in it.
func (in *intake) tryTake(waited bool) (_ es.Batch, ok, news bool, _ error) {
	in.mu.Lock()
	defer in.mu.Unlock()

	switch {
	case !in.news:
		return es.Batch{}, false, false, in.err
	case !waited && !in.live && in.err == nil && !in.full():
		return es.Batch{}, false, true, nil
	}
	batch := in.batch
	batch.CaughtUp = in.live && in.err == nil
	in.batch = es.Batch{Next: batch.Next}
	in.size, in.news = 0, false
	leave(in.taken)
	return batch, true, true, nil
}
