package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"daybook/app/metrics"
	"daybook/domain/es"
	"daybook/domain/rejection"
)

const (
	// maxWaiting is the number of rejections that wait to be recorded.
	maxWaiting = 1024
	// maxTallies is the number of sources and causes that are told apart.
	maxTallies = 10_000
	// rejectionTimeout is how long the store may take for one.
	rejectionTimeout = 2 * time.Second
)

// rejections brings refused requests into the log, beside answering them: the
// first of a source and cause in each second, the others as a number.
type rejections struct {
	store    es.Store
	codec    es.Codec[rejection.Event]
	metrics  *metrics.Ingest
	logger   *slog.Logger
	instance string
	waiting  chan rejected

	mu      sync.Mutex
	tallies map[tallyKey]*tally

	// Only the goroutine that records uses these.
	bounded map[es.Stream]bool // streams that are known to keep only so many
	trouble rate.Sometimes
}

// rejected is one refused request.
type rejected struct {
	place   place
	at      es.Time
	request rejection.RequestRejected
}

type tallyKey struct {
	place
	cause string
}

// tally counts the rejections of one source and cause.
type tally struct {
	second  int64
	each    int // in this second
	counted int // not recorded each for itself, and not yet as a number
	firstAt es.Time
	lastAt  es.Time
}

func newRejections(c Config) *rejections {
	return &rejections{
		store:    c.Store,
		codec:    rejection.Codec(),
		metrics:  c.Metrics,
		logger:   c.Logger,
		instance: c.Instance,
		waiting:  make(chan rejected, maxWaiting),
		tallies:  map[tallyKey]*tally{},
		bounded:  map[es.Stream]bool{},
		trouble:  rate.Sometimes{Interval: time.Second},
	}
}

// add takes a rejection. It never blocks. What is costly to find out, detail
// adds only if this one is recorded for itself.
func (r *rejections) add(e rejected, detail func(*rejection.RequestRejected)) {
	if r.count(e) {
		return
	}
	detail(&e.request)
	select {
	case r.waiting <- e:
	default:
		r.metrics.RejectionsDropped(1)
	}
}

// count reports whether a rejection is one too many in its second, and then
// counts it.
func (r *rejections) count(e rejected) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := tallyKey{e.place, e.request.Cause}
	t, ok := r.tallies[key]
	if !ok {
		if len(r.tallies) >= maxTallies {
			return false // it is bounded by what can wait
		}
		t = &tally{}
		r.tallies[key] = t
	}
	if second := int64(e.at) / 1000; second != t.second {
		t.second, t.each = second, 0
	}
	if t.each < rejection.EachPerSecond {
		t.each++
		return false
	}
	if t.counted == 0 {
		t.firstAt = e.at
	}
	t.counted++
	t.lastAt = e.at
	return true
}

// record appends one rejection.
func (r *rejections) record(ctx context.Context, e rejected) {
	if r.append(ctx, e.place, e.at, e.request) {
		r.metrics.RejectionsRecorded(1)
	} else {
		r.metrics.RejectionsDropped(1)
	}
}

// recordCounts appends what was counted since the last time.
func (r *rejections) recordCounts(ctx context.Context, now es.Time) {
	for key, t := range r.take(now) {
		counted := rejection.RejectionsCounted{
			Cause: key.cause, N: t.counted, FirstAt: t.firstAt, LastAt: t.lastAt, Instance: r.instance,
		}
		if r.append(ctx, key.place, t.lastAt, counted) {
			r.metrics.RejectionsCounted(t.counted)
		} else {
			r.metrics.RejectionsDropped(t.counted)
		}
	}
}

// drop gives up what still waits.
func (r *rejections) drop() {
	for range len(r.waiting) {
		<-r.waiting
		r.metrics.RejectionsDropped(1)
	}
}

// take returns the counts that are to be recorded, and forgets the tallies of
// seconds that are over.
func (r *rejections) take(now es.Time) map[tallyKey]tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	due := map[tallyKey]tally{}
	for key, t := range r.tallies {
		if t.counted > 0 {
			due[key] = *t
			t.counted = 0
		}
		if t.second != int64(now)/1000 {
			delete(r.tallies, key)
		}
	}
	return due
}

// append appends to the rejections of a source, and reports whether that was done.
func (r *rejections) append(ctx context.Context, at place, when es.Time, event rejection.Event) bool {
	ctx, cancel := context.WithTimeout(ctx, rejectionTimeout)
	defer cancel()
	stream := rejection.Ref{Environment: at.environment, Source: at.source}.Stream()
	err := r.keepNewest(ctx, stream)
	if err == nil {
		err = r.appendTo(ctx, stream, when, event)
	}
	if err != nil {
		r.trouble.Do(func() {
			r.logger.Warn("a rejection was not recorded", "stream", stream, "error", err)
		})
	}
	return err == nil
}

func (r *rejections) appendTo(ctx context.Context, stream es.Stream, when es.Time, event rejection.Event) error {
	encoded, err := r.codec.Encode(event, es.Metadata{At: when})
	if err != nil {
		return err
	}
	if encoded.ID, err = uuid.NewV7(); err != nil {
		return fmt.Errorf("make event id: %w", err)
	}
	_, err = r.store.Append(ctx, stream, es.Any(), encoded)
	return err
}

// keepNewest sees to it that a stream keeps its newest rejections only. A
// retention that somebody else set stays.
func (r *rejections) keepNewest(ctx context.Context, stream es.Stream) error {
	if r.bounded[stream] {
		return nil
	}
	data, err := json.Marshal(es.Retention{MaxCount: rejection.Kept})
	if err != nil {
		return fmt.Errorf("encode retention: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make event id: %w", err)
	}
	event := es.Event{ID: id, Type: es.TypeMetadata, Data: data, Metadata: []byte("{}")}
	_, err = r.store.Append(ctx, stream.Metadata(), es.NoStream(), event)
	if err != nil && !errors.Is(err, es.ErrConflict) {
		return fmt.Errorf("bound %s: %w", stream, err)
	}
	r.bounded[stream] = true
	return nil
}
