package rebuild_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"daybook/app/longwork"
	"daybook/app/rebuild"
	"daybook/app/store/memory"
	"daybook/domain/es"
	"daybook/projections/eventlog"
	"daybook/projections/projectiontest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gated is a store whose subscriptions from the beginning wait, or fail, as
// soon as it is shut.
type gated struct {
	es.Store
	shut  atomic.Bool
	open  chan struct{}
	fault error
}

func (s *gated) Subscribe(ctx context.Context, from es.Position, f es.Filter) iter.Seq2[es.Batch, error] {
	if from != es.Start || !s.shut.Load() {
		return s.Store.Subscribe(ctx, from, f)
	}
	return func(yield func(es.Batch, error) bool) {
		select {
		case <-ctx.Done():
			yield(es.Batch{}, ctx.Err())
		case <-s.open:
			if s.fault != nil {
				yield(es.Batch{}, s.fault)
				return
			}
			s.Store.Subscribe(ctx, from, f)(yield)
		}
	}
}

func open(t *testing.T, fault error) (*rebuild.Rebuilder, *gated) {
	t.Helper()
	store := &gated{Store: memory.New(memory.Options{}), open: make(chan struct{}), fault: fault}
	history := projectiontest.New(t, store)
	history.Reject("development", "stripe", "malformed_json", 1)
	runner := projectiontest.Runner(t, store, eventlog.Projection())
	history.WaitFor(runner)
	store.shut.Store(true)
	r := rebuild.New(runner, time.Now, slog.New(slog.DiscardHandler))
	t.Cleanup(r.Close)
	return r, store
}

// ended waits for the end of a piece of work.
func ended(t *testing.T, r *rebuild.Rebuilder, id string) longwork.Work {
	t.Helper()
	for t.Context().Err() == nil {
		if work, ok := r.Get(id); !ok {
			t.Fatal("the rebuild is not known")
		} else if work.Status != longwork.Running {
			return work
		}
	}
	return longwork.Work{}
}

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	r, store := open(t, nil)
	if _, ok := r.Last(); ok {
		t.Error("there is a last one before the first")
	}
	first, err := r.Start()
	if err != nil || first.Status != longwork.Running || first.StartedAt.IsZero() {
		t.Fatalf("%+v (%v)", first, err)
	}
	if _, err := r.Start(); !errors.Is(err, rebuild.ErrRunning) {
		t.Errorf("a second one: %v", err)
	}
	close(store.open)
	done := ended(t, r, first.ID)
	if done.Status != longwork.Done || done.FinishedAt.IsZero() || done.Progress.Done == 0 || done.Progress.Done != done.Progress.Total || done.Error != nil {
		t.Errorf("%+v", done)
	}
	second, err := r.Start()
	if err != nil || second.ID == first.ID {
		t.Errorf("after the first: %+v (%v)", second, err)
	}
	if _, ok := r.Get(first.ID); ok {
		t.Error("only the last one is kept")
	}
	if last, ok := r.Last(); !ok || last.ID != second.ID {
		t.Errorf("the last one is %+v", last)
	}
}

func TestAFaultIsTold(t *testing.T) {
	t.Parallel()
	r, store := open(t, errors.New("the disk is full"))
	work, err := r.Start()
	if err != nil {
		t.Fatal(err)
	}
	close(store.open)
	if failed := ended(t, r, work.ID); failed.Status != longwork.Failed || failed.Error == nil {
		t.Errorf("%+v", failed)
	}
}

func TestCloseCancels(t *testing.T) {
	t.Parallel()
	r, _ := open(t, nil)
	work, err := r.Start()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if cancelled, _ := r.Get(work.ID); cancelled.Status != longwork.Cancelled {
		t.Errorf("%+v", cancelled)
	}
}
