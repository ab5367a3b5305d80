// Package readmodel says which projections a Daybook keeps, and where.
package readmodel

import (
	"context"
	"log/slog"
	"path/filepath"

	"daybook/app/worker"
	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/directory"
	"daybook/projections/eventlog"
	"daybook/projections/streams"
	"daybook/projections/worklist"
)

// Open opens the read models in a data directory.
func Open(ctx context.Context, data string, store es.Store, logID string, logger *slog.Logger) (*projections.Runner, error) {
	return projections.Open(ctx, projections.Config{
		Dir:   filepath.Join(data, "readmodels"),
		Store: store,
		LogID: logID,
		Projections: []projections.Projection{
			eventlog.Projection(), directory.Projection(), worklist.Projection(), streams.Projection(),
		},
		Logger: logger,
	})
}

// Worklist is the worklist as the worker wants it.
type Worklist struct {
	Runner *projections.Runner
	List   *worklist.List
}

var _ worker.Worklist = Worklist{}

// Pending returns what is to be done, the oldest first.
func (w Worklist) Pending(ctx context.Context, after es.Position, limit int) ([]worker.Pending, error) {
	entries, err := w.List.Pending(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	pending := make([]worker.Pending, len(entries))
	for i, e := range entries {
		pending[i] = worker.Pending{Ref: e.Ref, Position: e.Position, Revision: e.Progress}
		if c := e.Claim; c != nil {
			pending[i].Claim = &worker.PendingClaim{Revision: c.Revision, Instance: c.Instance, Start: c.Start, Lease: c.Lease()}
		}
	}
	return pending, nil
}

// Changed returns a channel that is closed when the projection has moved.
func (w Worklist) Changed() <-chan struct{} { return w.Runner.Changed() }
