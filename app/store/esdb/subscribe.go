package esdb

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"daybook/domain/es"
)

// Subscribe is described by the port. A subscription that is cut off begins
// again, on whatever connection there is, after the last batch that was yielded;
// the caller notices nothing but that it is not caught up for a while.
func (s *Store) Subscribe(ctx context.Context, from es.Position, filter es.Filter) iter.Seq2[es.Batch, error] {
	if slices.Contains(filter.StreamPrefixes, "") { // it selects all
		filter = es.Filter{}
	}
	return func(yield func(es.Batch, error) bool) {
		f := &follower{connections: s.connections, filter: filter, next: from}
		for {
			stopped, err := f.follow(ctx, yield)
			if stopped {
				return
			}
			if errors.Is(err, errAgain) {
				err = s.connections.pause(ctx, f.failed, err)
			}
			if err != nil {
				yield(es.Batch{}, fmt.Errorf("subscribe: %w", err))
				return
			}
		}
	}
}

// follower is a subscription over its connections.
type follower struct {
	*connections
	filter es.Filter
	next   es.Position // where it goes on
	failed int         // connections in a row that brought nothing
}

// follow yields batches until its connection is of no more use, or the caller
// stops.
func (f *follower) follow(ctx context.Context, yield func(es.Batch, error) bool) (stopped bool, err error) {
	f.failed++
	in, end, err := f.begin(ctx)
	if err != nil {
		return false, err
	}
	defer end()
	for {
		batch, err := in.take(ctx)
		if err != nil {
			return false, err
		}
		if !yield(batch, nil) {
			return true, nil
		}
		f.next, f.failed = batch.Next, 0
	}
}

// begin subscribes. What the subscription says gathers in the intake, until end
// is called.
func (f *follower) begin(ctx context.Context) (_ *intake, end func(), _ error) {
	head, at, err := f.head(ctx)
	if err != nil {
		return nil, nil, err
	}
	if f.next == es.End {
		f.next = head
	}
	c, err := f.acquire(ctx)
	if err != nil {
		return nil, nil, err
	}
	if c != at { // another node may not be as far
		f.release(c)
		return nil, nil, fmt.Errorf("%w: the connection was lost", errAgain)
	}
	if len(f.filter.StreamPrefixes) == 0 {
		head = es.Start // nothing is left out: the events themselves say how far it is
	}
	in := &intake{
		filter: f.filter,
		head:   head,
		gather: f.timing.gather,
		batch:  es.Batch{Next: f.next},
		filled: make(chan struct{}, 1),
		taken:  make(chan struct{}, 1),
	}
	slow := time.AfterFunc(f.timing.attempt, func() {
		f.giveUp(c)
		in.fail(fmt.Errorf("%w within %v", errAgain, f.timing.attempt))
	})
	used, cancel := c.while(ctx)
	in.over, in.onConfirmed = used.Done(), func() { slow.Stop() }
	next := f.next
	go func() {
		err := c.client.subscribe(used, next, f.filter, in)
		slow.Stop()
		f.release(c)
		in.fail(f.conclude(ctx, c, err))
	}()
	return in, cancel, nil
}

// head returns what is stored by now at the node of a connection. It lies before
// the moment at which that node will say that the subscription caught up, so
// there it need not say how far that is.
func (f *follower) head(ctx context.Context) (es.Position, *connection, error) {
	var at *connection
	p, err := attempt(ctx, f.connections, func(ctx context.Context, c *connection) (page, error) {
		at = c
		return c.client.readAll(ctx, es.End, es.Backward, 1)
	})
	if err != nil {
		return es.Start, nil, err // at may be written yet
	}
	if len(p.events) == 0 {
		return es.Start, at, nil
	}
	return p.events[0].Position, at, nil
}
