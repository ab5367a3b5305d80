// Package readmodel says which projections a Daybook keeps, and where.
package readmodel

import (
	"context"
	"log/slog"
	"path/filepath"

	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/actions"
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
			eventlog.Projection(), directory.Projection(), worklist.Projection(), actions.Projection(), streams.Projection(),
		},
		Logger: logger,
	})
}
