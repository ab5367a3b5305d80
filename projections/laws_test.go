package projections_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daybook/app/store/memory"
	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/projectiontest"
)

// chooser lets rapid make the choices of a history.
type chooser struct{ t *rapid.T }

func (c chooser) IntN(n int) int { return rapid.IntRange(0, n-1).Draw(c.t, "choice") }

// TestRebuiltEqualsGrown: however the batches fall, whether the store still
// yields what was cut, and whether the read models grew with the log or were
// made from it at once, the rows are the same.
func TestRebuiltEqualsGrown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New(memory.Options{})
		defer func() { _ = store.Close() }()
		log := projectiontest.New(rt, store)
		sizes := rapid.SliceOfN(rapid.IntRange(1, 9), 1, 9).Draw(rt, "sizes")
		i := 0
		size := func() int { i++; return sizes[i%len(sizes)] }

		grown := temporary(t, rt, projectiontest.Rebatched(store, size))
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			log.Step(chooser{rt})
			if rapid.IntRange(0, 20).Draw(rt, "restart") == 0 {
				grown.catchUp(log.Head)
			}
		}
		grown.catchUp(log.Head)

		atOnce := temporary(t, rt, store)
		atOnce.catchUp(log.Head)
		compareDumps(rt, "made at once", grown.dump(), atOnce.dump())

		scavenged := temporary(t, rt, projectiontest.Scavenged(store))
		scavenged.catchUp(log.Head)
		compareDumps(rt, "made from a scavenged store", grown.dump(), scavenged.dump())

		if err := grown.runner.Rebuild(context.Background(), func(_, _ es.Position) {}); err != nil {
			rt.Fatal(err)
		}
		compareDumps(rt, "rebuilt", atOnce.dump(), grown.dump())
	})
}

func compareDumps(t *rapid.T, how string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("read models %s differ (-grown +%s):\n%s", how, how, diff)
	}
}

// kept is a runner inside a rapid check.
type kept struct {
	t      *rapid.T
	runner *projections.Runner
}

func temporary(t *testing.T, rt *rapid.T, store es.Store) kept {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		rt.Fatal(err)
	}
	runner, err := projections.Open(context.Background(), config(dir, store))
	if err != nil {
		rt.Fatal(err)
	}
	rt.Cleanup(func() {
		if err := runner.Close(); err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(dir)
	})
	return kept{rt, runner}
}

// catchUp runs the runner until it is at a position.
func (k kept) catchUp(to es.Position) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- k.runner.Run(ctx) }()
	err := k.runner.WaitFor(context.Background(), to)
	cancel()
	if runErr := <-done; runErr != nil || err != nil {
		k.t.Fatal(runErr, err)
	}
}

func (k kept) dump() []string {
	var text strings.Builder
	if err := k.runner.Dump(context.Background(), &text); err != nil {
		k.t.Fatal(err)
	}
	return strings.Split(text.String(), "\n")
}

// TestCutRejections: of more rejections than are kept, the newest stay, in one
// batch or in many, and whether or not the store still yields the others.
func TestCutRejections(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	log := projectiontest.New(t, store)
	for i := range 2300 {
		log.At += 7
		log.Reject("development", "stripe", "signature_mismatch", 1+i%3)
	}
	var dumps []string
	for _, view := range []es.Store{
		store, projectiontest.Rebatched(store, func() int { return 37 }), projectiontest.Scavenged(store),
	} {
		runner := open(t, config(t.TempDir(), view))
		running(t, runner)
		waitForHead(t, runner, store)
		var text strings.Builder
		if err := runner.Dump(t.Context(), &text); err != nil {
			t.Fatal(err)
		}
		dumps = append(dumps, text.String())
		if n := strings.Count(text.String(), "eventlog_items position="); n != 1000 {
			t.Errorf("%d rejections are shown, 1000 are kept", n)
		}
		if !strings.Contains(text.String(), `number="2299"`) || strings.Contains(text.String(), `number="1299"`) {
			t.Error("it is not the newest rejections that are kept")
		}
	}
	if dumps[0] != dumps[1] || dumps[0] != dumps[2] {
		t.Error("the rows depend on the batches or on what the store yields")
	}
}
