package projections_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections"
	"daybook/projections/eventlog"
	"daybook/projections/projectiontest"
)

func ref(i int) webhook.Ref {
	return webhook.Ref{Environment: "development", Source: "stripe", Key: fmt.Sprintf("evt_%d", i), Generation: 1}
}

// receive records n more webhooks, from the i-th on.
func receive(log *projectiontest.Log, i, n int) {
	for ; n > 0; n-- {
		log.At += 1000
		log.Receive(ref(i), "invoice.paid", "in_1")
		i++
	}
}

func count(t *testing.T, runner *projections.Runner) int {
	t.Helper()
	page, err := eventlog.New(runner).List(context.Background(), eventlog.Filter{}, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	return page.Total
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	return found
}

func TestReadYourOwnWrites(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	log := projectiontest.New(t, store)
	runner := open(t, config(t.TempDir(), store))
	running(t, runner)
	for i := range 50 {
		receive(log, i, 1)
		if err := runner.WaitFor(t.Context(), log.Head); err != nil {
			t.Fatal(err)
		}
		if n := count(t, runner); n != i+1 {
			t.Fatalf("after the write %d items are shown, want %d", n, i+1)
		}
	}
	// An event that no projection has a use for counts all the same.
	appended := log.Append("person-1", es.Event{Type: "SomebodyDidSomething", Data: []byte("{}"), Metadata: []byte("{}")})
	if err := runner.WaitFor(t.Context(), appended.Position); err != nil {
		t.Fatal(err)
	}
	if n := runner.Skipped(); n != 0 {
		t.Errorf("%d events skipped, want 0", n)
	}
}

func TestWaitForEndsWithItsContext(t *testing.T) {
	t.Parallel()
	runner := open(t, config(t.TempDir(), newStore(t)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := runner.WaitFor(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("WaitFor: %v, want %v", err, context.Canceled)
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	runner := open(t, config(t.TempDir(), newStore(t)))
	waiting := make(chan error)
	go func() { waiting <- runner.WaitFor(context.Background(), 1) }()
	if err := runner.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; !errors.Is(err, projections.ErrClosed) {
		t.Errorf("WaitFor: %v, want ErrClosed", err)
	}
	if err := runner.View(t.Context(), func(*projections.View) error { return nil }); !errors.Is(err, projections.ErrClosed) {
		t.Errorf("View: %v, want ErrClosed", err)
	}
	if err := runner.Rebuild(t.Context(), func(_, _ es.Position) {}); !errors.Is(err, projections.ErrClosed) {
		t.Errorf("Rebuild: %v, want ErrClosed", err)
	}
	if err := runner.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

// TestChanged: who takes the channel, then asks, then waits, misses nothing.
func TestChanged(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	log := projectiontest.New(t, store)
	runner := open(t, config(t.TempDir(), store))
	running(t, runner)
	const webhooks = 300
	go func() { receive(log, 0, webhooks) }()
	for {
		changed := runner.Changed()
		if count(t, runner) == webhooks {
			return
		}
		<-changed
	}
}

// TestRestart: a file that fits is gone on with; one that does not is made anew.
func TestRestart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		alter func(c *projections.Config, dir string)
		anew  bool
	}{
		"the same":        {func(*projections.Config, string) {}, false},
		"another log":     {func(c *projections.Config, _ string) { c.LogID = "log-2" }, true},
		"another version": {func(c *projections.Config, _ string) { c.Projections[0].Version++ }, true},
		"one more projection": {func(c *projections.Config, _ string) {
			more := c.Projections[2]
			more.Name, more.Schema = "more", ""
			c.Projections = append(c.Projections, more)
		}, true},
		"a shorter log":            {func(c *projections.Config, _ string) { c.Store = headless{c.Store} }, true},
		"the log in another store": {func(c *projections.Config, _ string) { c.Store = moved(t, c.Store) }, true},
		"not a database": {func(_ *projections.Config, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "readmodel-1.db"), bytes.Repeat([]byte("no database "), 9000), 0o600); err != nil {
				t.Error(err)
			}
		}, true},
		"an empty file": {func(_ *projections.Config, dir string) {
			if err := os.Truncate(filepath.Join(dir, "readmodel-1.db"), 0); err != nil {
				t.Error(err)
			}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newStore(t)
			receive(projectiontest.New(t, store), 0, 10)
			dir := t.TempDir()
			first := open(t, config(dir, store))
			stop := running(t, first)
			waitForHead(t, first, store)
			stop()
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}

			changed := config(dir, store)
			c.alter(&changed, dir)
			second := open(t, changed)
			if anew := second.Applied() == es.Start; anew != c.anew {
				t.Errorf("begins at %d; made anew: %t, want %t", second.Applied(), anew, c.anew)
			}
			if name == "a shorter log" {
				return // its store cannot be followed
			}
			running(t, second)
			waitForHead(t, second, changed.Store)
			if n := count(t, second); n != 10 {
				t.Errorf("%d items, want 10", n)
			}
			if found := files(t, dir); len(found) != 1 {
				t.Errorf("files %v, want one", found)
			}
		})
	}
}

// moved returns another store with the same log, where all of it stands one
// position further on.
func moved(t *testing.T, from es.Store) es.Store {
	t.Helper()
	to := newStore(t)
	events := []es.Recorded{{Stream: "$settings", Event: es.Event{ID: uuid.New(), Type: "$settings"}}}
	for e, err := range from.ReadAll(t.Context(), es.Start, es.Forward) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	for _, e := range events {
		if _, err := to.Append(t.Context(), e.Stream, es.Any(), e.Event); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// headless is a store whose log ends before everything.
type headless struct{ es.Store }

func (headless) Head(context.Context) (es.Position, error) { return 3, nil }

// TestUndecodable: events of a later version stop nothing, and are counted.
func TestUndecodable(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	log := projectiontest.New(t, store)
	receive(log, 0, 2)
	for range 3 {
		log.Append(ref(0).Stream(), es.Event{Type: "WebhookAdmired", Data: []byte(`{}`), Metadata: []byte(`{"schema":1}`)})
	}
	log.Append(ref(0).Stream(), es.Event{Type: webhook.TypeActionsPlanned, Data: []byte(`{}`), Metadata: []byte(`{"schema":99}`)})
	log.Append(ref(0).Stream(), es.Event{Type: webhook.TypeActionsPlanned, Data: []byte(`{`), Metadata: []byte(`{"schema":1}`)})
	log.Append(ref(0).Stream(), es.Event{Type: webhook.TypeActionsPlanned, Data: []byte(`{}`), Metadata: []byte(`no JSON`)})
	log.Append("webhook-nonsense", es.Event{Type: webhook.TypeActionsPlanned, Data: []byte(`{}`), Metadata: []byte(`{}`)})
	log.Append("rejection-nonsense", es.Event{Type: "RequestRejected", Data: []byte(`{}`), Metadata: []byte(`{}`)})
	receive(log, 2, 2)

	var text bytes.Buffer
	c := config(t.TempDir(), store)
	c.Logger = slog.New(slog.NewTextHandler(&text, nil))
	runner := open(t, c)
	stop := running(t, runner)
	waitForHead(t, runner, store)
	stop()
	if n := count(t, runner); n != 4 {
		t.Errorf("%d items, want 4", n)
	}
	if n := runner.Skipped(); n != 8 {
		t.Errorf("%d events skipped, want 8", n)
	}
	if n := strings.Count(text.String(), "WebhookAdmired"); n != 2 { // the type, and in the error
		t.Errorf("three events of one type are named %d times:\n%s", n, text.String())
	}
}

// flaky is a store that is not available for some subscriptions.
type flaky struct {
	es.Store
	failures atomic.Int64
	err      error
}

func (s *flaky) Subscribe(ctx context.Context, from es.Position, filter es.Filter) iter.Seq2[es.Batch, error] {
	if s.failures.Add(-1) >= 0 {
		return func(yield func(es.Batch, error) bool) { yield(es.Batch{}, fmt.Errorf("subscribe: %w", s.err)) }
	}
	return s.Store.Subscribe(ctx, from, filter)
}

func TestUnavailableStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &flaky{Store: newStore(t), err: es.ErrUnavailable}
		store.failures.Store(12)
		receive(projectiontest.New(t, store), 0, 5)
		runner := open(t, config(t.TempDir(), store))
		began := time.Now()
		running(t, runner)
		waitForHead(t, runner, store)
		if waited := time.Since(began); waited < 20*time.Second || waited > time.Minute {
			t.Errorf("twelve failures took %s: the waits should grow, to five seconds", waited)
		}
	})
}

func TestBrokenStore(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is on fire")
	store := &flaky{Store: newStore(t), err: broken}
	store.failures.Store(1)
	runner := open(t, config(t.TempDir(), store))
	if err := runner.Run(t.Context()); !errors.Is(err, broken) {
		t.Errorf("Run: %v, want %v", err, broken)
	}
}

// TestRefusedBatch: a batch that the file does not take is tried again, whole;
// after several times Run ends with the reason.
func TestRefusedBatch(t *testing.T) {
	t.Parallel()
	for name, failures := range map[string]int{"for a while": 4, "for ever": 1 << 30} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				full := errors.New("database or disk is full")
				store := newStore(t)
				receive(projectiontest.New(t, store), 0, 5)
				c := config(t.TempDir(), store)
				// The last one fails, after the others have written.
				c.Projections = append(c.Projections, projections.Projection{
					Name: "failing", Version: 1,
					Prepare: func(context.Context, projections.Preparer) (projections.Apply, error) {
						left := failures
						return func(context.Context, []projections.Event) error {
							if left--; left >= 0 {
								return full
							}
							return nil
						}, nil
					},
				})
				runner := open(t, c)
				if failures > 100 {
					if err := runner.Run(t.Context()); !errors.Is(err, full) {
						t.Errorf("Run: %v, want %v", err, full)
					}
					if n := count(t, runner); n != 0 {
						t.Errorf("%d items of a batch that was refused", n)
					}
					return
				}
				running(t, runner)
				waitForHead(t, runner, store)
				if n := count(t, runner); n != 5 {
					t.Errorf("%d items, want 5", n)
				}
			})
		})
	}
}

func TestLag(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	log := projectiontest.New(t, store)
	log.At = es.TimeOf(time.Now().Add(-time.Hour))
	receive(log, 0, 3)
	runner := open(t, config(t.TempDir(), store))
	lag, err := runner.Lag(t.Context())
	if err != nil || lag.Applied != 0 || lag.Head != 3 || lag.Behind < 59*time.Minute || lag.Behind > 61*time.Minute {
		t.Errorf("before: %+v, %v; want an hour behind", lag, err)
	}
	running(t, runner)
	waitForHead(t, runner, store)
	lag, err = runner.Lag(t.Context())
	if err != nil || lag != (projections.Lag{Applied: 3, Head: 3}) {
		t.Errorf("after: %+v, %v; want nothing behind", lag, err)
	}
}

// gated is a store whose first subscription begins to read when the gate opens.

// TestPlaceholders: they say nothing, and are nothing that a later version wrote.
func TestPlaceholders(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	history := projectiontest.New(t, store)
	stream := es.Stream("rejection-development.stripe")
	for range 3 {
		if _, err := store.Append(t.Context(), stream, es.Any(), es.Event{ID: uuid.New(), Type: es.TypePlaceholder, Data: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	receive(history, 0, 2)
	runner := open(t, config(t.TempDir(), store))
	running(t, runner)
	waitForHead(t, runner, store)
	if n := count(t, runner); n != 2 || runner.Skipped() != 0 {
		t.Errorf("%d items, %d skipped; want 2 and none", n, runner.Skipped())
	}
}
