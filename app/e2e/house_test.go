//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"daybook/app"
	"daybook/app/demo"
	"daybook/app/destination/egress"
	"daybook/app/sources"
	"daybook/app/trigger"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/template"
)

const (
	adminToken = "an admin token for the browser"
	masterKey  = "YSBtYXN0ZXIga2V5IGZvciB0aGUgYnJvd3NlciB0ZXM="
	secretText = "whsec_a_secret_for_the_browser"
)

// place is where the source of the tests is.
func place() sources.Place { return sources.Place{Key: "stripe", Environment: "development"} }

// house is a running Daybook.
type house struct {
	*testing.T
	app   *app.App
	store string // as --store names it
	data  string
	addr  string
	clock *clock
	stop  func()
}

// clock is real time, moved.
type clock struct{ moved atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.moved.Load())) }
func (c *clock) advance(d time.Duration) { c.moved.Add(int64(d)) }

// newHouse starts an empty Daybook.
func newHouse(t *testing.T) *house {
	t.Helper()
	return newHouseOn(t, app.DefaultStore)
}

// newHouseOn starts a Daybook on a store.
func newHouseOn(t *testing.T, store string) *house {
	t.Helper()
	h := &house{T: t, store: store, data: filepath.Join(t.TempDir(), "data"), addr: "127.0.0.1:0", clock: &clock{}}
	h.start()
	t.Cleanup(func() { h.stop() })
	return h
}

// start starts it on its data; the second time, where it was.
func (h *house) start() {
	h.Helper()
	allowed, err := egress.ParseAllowed([]string{"127.0.0.1"}) // where the tests' own endpoints are
	h.check(err)
	daybook, err := app.New(context.Background(), app.Config{
		Addr: h.addr, Data: h.data, Store: h.store, MaxBody: app.DefaultMaxBody,
		AdminToken: adminToken, MasterKey: masterKey, ReusableLogIn: true,
		AllowPrivate: allowed, Version: "0.0.0-test", Logger: slog.New(slog.DiscardHandler), Now: h.clock.now,
	})
	if err != nil {
		h.Fatalf("start: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- daybook.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		cancel()
		h.Fatalf("run: %v", err)
	}
	h.app, h.addr = daybook, daybook.Addr()
	h.stop = func() {
		cancel()
		if err := <-done; err != nil {
			h.Errorf("stop: %v", err)
		}
		h.stop = func() {}
	}
}

func (h *house) url() string { return "http://" + h.addr }

// connect makes the source of the tests with the template's mappings and more,
// and a secret.
func (h *house) connect(more ...rule.Mapping) *house {
	h.Helper()
	tmpl, ok := template.Get("stripe")
	if !ok {
		h.Fatal("there is no Stripe template")
	}
	mappings := append(sources.Defaults(tmpl).Mappings, more...)
	_, err := h.app.Sources().Put(h.Context(), place(), sources.Put{Template: "stripe", Mappings: &mappings}, "test")
	h.check(err)
	h.secret(secretText)
	return h
}

func (h *house) secret(text string) {
	h.Helper()
	_, err := h.app.Sources().AddSecret(h.Context(), place(), text, "test")
	h.check(err)
}

func (h *house) check(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// sender sends signed samples to the source of the tests, over HTTP.
func (h *house) sender(secret string) trigger.Sender {
	h.Helper()
	url, err := h.app.Sources().IngestURL(place())
	h.check(err)
	return h.senderTo(url, secret)
}

func (h *house) senderTo(url, secret string) trigger.Sender {
	h.Helper()
	return h.provider("stripe", url, secret)
}

// provider sends samples as the template's provider would, over HTTP.
func (h *house) provider(key, url, secret string) trigger.Sender {
	h.Helper()
	tmpl, _ := template.Get(key)
	signing, err := signature.NewSecret(secret)
	h.check(err)
	return trigger.Sender{Client: &http.Client{Timeout: patience}, URL: url, Template: tmpl, Secret: signing, Now: h.clock.now}
}

// send sends a sample; overrides are pairs of a path and a value. It returns
// the webhook's id.
func (h *house) send(eventType string, overrides ...any) string {
	h.Helper()
	sample := trigger.Sample{Type: eventType, Overrides: map[string]any{}}
	for i := 0; i < len(overrides); i += 2 {
		sample.Overrides[overrides[i].(string)] = overrides[i+1]
	}
	sent, err := h.sender(secretText).Send(h.Context(), sample)
	h.check(err)
	return sent[0].ID
}

// post sends a body that is made by hand, signed.
func (h *house) post(body string) string {
	h.Helper()
	sent, err := h.sender(secretText).Post(h.Context(), template.Request{Body: []byte(body)})
	h.check(err)
	return sent.ID
}

// forge sends what nobody's secret signed.
func (h *house) forge() {
	h.Helper()
	s := h.sender(secretText)
	body, err := s.Make(trigger.Sample{Type: "invoice.paid"})
	h.check(err)
	h.check(s.Forge(h.Context(), body))
}

// forgeWith sends what nobody's secret signed, and that is no JSON.
func (h *house) forgeWith(body string) {
	h.Helper()
	h.check(h.sender(secretText).Forge(h.Context(), template.Request{Body: []byte(body)}))
}

// tell tells the opening of the demo's story.
func (h *house) tell() *house {
	h.Helper()
	story, err := demo.New(h.Context(), demo.Config{
		Sources: h.app.Sources(), LocalURL: h.url(), Now: h.clock.now, Logger: slog.New(slog.DiscardHandler), Count: opening,
	})
	h.check(err)
	h.check(story.Run(h.Context()))
	h.settle()
	return h
}

// tellSlowly tells the opening again and again, a minute or so between the
// webhooks, so that the log looks as if it had been written for an hour.
func (h *house) tellSlowly(times int) {
	h.Helper()
	pauses, n, seen := [...]time.Duration{47, 15, 82, 33, 9, 61, 118, 26}, 0, 0
	now := func() time.Time { // asked while each webhook is made
		if arrived := h.arrived(seen); arrived > seen {
			seen = arrived
			h.settle()
			h.clock.advance(pauses[n%len(pauses)] * time.Second)
			n++
		}
		return h.clock.now()
	}
	for range times {
		story, err := demo.New(h.Context(), demo.Config{
			Sources: h.app.Sources(), LocalURL: h.url(), Now: now, Logger: slog.New(slog.DiscardHandler), Count: opening,
		})
		h.check(err)
		h.check(story.Run(h.Context()))
	}
	h.settle()
}

// arrived is how many requests the log shows, once they are more than before;
// or as many, if no more come for a moment.
func (h *house) arrived(before int) int {
	h.Helper()
	moment := time.NewTimer(100 * time.Millisecond)
	defer moment.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		var log struct{ Items []struct{ Deliveries int } }
		h.get("/api/v1/events?limit=500", &log)
		n := 0
		for _, item := range log.Items {
			n += item.Deliveries
		}
		if n > before {
			return n
		}
		select {
		case <-moment.C:
			return n
		case <-tick.C:
		}
	}
}

// opening is how many webhooks the demo's opening sends.
const opening = 23

// settle waits until all that came is shown, and nothing more happens to it.
func (h *house) settle() {
	h.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		var ready struct{ Projections struct{ Lag uint64 } }
		h.get("/readyz", &ready)
		var working struct{ Items []struct{ ID string } }
		h.get("/api/v1/events?status=processing", &working)
		if ready.Projections.Lag == 0 && len(working.Items) == 0 {
			return
		}
		if time.Now().After(deadline) {
			h.Fatalf("%d positions behind; still worked on: %v", ready.Projections.Lag, working.Items)
		}
		<-tick.C
	}
}

// get asks the server for JSON, as a program does.
func (h *house) get(path string, into any) {
	h.Helper()
	request, err := http.NewRequestWithContext(h.Context(), http.MethodGet, h.url()+path, nil)
	h.check(err)
	request.Header.Set("Authorization", "Bearer "+adminToken)
	response, err := http.DefaultClient.Do(request)
	h.check(err)
	defer func() { _ = response.Body.Close() }() // it was only read
	if response.StatusCode != http.StatusOK {
		h.Fatalf("%s answered %s", path, response.Status)
	}
	h.check(json.NewDecoder(response.Body).Decode(into))
}
