// Package rebuild makes the read models anew while the old ones serve, as one
// piece of work at a time that can be watched.
package rebuild

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"daybook/app/longwork"
	"daybook/domain/es"
	"daybook/projections"
)

// ErrRunning says that a rebuild is under way.
var ErrRunning = &es.Refusal{Code: es.Exists, Message: "a rebuild is under way; wait until it is done"}

// Rebuilder rebuilds the read models of a runner.
type Rebuilder struct {
	runner *projections.Runner
	logger *slog.Logger
	bench  *longwork.Bench
}

// New returns a Rebuilder.
func New(runner *projections.Runner, now func() time.Time, logger *slog.Logger) *Rebuilder {
	return &Rebuilder{runner: runner, logger: logger, bench: longwork.New(now)}
}

// Start begins a rebuild, whose progress counts the log that was read, by
// position. It returns [ErrRunning] if one is under way.
func (r *Rebuilder) Start() (longwork.Work, error) {
	work, ok := r.bench.Start(r.rebuild)
	if !ok {
		return longwork.Work{}, ErrRunning
	}
	return work, nil
}

func (r *Rebuilder) rebuild(ctx context.Context, report longwork.Report) error {
	err := r.runner.Rebuild(ctx, func(done, total es.Position) {
		report(longwork.Progress{Done: uint64(done), Total: uint64(total)}, nil)
	})
	if err == nil {
		return nil
	}
	if ctx.Err() == nil {
		r.logger.Error("rebuild the read models", "error", err)
	}
	return fmt.Errorf("the read models were not rebuilt, the old ones serve on: %w", err)
}

// Get returns a rebuild by its id.
func (r *Rebuilder) Get(id string) (longwork.Work, bool) { return r.bench.Get(id) }

// Last returns the rebuild that was begun last, if there was one.
func (r *Rebuilder) Last() (longwork.Work, bool) { return r.bench.Last() }

// Close cancels a rebuild under way and waits for its end.
func (r *Rebuilder) Close() { r.bench.Close() }
