package bench

import (
	"context"
	"fmt"
	"net"
	"testing"

	"daybook/app"
	"daybook/app/store/embedded"
	"daybook/app/store/wire"
)

// elsewhere is a store that is reached over TCP, in the EventStoreDB protocol:
// an embedded one behind our own server of it.
type elsewhere struct {
	*embedded.Store
	b       *testing.B
	address string
	running *wire.Server
	served  chan error
}

// serveElsewhere serves until the end of the benchmark.
func serveElsewhere(b *testing.B) *elsewhere {
	b.Helper()
	store, err := embedded.Open(b.Context(), b.TempDir(), embedded.Options{})
	if err != nil {
		b.Fatal(err)
	}
	e := &elsewhere{Store: store, b: b, address: "127.0.0.1:0"}
	e.up()
	b.Cleanup(func() {
		e.down()
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	return e
}

// connection is the store as --store names it.
func (e *elsewhere) connection() string { return "esdb://" + e.address + "?tls=false" }

// up begins to answer, where it did before.
func (e *elsewhere) up() {
	e.b.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.WithoutCancel(e.b.Context()), "tcp", e.address)
	if err != nil {
		e.b.Fatal(err)
	}
	running, err := wire.New(wire.Config{Store: e.Store})
	if err != nil {
		e.b.Fatal(err)
	}
	served := make(chan error, 1)
	e.address, e.running, e.served = listener.Addr().String(), running, served
	go func() { served <- running.Serve(listener) }()
}

// down cuts everybody off and refuses connections.
func (e *elsewhere) down() {
	at, cancel := context.WithCancel(context.Background())
	cancel()
	e.running.Stop(at)
	if err := <-e.served; err != nil {
		e.b.Error(err)
	}
}

// turns is how often the two Daybooks take turns. What does not fit into the
// worker's queue waits for 10 s on a store that others may share, every time.
const turns = 2

// benchmarkElsewhere sends the same webhooks, in turns, to a Daybook on the
// embedded store and to one that reaches such a store through esdb and wire.
func benchmarkElsewhere(b *testing.B, connections int, report *table) {
	b.Helper()
	perTurn := 1_000
	if connections > 1 {
		perTurn = 8_000
	}
	made := newWebhooks(b, secretText)
	here := newSubject(b, app.DefaultStore, made, connections)
	there := newSubject(b, serveElsewhere(b).connection(), made, connections)
	warmUp := made.make(b, perTurn/10)
	here.warmUp(b, warmUp)
	there.warmUp(b, warmUp)
	for b.Loop() {
		for range turns {
			all := made.make(b, perTurn)
			here.take(b, all)
			there.take(b, all)
		}
	}
	b.ReportMetric(0, "ns/op")
	reportElsewhere(b, connections, here, there, report)
}

func reportElsewhere(b *testing.B, connections int, here, there *subject, report *table) {
	b.Helper()
	ratio := here.all.took.Seconds() / there.all.took.Seconds()
	behind := there.backlog.took.Seconds() / there.all.took.Seconds()
	b.ReportMetric(float64(there.all.requests)/there.all.took.Seconds(), "req/s")
	b.ReportMetric(float64(here.all.requests)/here.all.took.Seconds(), "embedded-req/s")
	b.ReportMetric(ratio, "of-embedded")
	b.ReportMetric(float64(there.all.latency(50))/1e6, "p50-ms")
	b.ReportMetric(float64(there.all.latency(99))/1e6, "p99-ms")
	b.ReportMetric(behind, "backlog-of-burst")

	over := count(connections, "connection")
	report.add("Daybook on the embedded store, "+over, perSecond(here.all.requests, here.all.took), "1.00")
	report.add("Daybook through esdb and wire, "+over, perSecond(there.all.requests, there.all.took), fmt.Sprintf("%.2f", ratio))
	for _, percent := range []int{50, 99} {
		ours, embedded := there.all.latency(percent), here.all.latency(percent)
		report.add(fmt.Sprintf("  p%d", percent), milliseconds(ours), fmt.Sprintf("%.2f", float64(ours)/float64(embedded)))
	}
	report.add("  from the first request to the last action", perSecond(there.all.requests, there.all.took+there.backlog.took),
		fmt.Sprintf("%.2f", (here.all.took+here.backlog.took).Seconds()/(there.all.took+there.backlog.took).Seconds()))
}
