package alerts_test

import (
	"context"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"daybook/app/alerts"
	"daybook/app/sources"
	"daybook/app/store/memory"
	"daybook/domain/alert"
	"daybook/domain/es"
	"daybook/domain/source"
	"daybook/projections/projectiontest"
)

// counted is a store that counts how often its head is asked for.
type counted struct {
	es.Store
	heads atomic.Int64
}

func (c *counted) Head(ctx context.Context) (es.Position, error) {
	c.heads.Add(1)
	return c.Store.Head(ctx)
}

// inTime runs a test of an instance in a time of its own.
func inTime(t *testing.T, test func(t *testing.T, i *instance, log *projectiontest.Log, store *counted)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := &counted{Store: memory.New(memory.Options{})}
		i := start(t, store, &clock{}, t.TempDir(), "one")
		_, err := i.sources.Put(t.Context(), sources.Place{Key: "stripe", Environment: "production"}, sources.Put{}, "ada")
		check(t, err)
		log := projectiontest.New(t, store)
		test(t, i, log, store)
		i.stop()
		check(t, store.Close())
	})
}

// after lets time pass, and returns how many alerts are open.
func (i *instance) after(d time.Duration) int {
	time.Sleep(d)
	synctest.Wait()
	return i.OpenCount("production")
}

func TestASourceFallsSilent(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, i *instance, log *projectiontest.Log, _ *counted) {
		_, err := i.Configure(t.Context(), "production", alerts.Put{Thresholds: alert.Thresholds{Silence: source.Duration(time.Hour)}}, "ada")
		check(t, err)
		receive := func(n int) {
			log.At = es.TimeOf(time.Now())
			log.Receive(refOf("evt_"+strconv.Itoa(n)), "invoice.paid", "")
		}
		for n := range 5 {
			receive(n)
			if i.after(45*time.Minute) != 0 {
				t.Fatalf("it is silent after webhook %d", n)
			}
		}
		if n := i.after(14 * time.Minute); n != 0 {
			t.Errorf("%d alerts before the hour is over", n)
		}
		if n := i.after(2 * time.Minute); n != 1 || i.List("production")[0].Kind != alert.SourceSilent {
			t.Fatalf("%d alerts after it: %+v", n, i.List("production"))
		}
		receive(5)
		if n := i.after(10 * time.Second); n != 0 {
			t.Errorf("%d alerts after it spoke again", n)
		}
	})
}

func TestRequestsAreRefused(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, i *instance, log *projectiontest.Log, _ *counted) {
		log.At = es.TimeOf(time.Now())
		log.Reject("production", "stripe", "signature_mismatch", 10)
		if n := i.after(10 * time.Second); n != 0 {
			t.Errorf("%d alerts after what is allowed", n)
		}
		log.At = es.TimeOf(time.Now())
		log.Reject("production", "stripe", "signature_mismatch", 1)
		if n := i.after(10 * time.Second); n != 1 || i.List("production")[0].Count != 11 {
			t.Fatalf("%d alerts: %+v", n, i.List("production"))
		}
		if n := i.after(alert.RefusedWithin + 3*time.Minute); n != 1 {
			t.Errorf("%d alerts when it has only just ceased", n)
		}
		if n := i.after(4 * time.Minute); n != 0 {
			t.Errorf("%d alerts after it was calm", n)
		}
	})
}

func TestAMappingIsPaused(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, i *instance, _ *projectiontest.Log, _ *counted) {
		state, _ := i.configuration.Source("stripe")
		key := state.Environments["production"].Mappings[0].Key
		at := sources.Place{Key: "stripe", Environment: "production"}
		check(t, i.sources.PauseMapping(t.Context(), at.Key, at.Environment, key, "it costs too much", state.Revision))
		if n := i.after(time.Minute); n != 1 || *i.List("production")[0].Subject != key {
			t.Fatalf("%d alerts: %+v", n, i.List("production"))
		}
		check(t, i.sources.ResumeMapping(t.Context(), at, key, "ada"))
		if n := i.after(time.Minute); n != 0 {
			t.Errorf("%d alerts after it was resumed", n)
		}
	})
}

// Where nothing happens, it is looked once a minute and no more; messages that
// are never taken are tried four times an hour.
func TestIdle(t *testing.T) {
	t.Parallel()
	inTime(t, func(t *testing.T, i *instance, log *projectiontest.Log, store *counted) {
		i.after(2 * time.Minute)
		before := store.heads.Load()
		i.after(time.Hour)
		if looked := store.heads.Load() - before; looked < 59 || looked > 61 {
			t.Errorf("the store was asked %d times in an hour", looked)
		}
		log.At = es.TimeOf(time.Now())
		parkOne(log, "evt_1")
		configure(t, i, "production", "http://127.0.0.1:1/nobody") // where no one listens
		i.after(2 * time.Hour)
		begun := 0
		for r, err := range store.ReadStream(t.Context(), alert.Scope("production").Stream(), es.FirstRevision, es.Forward) {
			check(t, err)
			if r.Type == "AlertMessageBegun" {
				begun++
			}
		}
		if begun != 8 {
			t.Errorf("%d messages were tried in two hours", begun)
		}
	})
}

func TestFreePercent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if free, err := alerts.FreePercent(dir); err != nil || free < 0 || free > 100 {
		t.Errorf("%d %% are free: %v", free, err)
	}
	if _, err := alerts.FreePercent(filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there has a disk")
	}
}
