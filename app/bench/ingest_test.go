package bench

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"daybook/app"
)

const secretText = "whsec_a_secret_of_the_benchmark"

// rounds is how often the bare handler and Daybook take turns.
const rounds = 4

// benchmarkIngest sends the same webhooks to the bare handler and to Daybook,
// in turns, so that what else happens on the machine touches both. After each
// burst Daybook is left alone until it has worked it off.
func benchmarkIngest(b *testing.B, connections int, report *table) {
	b.Helper()
	perRound := 1_000
	if connections > 1 {
		perRound = 10_000
	}
	made := newWebhooks(b, secretText)
	baseline := newTarget(b, "bare handler", serveBare(b), "/", made, connections)
	ours := newSubject(b, app.DefaultStore, made, connections)
	warmUp := made.make(b, perRound/10)
	baseline.send(b, warmUp)
	ours.warmUp(b, warmUp)

	var plain burst
	for b.Loop() {
		for range rounds {
			all := made.make(b, perRound)
			plain.add(baseline.send(b, all))
			ours.take(b, all)
		}
	}
	b.ReportMetric(0, "ns/op")
	reportIngest(b, connections, plain, ours.all, ours.backlog, report)
}

// subject is a Daybook under load.
type subject struct {
	*instance
	target  *target
	sent    int
	all     burst
	backlog rest
}

func newSubject(b *testing.B, store string, made *webhooks, connections int) *subject {
	b.Helper()
	d := startDaybook(b, store)
	return &subject{instance: d, target: newTarget(b, "Daybook", d.app.Addr(), d.path, made, connections)}
}

// warmUp takes a burst that does not count.
func (s *subject) warmUp(b *testing.B, burst []signed) {
	b.Helper()
	s.target.send(b, burst)
	s.sent += len(burst)
	s.settle(b, s.sent)
}

// take takes a burst, and works it off.
func (s *subject) take(b *testing.B, burst []signed) {
	b.Helper()
	s.all.add(s.target.send(b, burst))
	ended, used := time.Now(), processorTime()
	s.sent += len(burst)
	s.settle(b, s.sent)
	s.backlog.took += time.Since(ended)
	s.backlog.processor += processorTime() - used
}

// rest is what it took to work off the bursts after they ended.
type rest struct{ took, processor time.Duration }

func serveBare(b *testing.B) (addr string) {
	b.Helper()
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: bare(secretText), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

func reportIngest(b *testing.B, connections int, plain, daybook burst, backlog rest, report *table) {
	b.Helper()
	ratio := plain.took.Seconds() / daybook.took.Seconds()
	behind := backlog.took.Seconds() / daybook.took.Seconds()
	p50, p99 := daybook.latency(50), daybook.latency(99)
	b.ReportMetric(float64(daybook.requests)/daybook.took.Seconds(), "req/s")
	b.ReportMetric(float64(plain.requests)/plain.took.Seconds(), "bare-req/s")
	b.ReportMetric(ratio, "of-bare")
	b.ReportMetric(float64(p50)/1e6, "p50-ms")
	b.ReportMetric(float64(p99)/1e6, "p99-ms")
	b.ReportMetric(float64(daybook.allocations)/float64(daybook.requests), "allocs/req")
	b.ReportMetric(behind, "backlog-of-burst")

	over := count(connections, "connection")
	times := func(ours, bare float64) string { return fmt.Sprintf("%.2f", ours/bare) }
	report.add("bare handler, "+over, perSecond(plain.requests, plain.took), "1.00")
	report.add("Daybook, "+over, perSecond(daybook.requests, daybook.took), fmt.Sprintf("%.2f", ratio))
	report.add("  p50", milliseconds(p50), times(float64(p50), float64(plain.latency(50))))
	report.add("  p99", milliseconds(p99), times(float64(p99), float64(plain.latency(99))))
	report.add("  allocations per request", fmt.Sprint(daybook.allocations/uint64(daybook.requests)),
		times(float64(daybook.allocations), float64(plain.allocations)))
	report.add("  processor time per request", each(daybook.processor, daybook.requests),
		times(float64(daybook.processor), float64(plain.processor)))
	report.add("  the same until all is worked off", each(daybook.processor+backlog.processor, daybook.requests),
		times(float64(daybook.processor+backlog.processor), float64(plain.processor)))
	report.add("  working off what is left of the bursts, to their own time", backlog.took.Round(time.Millisecond).String(), fmt.Sprintf("%.2f", behind))
	report.add("  from the first request to the last action", perSecond(daybook.requests, daybook.took+backlog.took), "")
}

func each(all time.Duration, n int) string {
	return fmt.Sprintf("%.0f µs", float64(all)/float64(n)/float64(time.Microsecond))
}

// latency returns a percentile.
func (b burst) latency(percent int) time.Duration {
	slices.Sort(b.latencies)
	return b.latencies[len(b.latencies)*percent/100]
}

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}
