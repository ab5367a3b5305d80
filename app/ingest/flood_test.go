package ingest_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/app/ingest"
	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/webhook"
)

func unsigned() call { return call{body: []byte("{}")} }

func TestAFloodOfRefusalsBecomesANumber(t *testing.T) {
	t.Parallel()

	r := newRig(t)
	for range 2 {
		for range 30 {
			r.do(unsigned())
		}
		for range 6 {
			r.do(r.signed("{"))
		}
		r.flush() // a number may be written in two parts
	}
	start := r.clock.at(0)
	r.clock.move(time.Second)
	r.do(unsigned())

	each, counted := map[string]int{}, map[string]int{}
	for _, event := range r.rejections() {
		switch event := event.(type) {
		case rejection.RequestRejected:
			each[event.Cause]++
		case rejection.RejectionsCounted:
			counted[event.Cause] += event.N
			if event.FirstAt != start || event.LastAt != start || event.Instance != "test" {
				t.Errorf("counted: %+v", event)
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"signature_missing": 11, "malformed_json": 10}, each); diff != "" {
		t.Errorf("recorded each for itself:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"signature_missing": 50, "malformed_json": 2}, counted); diff != "" {
		t.Errorf("counted:\n%s", diff)
	}
	r.expectCounted(`daybook_ingest_rejections_total{kept="recorded"}`, "21")
	r.expectCounted(`daybook_ingest_rejections_total{kept="counted"}`, "52")
	r.expectCounted(`daybook_ingest_rejections_total{kept="dropped"}`, "0")
}

func TestNoMoreThanSoManyRejectionsAreKept(t *testing.T) {
	t.Parallel()

	r := newRig(t)
	stream := rejection.Ref{Environment: "development", Source: "stripe"}.Stream()
	r.do(unsigned())
	r.do(unsigned())
	r.flush()
	metadata := r.stored(string(stream.Metadata()))
	if len(metadata) != 1 || es.DecodeRetention(metadata[0].Data).MaxCount != 1000 {
		t.Errorf("retention: %+v", metadata)
	}
}

func TestARetentionThatSomebodySetStays(t *testing.T) {
	t.Parallel()

	r := newRig(t)
	stream := rejection.Ref{Environment: "development", Source: "stripe"}.Stream()
	theirs := es.Event{ID: [16]byte{1}, Type: es.TypeMetadata, Data: []byte(`{"$maxCount":5}`), Metadata: []byte("{}")}
	if _, err := r.store.Append(t.Context(), stream.Metadata(), es.NoStream(), theirs); err != nil {
		t.Fatal(err)
	}
	r.do(unsigned())
	if n := len(r.rejections()); n != 1 {
		t.Errorf("%d rejections", n)
	}
	if metadata := r.stored(string(stream.Metadata())); len(metadata) != 1 {
		t.Errorf("retention: %+v", metadata)
	}
}

func TestRefusalsAreLimitedAndValidRequestsAreNot(t *testing.T) {
	t.Parallel()

	r := newRig(t)
	count := map[int]int{}
	var limited reply
	for i := range 150 {
		got := r.do([]call{unsigned(), r.signed("{"), {body: []byte("{}"), header: r.signature("whsec_another_secret", "{}", 0)}}[i%3])
		count[got.code]++
		if got.code == 429 {
			limited = got
		}
	}
	if diff := cmp.Diff(map[int]int{401: 67, 400: 33, 429: 50}, count); diff != "" {
		t.Errorf("answers:\n%s", diff)
	}
	if limited.Error.Code != "rate_limited" || limited.header.Get("Retry-After") == "" {
		t.Errorf("%s, %v", limited.raw, limited.header)
	}
	r.expectCounted(`daybook_ingest_requests_total{code="rate_limited"}`, "50")
	for i := range 200 {
		r.accepts(fmt.Sprint("evt_", i))
	}
	r.clock.move(time.Second)
	if got := r.do(unsigned()); got.code != 401 {
		t.Errorf("in the next second: %d %s", got.code, got.raw)
	}
	total := 0
	for _, event := range r.rejections() {
		switch event := event.(type) {
		case rejection.RequestRejected:
			total++
		case rejection.RejectionsCounted:
			total += event.N
		}
	}
	if total != 101 {
		t.Errorf("%d rejections are in the log, want 101", total)
	}
}

// untouched fails the test if it is read.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, fmt.Errorf("it must not be read")
}

func TestInAFloodHopelessBodiesAreNotRead(t *testing.T) {
	t.Parallel()

	r := newRig(t)
	for range 100 {
		r.do(unsigned())
	}
	for name, header := range map[string]http.Header{
		"no signature": {},
		"malformed":    {"Stripe-Signature": {"v1=00"}},
		"long ago":     r.signature("whsec_another_secret", "{}", -time.Hour),
		"in an hour":   r.signature("whsec_another_secret", "{}", time.Hour),
	} {
		got := r.doBody(call{header: header}, untouched{t})
		if got.code != 429 {
			t.Errorf("%s: %d %s", name, got.code, got.raw)
		}
	}
	for _, skew := range []time.Duration{-300 * time.Second, 0, 300 * time.Second} {
		body := event(fmt.Sprint("evt_", skew))
		if got := r.do(call{body: []byte(body), header: r.signature(secretText, body, skew)}); got.Status != "accepted" {
			t.Errorf("valid, signed %s from now: %d %s", skew, got.code, got.raw)
		}
	}
}

func TestUnknownTokensAreLimitedByAddress(t *testing.T) {
	t.Parallel()

	r := newRig(t, func(c *ingest.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	from := func(address string) call {
		return call{path: "/in/unknown", header: http.Header{"X-Forwarded-For": {address}}}
	}
	count := map[int]int{}
	for range 120 {
		count[r.do(from("203.0.113.7")).code]++
	}
	for i := range 120 { // one network of IPv6
		count[r.do(from(fmt.Sprintf("2001:db8::%x", i+1))).code]++
	}
	if diff := cmp.Diff(map[int]int{404: 200, 429: 40}, count); diff != "" {
		t.Errorf("answers:\n%s", diff)
	}
	if got := r.do(from("203.0.113.8")); got.code != 404 {
		t.Errorf("another address: %d", got.code)
	}
	c := r.signed(event("evt_1"))
	c.header.Set("X-Forwarded-For", "203.0.113.7")
	if got := r.do(c); got.Status != "accepted" {
		t.Errorf("a valid request from there: %d %s", got.code, got.raw)
	}
	r.clock.move(time.Second)
	if got := r.do(from("203.0.113.7")); got.code != 404 {
		t.Errorf("in the next second: %d", got.code)
	}
}

func TestManyDuplicatesBecomeANumber(t *testing.T) {
	t.Parallel()

	const more = 150
	r := newRig(t)
	first := r.accepts("evt_1")
	for range more {
		r.clock.move(time.Millisecond)
		if got := r.do(r.signed(event("evt_1"))); got.Status != "duplicate" || got.ID != first.ID {
			t.Fatalf("%d %s", got.code, got.raw)
		}
	}
	r.flush()
	last := r.clock.at(0)
	r.flush() // has nothing to do

	count := map[string]int{}
	for _, recorded := range r.stored(webhook.StreamPrefix) {
		count[recorded.Type]++
	}
	want := map[string]int{webhook.TypeReceived: 1, webhook.TypeDuplicateReceived: webhook.MaxDuplicates, webhook.TypeDuplicatesCounted: 1}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("events:\n%s", diff)
	}
	state := r.webhook(first.Stream)
	if state.Current().Deliveries != more+1 || state.LastDelivery != last {
		t.Errorf("%d deliveries, the last %s, want %d and %s", state.Current().Deliveries, state.LastDelivery, more+1, last)
	}

	r.clock.move(25 * time.Hour)
	if got := r.do(r.signed(event("evt_1"))); got.Status != "accepted" || got.ID != first.ID+"~2" {
		t.Errorf("after the window: %d %s", got.code, got.raw)
	}
}

func TestCountsAreRecordedEachSecondAndAtTheEnd(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *ingest.Config) { c.Now = time.Now })
		r.clock.move(time.Since(r.clock.Now())) // signatures are made now
		r.accepts("evt_1")
		counts := func() (rejections, duplicates int) {
			synctest.Wait()
			for _, recorded := range r.stored("") {
				switch {
				case recorded.Type == webhook.TypeDuplicatesCounted:
					duplicates++
				case strings.HasPrefix(string(recorded.Stream), rejection.StreamPrefix):
					rejections++
				}
			}
			return rejections, duplicates
		}
		for range 120 {
			r.do(r.signed(event("evt_1")))
		}
		for range 15 {
			r.do(unsigned())
		}
		if rejections, duplicates := counts(); rejections != 10 || duplicates != 0 {
			t.Errorf("at once: %d events of rejections, %d of counted duplicates", rejections, duplicates)
		}
		time.Sleep(time.Second)
		if rejections, duplicates := counts(); rejections != 11 || duplicates != 1 {
			t.Errorf("after a second: %d events of rejections, %d of counted duplicates", rejections, duplicates)
		}
		r.do(r.signed(event("evt_1")))
		for range 11 {
			r.do(unsigned())
		}
		if err := r.handler.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if rejections, duplicates := counts(); rejections != 22 || duplicates != 2 {
			t.Errorf("at the end: %d events of rejections, %d of counted duplicates", rejections, duplicates)
		}
		if n := r.webhook("webhook-development.stripe.evt_1").Current().Deliveries; n != 122 {
			t.Errorf("%d deliveries", n)
		}
	})
}
