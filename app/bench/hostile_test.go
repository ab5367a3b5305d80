package bench

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"daybook/app"
	"daybook/app/sources"
	"daybook/domain/rule"
)

// costly is a condition that takes most of what a mapping may, and none of it
// too much: so it is never paused, which is what is worst for those beside it.
const costly = "count(1..9000, # * 2 + 1 > 0 && # > 0) == 0"

// BenchmarkBesideCostlyRules sends ordinary webhooks and, beside them, one in
// eight of another type: in turns one that no mapping is for, and one whose
// mapping costs as much as a mapping can.
func BenchmarkBesideCostlyRules(b *testing.B) {
	const perRound, share, connections = 4_000, 8, 64
	subject := startDaybook(b, app.DefaultStore)
	addCostly(b, subject.app.Sources())
	made := newWebhooks(b, secretText)
	ordinary := newTarget(b, "ordinary", subject.app.Addr(), subject.path, made, connections)
	kinds := [...]*beside{
		newBeside(b, subject, made, "free", connections/share), newBeside(b, subject, made, "dear", connections/share),
	}
	sent := 0
	for b.Loop() {
		for range rounds {
			for _, kind := range kinds {
				all, others := made.make(b, perRound), kind.made.make(b, perRound/share)
				var sending sync.WaitGroup
				sending.Go(func() { kind.target.send(b, others) })
				kind.burst.add(ordinary.send(b, all))
				ended := time.Now()
				sending.Wait()
				sent += len(all) + len(others)
				for !subject.shows(b, sent) {
					time.Sleep(10 * time.Millisecond)
				}
				kind.backlog += time.Since(ended)
			}
		}
	}
	free, dear := kinds[0], kinds[1]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(free.burst.requests)/free.burst.took.Seconds(), "req/s")
	b.ReportMetric(free.burst.took.Seconds()/dear.burst.took.Seconds(), "throughput-of-free")
	b.ReportMetric(float64(dear.burst.latency(50))/float64(free.burst.latency(50)), "p50-of-free")
	b.ReportMetric(float64(dear.burst.latency(99))/float64(free.burst.latency(99)), "p99-of-free")
	b.ReportMetric(dear.backlog.Seconds()/free.backlog.Seconds(), "backlog-of-free")
}

// beside is what is sent beside the ordinary webhooks, and what these took.
type beside struct {
	made    *webhooks
	target  *target
	burst   burst
	backlog time.Duration
}

// newBeside makes webhooks of the type invoice.{kind}.
func newBeside(b *testing.B, subject *instance, like *webhooks, kind string, connections int) *beside {
	b.Helper()
	made := like.ofKind(b, kind)
	return &beside{made: made, target: newTarget(b, kind, subject.app.Addr(), subject.path, made, connections)}
}

// addCostly adds a mapping for invoice.dear.
func addCostly(b *testing.B, all *sources.Sources) {
	b.Helper()
	err := all.SaveMapping(b.Context(), sources.Place{Key: "stripe", Environment: "development"}, rule.Mapping{
		Key: "costly", EventType: "invoice.dear", When: costly, ActionType: "users_delete",
		ActionParameters: rule.Parameters{"id": json.RawMessage(`"body.id"`)},
	}, "", "bench")
	if err != nil {
		b.Fatal(err)
	}
}
