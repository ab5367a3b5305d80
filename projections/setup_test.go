package projections_test

import (
	"context"
	"log/slog"
	"testing"

	"daybook/app/store/memory"
	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/actions"
	"daybook/projections/directory"
	"daybook/projections/eventlog"
	"daybook/projections/worklist"
)

// all are the projections of Daybook.
func all() []projections.Projection {
	return []projections.Projection{eventlog.Projection(), directory.Projection(), worklist.Projection(), actions.Projection()}
}

func config(dir string, store es.Store) projections.Config {
	return projections.Config{
		Dir: dir, Store: store, LogID: "log-1", Projections: all(), Logger: slog.New(slog.DiscardHandler),
	}
}

func newStore(tb testing.TB) es.Store {
	tb.Helper()
	store := memory.New(memory.Options{})
	tb.Cleanup(func() { _ = store.Close() })
	return store
}

// open opens read models and closes them at the end of the test.
func open(tb testing.TB, c projections.Config) *projections.Runner {
	tb.Helper()
	runner, err := projections.Open(context.Background(), c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := runner.Close(); err != nil {
			tb.Error(err)
		}
	})
	return runner
}

// running runs a runner until the end of the test, or until stop is called.
func running(tb testing.TB, runner *projections.Runner) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			tb.Errorf("Run: %v", err)
		}
	}
	tb.Cleanup(stop)
	return stop
}

// waitForHead waits until the whole log is in the read models.
func waitForHead(tb testing.TB, runner *projections.Runner, store es.Store) {
	tb.Helper()
	head, err := store.Head(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	if err := runner.WaitFor(context.Background(), head); err != nil {
		tb.Fatal(err)
	}
}

// digestOf returns the digest of what a runner shows.
func digestOf(tb testing.TB, runner *projections.Runner) string {
	tb.Helper()
	digest, err := runner.Digest(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	return digest
}
