// Package longwork is work that outlives the request that begins it: one piece
// at a time of each kind, which can be watched, and is remembered until the next
// begins. It is known to the instance that does it, and to no other.
package longwork

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// Status is where a piece of long work stands.
type Status string

// The statuses of long work.
const (
	Running   Status = "running"
	Done      Status = "done"
	Failed    Status = "failed"
	Cancelled Status = "cancelled"
)

// Work is a piece of long work, in the API's shape.
type Work struct {
	ID         string   `json:"id"`
	Status     Status   `json:"status"`
	Progress   Progress `json:"progress"`
	Totals     any      `json:"totals"` // what it came to so far; null where that is nothing to count
	Error      *string  `json:"error"`
	StartedAt  es.Time  `json:"started_at"`
	FinishedAt es.Time  `json:"finished_at"`
}

// Progress is how much of the work is done, in whatever it counts.
type Progress struct {
	Done  uint64 `json:"done"`
	Total uint64 `json:"total"`
}

// Report says how far a piece of work is.
type Report func(p Progress, totals any)

// Bench has room for one piece of work at a time. Make one with [New].
type Bench struct {
	now func() time.Time

	mu     sync.Mutex
	work   *Work // the last one, nil if there was none
	cancel context.CancelFunc
	group  sync.WaitGroup
}

// New returns an empty bench.
func New(now func() time.Time) *Bench { return &Bench{now: now, cancel: func() {}} }

// Start begins a piece of work. What do returns is for people to read. Ok is
// false if one is under way.
func (b *Bench) Start(do func(context.Context, Report) error) (w Work, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.work != nil && b.work.Status == Running {
		return Work{}, false
	}
	ctx, cancel := context.WithCancel(context.Background()) // it outlives the request that began it
	b.cancel = cancel
	b.work = &Work{ID: uuid.NewString(), Status: Running, StartedAt: es.TimeOf(b.now())}
	b.group.Go(func() {
		defer cancel()
		b.finish(ctx, do(ctx, b.report))
	})
	return *b.work, true
}

func (b *Bench) report(p Progress, totals any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.work.Progress, b.work.Totals = p, totals
}

func (b *Bench) finish(ctx context.Context, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.work.FinishedAt = es.TimeOf(b.now())
	switch {
	case err == nil:
		b.work.Status = Done
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		b.work.Status = Cancelled
	default:
		text := err.Error()
		b.work.Status, b.work.Error = Failed, &text
	}
}

// Get returns a piece of work by its id, if it is the last one.
func (b *Bench) Get(id string) (Work, bool) {
	w, ok := b.Last()
	return w, ok && w.ID == id
}

// Last returns the piece of work that was begun last, if there was one.
func (b *Bench) Last() (Work, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.work == nil {
		return Work{}, false
	}
	return *b.work, true
}

// Close cancels what is under way and waits for its end.
func (b *Bench) Close() {
	b.mu.Lock()
	b.cancel()
	b.mu.Unlock()
	b.group.Wait()
}
