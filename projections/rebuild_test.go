package projections_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/eventlog"
	"daybook/projections/projectiontest"
)

// TestUnfinishedRebuild: what a killed rebuild left behind is deleted.
func TestUnfinishedRebuild(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	receive(projectiontest.New(t, store), 0, 10)
	dir := t.TempDir()
	runner := open(t, config(dir, store))
	stop := running(t, runner)
	waitForHead(t, runner, store)
	stop()

	// A copy of the folder in the middle of a rebuild is what a kill leaves.
	killed := t.TempDir()
	copied := false
	err := runner.Rebuild(t.Context(), func(_, _ es.Position) {
		if !copied {
			copied = true
			copyFiles(t, dir, killed)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if found := strings.Join(files(t, killed), " "); found != "readmodel-1.db readmodel-2.db" {
		t.Fatalf("during the rebuild there were %s", found)
	}
	after := open(t, config(killed, store))
	if after.Applied() != runner.Applied() || count(t, after) != 10 {
		t.Errorf("after the kill the read models are at %d with %d items", after.Applied(), count(t, after))
	}
	if found := strings.Join(files(t, killed), " "); found != "readmodel-1.db" {
		t.Errorf("after the start there are %s", found)
	}
	if err := runner.Close(); err != nil {
		t.Fatal(err)
	}
	if found := strings.Join(files(t, dir), " "); found != "readmodel-2.db" {
		t.Errorf("after the rebuild there are %s", found)
	}
}

func copyFiles(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Error(err)
	}
}

// TestRebuildWhileServing: readers and writers go on, and notice nothing.
func TestRebuildWhileServing(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	log := projectiontest.New(t, store)
	receive(log, 0, 500)
	dir := t.TempDir()
	runner := open(t, config(dir, store))
	stop := running(t, runner)
	waitForHead(t, runner, store)

	var stopped atomic.Bool
	var others sync.WaitGroup
	for range 3 {
		others.Go(func() {
			for last := 0; !stopped.Load(); {
				n := count(t, runner)
				if n < 500 || n < last {
					t.Errorf("%d items are shown after %d", n, last)
				}
				last = n
			}
		})
	}
	others.Go(func() {
		for i := 0; !stopped.Load() && i < 2000; i++ {
			receive(log, 500+i, 1)
			waitForHead(t, runner, store)
		}
	})
	// A view that began before the swap keeps its picture.
	err := runner.View(t.Context(), func(v *projections.View) error {
		before := v.Applied
		for range 3 {
			if err := runner.Rebuild(t.Context(), func(_, _ es.Position) {}); err != nil {
				return err
			}
		}
		var checkpoint int64
		if err := v.Row(t.Context(), `SELECT checkpoint FROM readmodel`).Scan(&checkpoint); err != nil || es.Position(checkpoint) != before {
			t.Errorf("the picture moved from %d to %d (%v)", before, checkpoint, err)
		}
		return nil
	})
	stopped.Store(true)
	others.Wait()
	if err != nil {
		t.Fatal(err)
	}
	waitForHead(t, runner, store)
	grown := digestOf(t, runner)
	if err := runner.Rebuild(t.Context(), func(_, _ es.Position) {}); err != nil {
		t.Fatal(err)
	}
	if rebuilt := digestOf(t, runner); rebuilt != grown {
		t.Error("the rebuilt read models differ from the grown ones")
	}
	stop()
	if err := runner.Close(); err != nil {
		t.Fatal(err)
	}
	if found := strings.Join(files(t, dir), " "); found != "readmodel-5.db" {
		t.Errorf("files %s, want the newest one only", found)
	}
}

func TestRebuildOffline(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	receive(projectiontest.New(t, store), 0, 1200)
	runner := open(t, config(t.TempDir(), store))
	var done, total es.Position
	err := runner.Rebuild(t.Context(), func(d, n es.Position) {
		if d < done || d > n {
			t.Errorf("progress %d of %d after %d", d, n, done)
		}
		done, total = d, n
	})
	if err != nil || done != 1200 || total != 1200 {
		t.Fatalf("%d of %d done, %v", done, total, err)
	}
	if n := count(t, runner); n != 1200 {
		t.Errorf("%d items, want 1200", n)
	}
}

// TestRebuildFails: the old file stays, and nothing of the new one.
func TestRebuildFails(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	receive(projectiontest.New(t, store), 0, 1200)
	dir := t.TempDir()
	runner := open(t, config(dir, store))
	stop := running(t, runner)
	waitForHead(t, runner, store)
	stop()
	ctx, cancel := context.WithCancel(t.Context())
	err := runner.Rebuild(ctx, func(_, _ es.Position) {
		if err := runner.Rebuild(ctx, func(_, _ es.Position) {}); !errors.Is(err, projections.ErrRebuilding) {
			t.Errorf("a second rebuild: %v, want ErrRebuilding", err)
		}
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Rebuild: %v, want %v", err, context.Canceled)
	}
	if found := strings.Join(files(t, dir), " "); found != "readmodel-1.db" {
		t.Errorf("files %s", found)
	}
	if n := count(t, runner); n != 1200 {
		t.Errorf("%d items, want 1200", n)
	}
}

type gated struct {
	es.Store
	subscribed atomic.Int64
	gate       chan struct{}
}

func (s *gated) Subscribe(ctx context.Context, from es.Position, filter es.Filter) iter.Seq2[es.Batch, error] {
	if s.subscribed.Add(1) > 1 {
		return s.Store.Subscribe(ctx, from, filter)
	}
	return func(yield func(es.Batch, error) bool) {
		<-s.gate
		s.Store.Subscribe(ctx, from, filter)(yield)
	}
}

// TestSwapAheadOfRun: a rebuild overtakes Run, whose next batch begins with
// events that are in the new file already.
func TestSwapAheadOfRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &gated{Store: newStore(t), gate: make(chan struct{})}
		log := projectiontest.New(t, store)
		deliver := func() { log.Receive(ref(0), "invoice.paid", "in_1") }
		deliver()
		deliver()
		runner := open(t, config(t.TempDir(), store))
		running(t, runner)
		synctest.Wait() // Run has subscribed from the start
		if err := runner.Rebuild(t.Context(), func(_, _ es.Position) {}); err != nil {
			t.Fatal(err)
		}
		deliver()
		close(store.gate)
		waitForHead(t, runner, store)
		item, err := eventlog.New(runner).Get(t.Context(), ref(0).ID())
		if err != nil || item.Deliveries != 3 {
			t.Errorf("%d deliveries, want 3 (%v)", item.Deliveries, err)
		}
	})
}
