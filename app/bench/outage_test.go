package bench

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daybook/app/store/esdb"
	"daybook/domain/es"
)

// An outage, and how many of them one measurement has.
const (
	outage  = 3 * time.Second
	outages = 5
)

// benchmarkOutage takes the server away for a few seconds, from a Daybook and
// from a store that is followed, and measures from the moment it is there again.
func benchmarkOutage(b *testing.B, report *table) {
	b.Helper()
	made := newWebhooks(b, secretText)
	served := serveElsewhere(b)
	// One connection has a webhook that came in the outage, one sends afterwards.
	const connections = 2
	daybook := newSubject(b, served.connection(), made, connections)
	store := openElsewhere(b, served)
	daybook.warmUp(b, made.make(b, 100))
	followed := follow(b, store)

	var webhook, appended, delivered recovery
	for b.Loop() {
		for range outages {
			served.down()
			waits := make(chan time.Time, 1)
			var waiting sync.WaitGroup
			late := made.make(b, 1)
			waiting.Go(func() { waits <- daybook.target.sendOne(b, 0, &late[0]) })
			time.Sleep(outage)

			served.up()
			back := time.Now()
			followed.sayWhen()
			waiting.Go(func() { appended.add(appendOne(b, store).Sub(back)) })
			fresh := made.make(b, 1)
			answered := daybook.target.sendOne(b, 1, &fresh[0])
			waiting.Wait()
			if first := <-waits; first.Before(answered) {
				answered = first
			}
			webhook.add(answered.Sub(back))
			delivered.add(followed.wait(b).Sub(back))
			daybook.sent += connections
			daybook.settle(b, daybook.sent)
		}
	}
	b.ReportMetric(0, "ns/op")
	for name, r := range map[string]recovery{"webhook": webhook, "append": appended, "subscription": delivered} {
		b.ReportMetric(float64(r.middle())/1e6, name+"-ms")
		b.ReportMetric(float64(slices.Max(r))/1e6, name+"-worst-ms")
	}
	after := fmt.Sprintf(" after %.0f s without the store", outage.Seconds())
	report.add("the first webhook is acknowledged,"+after, webhook.String(), "")
	report.add("  the first append succeeds", appended.String(), "")
	report.add("  a subscription delivers again", delivered.String(), "")
}

// recovery is how long it took after each outage.
type recovery []time.Duration

func (r *recovery) add(d time.Duration) { *r = append(*r, d) }

func (r recovery) middle() time.Duration {
	return slices.Sorted(slices.Values(r))[len(r)/2]
}

func (r recovery) String() string {
	return r.middle().Round(time.Millisecond).String() + ", at worst " + slices.Max(r).Round(time.Millisecond).String()
}

// sendOne sends one request over one connection and returns when it was
// answered, which must be 200.
func (t *target) sendOne(b *testing.B, connection int, s *signed) time.Time {
	b.Helper()
	t.requests[connection].become(s)
	if err := exchange(t.conns[connection], t.requests[connection].bytes, make([]byte, 4<<10)); err != nil {
		b.Errorf("%s: %v", t.name, err)
	}
	return time.Now()
}

func appendOne(b *testing.B, store es.Store) time.Time {
	b.Helper()
	if _, err := store.Append(b.Context(), "appended-after-outages", es.Any(), event3KB()); err != nil {
		b.Error(err)
	}
	return time.Now()
}

// follower follows a store, through outages.
type follower struct {
	asked atomic.Bool
	came  chan time.Time
}

// follow follows a store until the end of the benchmark.
func follow(b *testing.B, store *esdb.Store) *follower {
	b.Helper()
	f := &follower{came: make(chan time.Time, 1)}
	ctx, stop := context.WithCancel(context.WithoutCancel(b.Context()))
	var following sync.WaitGroup
	caughtUp := make(chan struct{}, 1)
	following.Go(func() {
		for batch, err := range store.Subscribe(ctx, es.End, es.Filter{}) {
			if err != nil {
				if ctx.Err() == nil {
					b.Error(err)
				}
				return
			}
			f.hear(batch)
			select {
			case caughtUp <- struct{}{}:
			default:
			}
		}
	})
	b.Cleanup(func() { stop(); following.Wait() })
	<-caughtUp
	return f
}

// sayWhen makes the follower say when the next event comes.
func (f *follower) sayWhen() { f.asked.Store(true) }

func (f *follower) hear(batch es.Batch) {
	if len(batch.Events) > 0 && f.asked.Swap(false) {
		f.came <- time.Now()
	}
}

func (f *follower) wait(b *testing.B) time.Time {
	b.Helper()
	select {
	case at := <-f.came:
		return at
	case <-time.After(time.Minute):
		b.Fatal("the subscription delivers no more")
		return time.Time{}
	}
}
