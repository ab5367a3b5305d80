package bench

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"daybook/app/store/esdb"
	"daybook/domain/es"
)

// What a subscription catches up with.
const (
	eventsToCatchUp = 30_000
	eventsPerAppend = 100
)

// benchmarkSubscribe lets a subscription to everything catch up with a log of
// events of 3 KB, in turns at the embedded store itself and through esdb and
// wire.
func benchmarkSubscribe(b *testing.B, report *table) {
	b.Helper()
	served := serveElsewhere(b)
	fill(b, served)
	there := openElsewhere(b, served)
	var here, through time.Duration
	events := 0
	for b.Loop() {
		for range rounds {
			here += catchUp(b, served.Store)
			through += catchUp(b, there)
			events += eventsToCatchUp
		}
	}
	ratio := here.Seconds() / through.Seconds()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(events)/through.Seconds(), "events/s")
	b.ReportMetric(float64(events)/here.Seconds(), "embedded-events/s")
	b.ReportMetric(ratio, "of-embedded")
	report.add("a subscription catches up, embedded, events of 3 KB", perSecond(events, here), "1.00")
	report.add("  through esdb and wire", perSecond(events, through), fmt.Sprintf("%.2f", ratio))
}

func openElsewhere(b *testing.B, served *elsewhere) *esdb.Store {
	b.Helper()
	store, err := esdb.Open(b.Context(), served.connection(), esdb.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	return store
}

func fill(b *testing.B, store es.Store) {
	b.Helper()
	for n := range eventsToCatchUp / eventsPerAppend {
		events := make([]es.Event, eventsPerAppend)
		for i := range events {
			events[i] = event3KB()
		}
		if _, err := store.Append(b.Context(), es.Stream(fmt.Sprintf("webhook-production.stripe.evt_%024d", n)), es.NoStream(), events...); err != nil {
			b.Fatal(err)
		}
	}
}

// event3KB is an event of the size of a webhook's first.
func event3KB() es.Event {
	e := es.Event{ID: uuid.Must(uuid.NewV7()), Type: "WebhookReceived", Data: make([]byte, 2300), Metadata: make([]byte, 700)}
	_, _ = rand.Read(e.Data)
	_, _ = rand.Read(e.Metadata)
	return e
}

// catchUp returns how long a subscription from the start takes to catch up.
func catchUp(b *testing.B, store es.Store) time.Duration {
	b.Helper()
	began, events := time.Now(), 0
	for batch, err := range store.Subscribe(b.Context(), es.Start, es.Filter{}) {
		if err != nil {
			b.Fatal(err)
		}
		events += len(batch.Events)
		if batch.CaughtUp {
			break
		}
	}
	if events != eventsToCatchUp {
		b.Fatalf("the subscription brought %d events of %d", events, eventsToCatchUp)
	}
	return time.Since(began)
}
