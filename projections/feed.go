package projections

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"time"

	"daybook/domain/es"
)

// batch is an es.Batch, decoded.
type batch struct {
	events   []Event
	next     es.Position
	caughtUp bool
}

// feed yields the log after from, decoded. The next batch is read and decoded
// while the caller deals with the last one. It follows all streams: so the
// checkpoint is a position that can be compared with the head of the log, and
// waited for, whatever was appended there.
func (r *Runner) feed(ctx context.Context, from es.Position) iter.Seq2[batch, error] {
	return func(yield func(batch, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		decoded := make(chan result)
		var reader sync.WaitGroup
		reader.Go(func() { r.read(ctx, from, decoded) })
		defer reader.Wait()
		defer cancel()
		for next := range decoded {
			if !yield(next.batch, next.err) || next.err != nil {
				return
			}
		}
	}
}

type result struct {
	batch batch
	err   error
}

// pace is how long after a batch the next one is read, once the log is caught
// up with and unless somebody waits. What follows a webhook follows within
// moments: together in one batch it costs little more than the webhook alone.
const pace = 50 * time.Millisecond

// read sends what the subscription yields until it ends, and closes decoded.
func (r *Runner) read(ctx context.Context, from es.Position, decoded chan<- result) {
	defer close(decoded)
	warned := map[string]bool{}
	for stored, err := range r.config.Store.Subscribe(ctx, from, es.Filter{}) {
		next := result{err: err}
		if err == nil {
			next.batch = r.decode(stored, warned)
		}
		select {
		case decoded <- next:
		case <-ctx.Done():
			return
		}
		if stored.CaughtUp {
			r.pause(ctx)
		}
	}
}

// pause lasts for pace, until somebody waits, or until ctx ends.
func (r *Runner) pause(ctx context.Context) {
	timer := time.NewTimer(pace)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.hurry:
	case <-ctx.Done():
	}
}

// decode decodes a batch. What cannot be decoded is counted, and logged once
// for each type: a log of another version may be full of it.
func (r *Runner) decode(stored es.Batch, warned map[string]bool) batch {
	b := batch{events: make([]Event, len(stored.Events)), next: stored.Next, caughtUp: stored.CaughtUp}
	for i, recorded := range stored.Events {
		event, err := r.decoder.decode(recorded)
		if err != nil {
			r.skipped.Add(1)
			if !warned[recorded.Type] {
				warned[recorded.Type] = true
				r.config.Logger.Warn("an event cannot be decoded and is left out of the read models; further ones of its type are only counted",
					slog.String("type", recorded.Type), slog.String("stream", string(recorded.Stream)), slog.Any("error", err))
			}
		}
		b.events[i] = event
	}
	return b
}
