package projections_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
	"daybook/projections/projectiontest"
)

// fill records n webhooks with one action each, as Stripe's default mappings
// plan them: received; planned and claimed; succeeded.
func fill(tb testing.TB, log *projectiontest.Log, n int) {
	tb.Helper()
	types := projectiontest.EventTypes()
	data := strings.Repeat(`{"amount_due":9900,"currency":"usd"},`, 60)
	for i := range n {
		log.At += 20
		customer := fmt.Sprintf("cus_%d", i%(1+n/4))
		ref := webhook.Ref{Environment: "development", Source: "stripe", Key: fmt.Sprintf("evt_%016x", i*2654435761), Generation: 1}
		log.Receive(ref, types[i%len(types)], fmt.Sprintf("in_%d", i), customer)
		payload := fmt.Sprintf(`{"data":{"lines":[%snull]},"key":"invoice-paid","recipients":[%q]}`, data, customer)
		log.Plan(ref, "", []rule.Verdict{{Key: "invoice-paid", EventType: "invoice.paid", Matched: true}},
			projectiontest.Planned("invoice-paid", action.WorkflowsTrigger, payload))
		if i%50 == 0 {
			log.Park(ref, webhook.ParkNotSupported, "this is not carried out yet")
		} else {
			log.Succeed(ref)
		}
		clear(log.States) // a benchmark has no use for them
	}
}

// BenchmarkRebuild reports how many webhooks a second go from the log to all
// read models. The goal is 20,000.
func BenchmarkRebuild(b *testing.B) {
	const webhooks = 20_000
	store := newStore(b)
	fill(b, projectiontest.New(b, store), webhooks)
	runner := open(b, config(b.TempDir(), store))
	b.ResetTimer()
	for b.Loop() {
		if err := runner.Rebuild(context.Background(), func(_, _ es.Position) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(webhooks*float64(b.N)/b.Elapsed().Seconds(), "webhooks/s")
}

// BenchmarkList reports how long a page of 50 takes over 100,000 webhooks, by
// filter.
func BenchmarkList(b *testing.B) {
	store := newStore(b)
	fill(b, projectiontest.New(b, store), 100_000)
	runner := open(b, config(b.TempDir(), store))
	if err := runner.Rebuild(context.Background(), func(_, _ es.Position) {}); err != nil {
		b.Fatal(err)
	}
	log := eventlog.New(runner)
	for _, c := range []struct {
		name   string
		filter eventlog.Filter
	}{
		{"all", eventlog.Filter{}},
		{"status", eventlog.Filter{Status: "failed"}},
		{"type", eventlog.Filter{Type: "invoice.*", Status: "succeeded"}},
		{"nothing", eventlog.Filter{Type: "invoice.paid", Status: "ignored"}},
		{"object", eventlog.Filter{Object: "cus_17"}},
		{"key", eventlog.Filter{Key: "evt_0000000000000000"}},
		{"q id", eventlog.Filter{Q: "cus_17"}},
		{"q part", eventlog.Filter{Q: "us_4242"}},
		{"q none", eventlog.Filter{Q: "no such text"}},
		{"time", eventlog.Filter{From: 1_764_000_600_000, To: 1_764_000_630_000}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := log.List(context.Background(), c.filter, 50, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
