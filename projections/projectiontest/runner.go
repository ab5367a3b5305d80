package projectiontest

import (
	"context"
	"log/slog"
	"os"

	"daybook/domain/es"
	"daybook/projections"
)

// Runner runs projections over a store, in a folder of the test, until its end.
func Runner(tb TB, store es.Store, kept ...projections.Projection) *projections.Runner {
	tb.Helper()
	dir, err := os.MkdirTemp("", "daybook-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	runner, err := projections.Open(context.Background(), projections.Config{
		Dir: dir, Store: store, LogID: "log-1", Projections: kept, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Error(err)
		}
		if err := runner.Close(); err != nil {
			tb.Error(err)
		}
	})
	return runner
}

// WaitFor waits until the log is in the read models.
func (l *Log) WaitFor(runner *projections.Runner) {
	l.tb.Helper()
	if err := runner.WaitFor(context.Background(), l.Head); err != nil {
		l.tb.Fatal(err)
	}
}
