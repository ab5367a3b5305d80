package bench

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"daybook/app/store/embedded"
	"daybook/domain/es"
)

// benchmarkAppend measures appends of one event of 3 KB, each to a stream of
// its own that must not exist, as those of webhooks are.
func benchmarkAppend(b *testing.B, callers int, report *table) {
	b.Helper()
	store, err := embedded.Open(b.Context(), b.TempDir(), embedded.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	}()
	event := event3KB()
	appends := 5_000
	if callers > 1 {
		appends = 30_000
	}
	done, next := 0, new(atomic.Int64)
	var took time.Duration
	for b.Loop() {
		began := time.Now()
		appendAll(b, store, event, callers, next, int64(done+appends))
		took += time.Since(began)
		done += appends
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(done)/took.Seconds(), "appends/s")
	report.add(fmt.Sprintf("appends of 3 KB, %s", count(callers, "caller")), perSecond(done, took), "")
}

// appendAll has the callers append, together, until next has reached end.
func appendAll(b *testing.B, store es.Store, event es.Event, callers int, next *atomic.Int64, end int64) {
	b.Helper()
	next.Store(end - (end - next.Load()))
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for n := next.Add(1); n <= end; n = next.Add(1) {
				e := event
				e.ID = uuid.Must(uuid.NewV7())
				stream := es.Stream(fmt.Sprintf("webhook-production.stripe.evt_%024d", n))
				if _, err := store.Append(b.Context(), stream, es.NoStream(), e); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}
