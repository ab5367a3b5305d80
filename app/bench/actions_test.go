package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daybook/app"
	"daybook/app/sources"
	"daybook/domain/rule"
)

// receiver takes actions over HTTP, on a port of its own: a destination.
type receiver struct {
	url      string
	answered atomic.Int64
}

// receive takes actions until the end of the benchmark, each for some time.
func receive(b *testing.B, takes time.Duration) *receiver {
	b.Helper()
	r := &receiver{}
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if takes > 0 {
			time.Sleep(takes)
		}
		r.answered.Add(1)
	}))
	b.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// neverAnswer takes connections and requests, and leaves it at that.
func neverAnswer(b *testing.B) (url string) {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or it is not noticed that whoever asks goes away
		<-r.Context().Done()
	}))
	b.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

// wait returns once so many were answered.
func (r *receiver) wait(b *testing.B, n int64) {
	b.Helper()
	for deadline := time.Now().Add(time.Minute); r.answered.Load() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatalf("%d actions of %d came", r.answered.Load(), n)
		}
	}
}

// post has every webhook of the type invoice.{kind} posted to a URL. That an
// attempt begins is in the log first, as nothing is known of who takes it.
func (d *instance) post(b *testing.B, kind, url string) {
	b.Helper()
	err := d.app.Sources().SaveMapping(b.Context(), sources.Place{Key: "stripe", Environment: "development"}, rule.Mapping{
		Key: kind, EventType: "invoice." + kind, ActionType: "http_request",
		ActionParameters: rule.Parameters{"url": json.RawMessage(strconv.Quote(url)), "body": json.RawMessage(`"body"`)},
	}, "", "bench")
	if err != nil {
		b.Fatal(err)
	}
}

const (
	connectionsToAct = 64
	slowAnswer       = 200 * time.Millisecond
)

// benchmarkActions sends webhooks whose actions go to a destination that answers
// at once, and to one that takes its time, from the first request to the last
// answer.
func benchmarkActions(b *testing.B, report *table) {
	b.Helper()
	d, made := startDaybook(b, app.DefaultStore), newWebhooks(b, secretText)
	for _, kind := range []struct {
		name, text string
		takes      time.Duration
		webhooks   int
	}{
		{"quick", "at once", 0, 3_000},
		{"slow", "after 200 ms", slowAnswer, 400},
	} {
		to, of := receive(b, kind.takes), made.ofKind(b, kind.name)
		d.post(b, kind.name, to.url)
		target := newTarget(b, kind.name, d.app.Addr(), d.path, of, connectionsToAct)
		warmUp := of.make(b, kind.webhooks/20)
		target.send(b, warmUp)
		to.wait(b, int64(len(warmUp)))
		all := of.make(b, kind.webhooks)
		began := time.Now()
		target.send(b, all)
		to.wait(b, int64(len(warmUp)+len(all)))
		took := time.Since(began)
		b.ReportMetric(float64(len(all))/took.Seconds(), kind.name+"-actions/s")
		report.add("actions to a destination that answers "+kind.text, perSecond(len(all), took), "")
	}
	b.ReportMetric(0, "ns/op")
}

// benchmarkDead sends webhooks, and beside them one in eight whose action goes
// to another destination: at one Daybook, that answers at once; at the other, it
// never does. Both take turns.
func benchmarkDead(b *testing.B, report *table) {
	b.Helper()
	const perRound, share, deadRounds = 1_500, 8, 3
	made := newWebhooks(b, secretText)
	well, unwell := newBothered(b, made, receive(b, 0).url), newBothered(b, made, neverAnswer(b))
	for b.Loop() {
		for range deadRounds {
			for _, d := range []*bothered{well, unwell} {
				d.take(b, perRound, perRound/share)
			}
		}
	}
	ingest := func(percent int) float64 {
		return float64(unwell.ingest.latency(percent)) / float64(well.ingest.latency(percent))
	}
	actions := well.took.Seconds() / unwell.took.Seconds()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(actions, "actions-of-well")
	b.ReportMetric(ingest(50), "p50-of-well")
	b.ReportMetric(ingest(99), "p99-of-well")
	n := unwell.ingest.requests
	report.add("actions beside another destination that answers", perSecond(n, well.took), "1.00")
	report.add("  beside one that never does", perSecond(n, unwell.took), fmt.Sprintf("%.2f", actions))
	for _, percent := range []int{50, 99} {
		report.add(fmt.Sprintf("  ingest beside that one, p%d", percent), milliseconds(unwell.ingest.latency(percent)), fmt.Sprintf("%.2f", ingest(percent)))
	}
}

// bothered is a Daybook that is measured while some of its actions go elsewhere.
type bothered struct {
	made, others    *webhooks
	target, besides *target
	to              *receiver
	sent            int64
	ingest          burst
	took            time.Duration // from the first request to the last answer
}

func newBothered(b *testing.B, made *webhooks, elsewhere string) *bothered {
	b.Helper()
	d := startDaybook(b, app.DefaultStore)
	m := &bothered{made: made.ofKind(b, "quick"), others: made.ofKind(b, "other"), to: receive(b, 0)}
	d.post(b, "quick", m.to.url)
	d.post(b, "other", elsewhere)
	m.target = newTarget(b, "quick", d.app.Addr(), d.path, m.made, connectionsToAct)
	m.besides = newTarget(b, "other", d.app.Addr(), d.path, m.others, connectionsToAct/8)
	m.take(b, 100, 50) // so that whoever never answers is already being waited for
	m.ingest, m.took = burst{}, 0
	return m
}

// take takes webhooks, and others beside them.
func (m *bothered) take(b *testing.B, n, others int) {
	b.Helper()
	all, beside := m.made.make(b, n), m.others.make(b, others)
	var sending sync.WaitGroup
	began := time.Now()
	sending.Go(func() { m.besides.send(b, beside) })
	m.ingest.add(m.target.send(b, all))
	m.sent += int64(n)
	m.to.wait(b, m.sent)
	m.took += time.Since(began)
	sending.Wait()
}
