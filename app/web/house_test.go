package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"daybook/app/access"
	"daybook/app/alerts"
	"daybook/app/configuration"
	"daybook/app/destination"
	"daybook/app/destination/egress"
	"daybook/app/destination/local"
	"daybook/app/detail"
	"daybook/app/environments"
	"daybook/app/ingest"
	"daybook/app/keyring"
	"daybook/app/metrics"
	"daybook/app/readmodel"
	"daybook/app/rebuild"
	"daybook/app/rehearse"
	"daybook/app/replay"
	"daybook/app/sources"
	"daybook/app/steer"
	"daybook/app/store/memory"
	"daybook/app/tail"
	"daybook/app/trigger"
	"daybook/app/web"
	"daybook/app/worker"
	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/actions"
	"daybook/projections/directory"
	"daybook/projections/eventlog"
	"daybook/projections/streams"
	"daybook/projections/worklist"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	adminToken = "an admin token for tests"
	secretText = "whsec_a_secret_for_the_pages"
	host       = "127.0.0.1:8080"
)

// house is a whole Daybook without a network, seen through its pages.
type house struct {
	t       *testing.T
	store   es.Store
	sources *sources.Sources
	runner  *projections.Runner
	events  *eventlog.Log
	access  *access.Access
	trigger *trigger.Trigger
	alerts  *alerts.Alerts
	ingest  http.Handler
	handler http.Handler
	cookie  *http.Cookie
}

// place is where the source of the tests is.
func place() sources.Place { return sources.Place{Key: "stripe", Environment: "development"} }

// newHouse opens an empty house, and logs in.
func newHouse(t *testing.T) *house {
	t.Helper()
	return newHouseWith(t, local.Destination{})
}

// newHouseWith is one whose actions go to a destination.
func newHouseWith(t *testing.T, to destination.Destination) *house {
	t.Helper()
	store := memory.New(memory.Options{})
	logger := slog.New(slog.DiscardHandler)
	keys, err := keyring.New(make([]byte, keyring.MasterKeySize))
	check(t, err)
	conf := configuration.New(store, keys, logger)
	runner, err := readmodel.Open(t.Context(), t.TempDir(), store, "the log", logger)
	check(t, err)
	t.Cleanup(func() { check(t, runner.Close()) })

	registry := metrics.New()
	configures := sources.New(sources.Config{Store: store, Configuration: conf, Keys: keys, Now: time.Now, PublicURL: "http://" + host})
	works := worker.New(worker.Config{
		Store: store, Rules: conf, Pauser: configures, Destinations: destination.Only{Destination: to}, Worklist: worklist.New(runner), Changed: runner.Changed,
		Metrics: metrics.NewWorker(registry), Logger: logger, Now: time.Now, Instance: "test", Start: "test", Alone: true,
	})
	takes, err := ingest.New(ingest.Config{
		Store: store, Configuration: conf, Now: time.Now, Metrics: metrics.NewIngest(registry), Logger: logger, Instance: "test",
		Accepted: func(a ingest.Accepted) { works.Hand(worker.Work{Ref: a.Ref, Loaded: a.Loaded, Body: a.Body}) },
	})
	check(t, err)
	inBackground(t, works.Run)
	inBackground(t, runner.Run)
	inBackground(t, conf.Run)
	t.Cleanup(func() { check(t, takes.Close(context.Background())) })

	rebuilder := rebuild.New(runner, time.Now, logger)
	t.Cleanup(rebuilder.Close)
	steering := steer.New(steer.Config{Store: store, Actions: actions.New(runner), WaitFor: runner.WaitFor, Now: time.Now})
	t.Cleanup(steering.Close)
	client := egress.New(egress.Config{TLSOnly: true})
	t.Cleanup(client.Close)
	tells := alerts.New(alerts.Config{
		Store: store, Configuration: conf, ReadModels: runner, Events: eventlog.New(runner), Actions: actions.New(runner),
		Keys: keys, Client: client, Metrics: metrics.NewAlerts(registry), Logger: logger, Now: time.Now,
		Instance: "test", Machine: "test", Data: t.TempDir(), PublicURL: "http://" + host,
	})
	inBackground(t, tells.Run)
	h := &house{
		alerts: tells,
		t:      t, store: store, runner: runner, events: eventlog.New(runner), ingest: takes,
		access:  access.New(adminToken, keys, false, time.Now),
		sources: configures,
		trigger: trigger.New(conf, takes, runner, time.Now),
	}
	check(t, conf.WaitLoaded(t.Context()))
	h.handler = web.New(web.Config{
		Access: h.access, Hosts: access.NewHosts(host, ""), Store: store, Configuration: conf, Sources: h.sources,
		ReadModels: runner, Events: h.events, Streams: streams.New(runner), Directory: directory.New(runner, store),
		Details:  &detail.Reader{Store: store},
		Tail:     &tail.Tail{Store: store, Runner: runner, Events: h.events},
		Replay:   replay.New(replay.Config{Store: store, Configuration: conf}),
		Rehearse: rehearse.New(rehearse.Config{Store: store, Configuration: conf, Now: time.Now}),
		Trigger:  h.trigger, Rebuild: rebuilder, Alerts: tells, Actions: actions.New(runner), Steering: steering, Lanes: works.Lanes,
		Environments: environments.New(environments.Config{
			Store: store, Configuration: conf, Keys: keys, Now: time.Now, CheckURL: func(string) error { return nil },
		}),
		House: web.House{Version: "0.0.0-test", Store: "memory", LogID: "the log", PublicURL: "http://" + host, StartedAt: time.Now()},
		Now:   time.Now, Logger: logger,
	}).Handler()
	w := httptest.NewRecorder()
	h.access.Begin(w)
	h.cookie = w.Result().Cookies()[0]
	return h
}

func inBackground(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what a page answered.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// serve sends a request to the pages; alter may change it first.
func (h *house) serve(r *http.Request, alter ...func(*http.Request)) answer {
	h.t.Helper()
	r.Host = host
	r.AddCookie(h.cookie)
	for _, f := range alter {
		f(r)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return answer{h.t, w.Code, w.Header(), w.Body.String()}
}

func (h *house) get(path string, alter ...func(*http.Request)) answer {
	h.t.Helper()
	return h.serve(httptest.NewRequestWithContext(h.t.Context(), http.MethodGet, path, nil), alter...)
}

// post sends a form, as pairs of names and values.
func (h *house) post(path string, form url.Values, alter ...func(*http.Request)) answer {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.serve(r, alter...)
}

// form makes values of pairs.
func form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values
}

func stranger(r *http.Request) { r.Header.Del("Cookie") }

// excerpt is the content of the page, without its frame and not without end.
func (a answer) excerpt() string {
	text := a.body
	if i := strings.Index(text, "<main"); i >= 0 {
		text = text[i:]
	}
	return text[:min(len(text), 3000)]
}

func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.excerpt())
	}
	return a
}

// shows fails unless the page holds every text.
func (a answer) shows(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.t.Errorf("the page lacks %q: %s", text, a.excerpt())
		}
	}
	return a
}

func (a answer) lacks(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.t.Errorf("the page has %q: %s", text, a.excerpt())
		}
	}
	return a
}

// leads fails unless the answer is a 303 to path.
func (a answer) leads(path string) answer {
	a.t.Helper()
	if got := a.header.Get("Location"); a.status != http.StatusSeeOther || got != path {
		a.t.Fatalf("status %d to %q, want 303 to %q: %s", a.status, got, path, a.excerpt())
	}
	return a
}

// connect makes the source of the tests, with a secret.
func (h *house) connect() {
	h.t.Helper()
	_, err := h.sources.Put(h.t.Context(), place(), sources.Put{}, "admin")
	check(h.t, err)
	_, err = h.sources.AddSecret(h.t.Context(), place(), secretText, "admin")
	check(h.t, err)
}

// send sends a sample, and returns its id when nothing more happens to it.
func (h *house) send(sample trigger.Sample) string {
	h.t.Helper()
	sender, err := h.trigger.Sender(place().Key, place().Environment)
	check(h.t, err)
	sent, err := sender.Send(h.t.Context(), sample)
	check(h.t, err)
	h.settle(sent[0].ID)
	return sent[0].ID
}

// forge sends what no secret signed, and returns the id of the rejection.
func (h *house) forge() string {
	h.t.Helper()
	sender, err := h.trigger.Sender(place().Key, place().Environment)
	check(h.t, err)
	body, err := sender.Make(trigger.Sample{Type: "invoice.paid"})
	check(h.t, err)
	check(h.t, sender.Forge(h.t.Context(), body))
	return "rejection.development.stripe.0"
}

// settle waits until the log shows an item to which nothing more happens.
func (h *house) settle(id string) {
	h.t.Helper()
	for {
		changed := h.runner.Changed()
		item, err := h.events.Get(h.t.Context(), id)
		if err == nil && item.Status != "processing" {
			return
		}
		h.wait(changed)
	}
}

// wait waits for the read models to change.
func (h *house) wait(changed <-chan struct{}) {
	h.t.Helper()
	select {
	case <-changed:
	case <-time.After(10 * time.Second):
		h.t.Fatal("nothing has changed for 10 s")
	}
}

// level waits until the read models show all that was appended.
func (h *house) level() {
	h.t.Helper()
	head, err := h.store.Head(h.t.Context())
	check(h.t, err)
	check(h.t, h.runner.WaitFor(h.t.Context(), head))
}
