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

// bubble is an instance in a time of its own.
type bubble struct {
	*testing.T
	*instance
	log   *projectiontest.Log
	store *counted
}

// inTime runs a test of an instance in a time of its own.
func inTime(t *testing.T, test func(b bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := &counted{Store: memory.New(memory.Options{})}
		i := start(t, store, &clock{}, t.TempDir(), "one")
		_, err := i.sources.Put(t.Context(), sources.Place{Key: "stripe", Environment: "production"}, sources.Put{}, "ada")
		check(t, err)
		test(bubble{t, i, projectiontest.New(t, store), store})
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
	inTime(t, func(b bubble) {
		_, err := b.Configure(b.Context(), "production", alerts.Put{Thresholds: alert.Thresholds{Silence: source.Duration(time.Hour)}}, "ada")
		check(b, err)
		receive := func(n int) {
			b.log.At = es.TimeOf(time.Now())
			b.log.Receive(refOf("evt_"+strconv.Itoa(n)), "invoice.paid", "")
		}
		for n := range 5 {
			receive(n)
			if b.after(45*time.Minute) != 0 {
				b.Fatalf("it is silent after webhook %d", n)
			}
		}
		if n := b.after(14 * time.Minute); n != 0 {
			b.Errorf("%d alerts before the hour is over", n)
		}
		if n := b.after(2 * time.Minute); n != 1 || b.List("production")[0].Kind != alert.SourceSilent {
			b.Fatalf("%d alerts after it: %+v", n, b.List("production"))
		}
		receive(5)
		if n := b.after(10 * time.Second); n != 0 {
			b.Errorf("%d alerts after it spoke again", n)
		}
	})
}

func TestRequestsAreRefused(t *testing.T) {
	t.Parallel()
	inTime(t, func(b bubble) {
		b.log.At = es.TimeOf(time.Now())
		b.log.Reject("production", "stripe", "signature_mismatch", 10)
		if n := b.after(10 * time.Second); n != 0 {
			b.Errorf("%d alerts after what is allowed", n)
		}
		b.log.At = es.TimeOf(time.Now())
		b.log.Reject("production", "stripe", "signature_mismatch", 1)
		if n := b.after(10 * time.Second); n != 1 || b.List("production")[0].Count != 11 {
			b.Fatalf("%d alerts: %+v", n, b.List("production"))
		}
		if n := b.after(alert.RefusedWithin + 3*time.Minute); n != 1 {
			b.Errorf("%d alerts when it has only just ceased", n)
		}
		if n := b.after(4 * time.Minute); n != 0 {
			b.Errorf("%d alerts after it was calm", n)
		}
	})
}

func TestAMappingIsPaused(t *testing.T) {
	t.Parallel()
	inTime(t, func(b bubble) {
		state, _ := b.configuration.Source("stripe")
		key := state.Environments["production"].Mappings[0].Key
		at := sources.Place{Key: "stripe", Environment: "production"}
		check(b, b.sources.PauseMapping(b.Context(), at.Key, at.Environment, key, "it costs too much", state.Revision))
		if n := b.after(time.Minute); n != 1 || *b.List("production")[0].Subject != key {
			b.Fatalf("%d alerts: %+v", n, b.List("production"))
		}
		check(b, b.sources.ResumeMapping(b.Context(), at, key, "ada"))
		if n := b.after(time.Minute); n != 0 {
			b.Errorf("%d alerts after it was resumed", n)
		}
	})
}

// Where nothing happens, it is looked once a minute and no more; messages that
// are never taken are tried four times an hour.
func TestIdle(t *testing.T) {
	t.Parallel()
	inTime(t, func(b bubble) {
		b.after(2 * time.Minute)
		before := b.store.heads.Load()
		b.after(time.Hour)
		if looked := b.store.heads.Load() - before; looked < 59 || looked > 61 {
			b.Errorf("the store was asked %d times in an hour", looked)
		}
		b.log.At = es.TimeOf(time.Now())
		parkOne(b.log, "evt_1")
		configure(b.T, b.instance, "production", "http://127.0.0.1:1/nobody") // where no one listens
		b.after(2 * time.Hour)
		begun := 0
		for r, err := range b.store.ReadStream(b.Context(), alert.Scope("production").Stream(), es.FirstRevision, es.Forward) {
			check(b, err)
			if r.Type == "AlertMessageBegun" {
				begun++
			}
		}
		if begun != 8 {
			b.Errorf("%d messages were tried in two hours", begun)
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
