// Package rebuild makes the read models anew while the old ones serve, as one
// piece of work at a time that can be watched.
package rebuild

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"daybook/domain/es"
	"daybook/projections"
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
	Totals     any      `json:"totals"` // null: a rebuild has none
	Error      *string  `json:"error"`
	StartedAt  es.Time  `json:"started_at"`
	FinishedAt es.Time  `json:"finished_at"`
}

// Progress counts the log that was read, by position.
type Progress struct {
	Done  uint64 `json:"done"`
	Total uint64 `json:"total"`
}

// ErrRunning says that a rebuild is under way.
var ErrRunning = &es.Refusal{Code: es.Exists, Message: "a rebuild is under way; wait until it is done"}

// Rebuilder rebuilds the read models of a runner.
type Rebuilder struct {
	runner *projections.Runner
	now    func() time.Time
	logger *slog.Logger

	mu     sync.Mutex
	work   *Work // the last one, nil if there was none
	cancel context.CancelFunc
	group  sync.WaitGroup
}

// New returns a Rebuilder.
func New(runner *projections.Runner, now func() time.Time, logger *slog.Logger) *Rebuilder {
	return &Rebuilder{runner: runner, now: now, logger: logger, cancel: func() {}}
}

// Start begins a rebuild. It returns [ErrRunning] if one is under way.
func (r *Rebuilder) Start() (Work, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.work != nil && r.work.Status == Running {
		return Work{}, ErrRunning
	}
	ctx, cancel := context.WithCancel(context.Background()) // it outlives the request that began it
	r.cancel = cancel
	r.work = &Work{ID: uuid.NewString(), Status: Running, StartedAt: es.TimeOf(r.now())}
	r.group.Go(func() {
		defer cancel()
		r.finish(ctx, r.runner.Rebuild(ctx, r.progress))
	})
	return *r.work, nil
}

func (r *Rebuilder) progress(done, total es.Position) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.work.Progress = Progress{uint64(done), uint64(total)}
}

func (r *Rebuilder) finish(ctx context.Context, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.work.FinishedAt = es.TimeOf(r.now())
	switch {
	case err == nil:
		r.work.Status = Done
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		r.work.Status = Cancelled
	default:
		text := fmt.Sprintf("the read models were not rebuilt, the old ones serve on: %s", err)
		r.work.Status, r.work.Error = Failed, &text
		r.logger.Error("rebuild the read models", "error", err)
	}
}

// Get returns a rebuild by its id.
func (r *Rebuilder) Get(id string) (Work, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.work == nil || r.work.ID != id {
		return Work{}, false
	}
	return *r.work, true
}

// Last returns the rebuild that was begun last, if there was one.
func (r *Rebuilder) Last() (Work, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.work == nil {
		return Work{}, false
	}
	return *r.work, true
}

// Close cancels a rebuild under way and waits for its end.
func (r *Rebuilder) Close() {
	r.mu.Lock()
	r.cancel()
	r.mu.Unlock()
	r.group.Wait()
}
