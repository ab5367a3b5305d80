package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"daybook/app/configuration"
	"daybook/app/ingest"
	"daybook/app/keyring"
	"daybook/app/metrics"
	"daybook/app/sources"
	"daybook/app/store/memory"
	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/signature"
	"daybook/domain/webhook"
)

func TestMain(m *testing.M) {
	// The server waits half a second after a connection that it closes.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

const secretText = "whsec_test_secret_of_ingest"

// clock stands still until it is moved.
type clock struct{ milliseconds atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.milliseconds.Store(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).UnixMilli())
	return c
}

func (c *clock) Now() time.Time             { return time.UnixMilli(c.milliseconds.Load()) }
func (c *clock) move(d time.Duration)       { c.milliseconds.Add(d.Milliseconds()) }
func (c *clock) at(d time.Duration) es.Time { return es.TimeOf(c.Now().Add(d)) }

// rig is ingest with real parts around it, all but the network.
type rig struct {
	t        testing.TB
	store    es.Store
	clock    *clock
	sources  *sources.Sources
	handler  *ingest.Handler
	registry metrics.Registry
	ingest   *metrics.Ingest
	at       sources.Place
	path     string // of the source's ingest URL

	mu       sync.Mutex
	accepted []ingest.Accepted
}

// newRig makes a Stripe source with a secret, and what takes its webhooks.
func newRig(t testing.TB, alter ...func(*ingest.Config)) *rig {
	t.Helper()
	c := newClock()
	r := &rig{t: t, clock: c, store: memory.New(memory.Options{}), registry: metrics.New(), at: sources.Place{Key: "stripe", Environment: "development"}}
	keys, err := keyring.New(make([]byte, keyring.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	conf := configuration.New(r.store, keys, slog.New(slog.DiscardHandler))
	runInBackground(t, conf.Run)
	r.sources = sources.New(sources.Config{Store: r.store, Configuration: conf, Keys: keys, Now: c.Now, PublicURL: ""})
	if _, err := r.sources.Put(t.Context(), r.at, sources.Put{}, "admin"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.sources.AddSecret(t.Context(), r.at, secretText, "admin"); err != nil {
		t.Fatal(err)
	}
	if r.path, err = r.sources.IngestURL(r.at); err != nil {
		t.Fatal(err)
	}
	r.ingest = metrics.NewIngest(r.registry)
	config := ingest.Config{
		Store: r.store, Configuration: conf, Now: c.Now, Metrics: r.ingest,
		Logger: slog.New(slog.DiscardHandler), Instance: "test", Accepted: r.accept,
	}
	for _, f := range alter {
		f(&config)
	}
	if r.handler, err = ingest.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.handler.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return r
}

func runInBackground(t testing.TB, run func(context.Context) error) {
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

func (r *rig) accept(a ingest.Accepted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accepted = append(r.accepted, a)
}

// settings changes the settings of the source.
func (r *rig) settings(overlay string) {
	r.t.Helper()
	if _, err := r.sources.Put(r.t.Context(), r.at, sources.Put{Settings: json.RawMessage(overlay)}, "admin"); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) flush() {
	r.t.Helper()
	if err := r.handler.Flush(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// call is a request to be made.
type call struct {
	method string // POST if empty
	path   string // the source's if empty
	body   []byte
	header http.Header
}

// signed is a call with the signature that Stripe would give it.
func (r *rig) signed(body string) call {
	return call{body: []byte(body), header: r.signature(secretText, body, 0)}
}

func (r *rig) signature(secret, body string, skew time.Duration) http.Header {
	r.t.Helper()
	s, err := signature.NewSecret(secret)
	if err != nil {
		r.t.Fatal(err)
	}
	return http.Header(signature.Stripe{}.Sign(s, nil, []byte(body), r.clock.at(skew)))
}

// reply is how a request was answered.
type reply struct {
	code   int
	header http.Header
	raw    string
	Status string
	ID     string
	Stream es.Stream
	Error  struct{ Code, Message string }
}

func readReply(t testing.TB, status int, header http.Header, body io.Reader) reply {
	t.Helper()
	raw, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	got := reply{code: status, header: header, raw: string(raw)}
	if header.Get("Content-Type") == "application/json" {
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatalf("%d %s: %v", status, raw, err)
		}
	}
	return got
}

// do makes a call without a network in between.
func (r *rig) do(c call) reply {
	r.t.Helper()
	return r.doBody(c, bytes.NewReader(c.body))
}

func (r *rig) doBody(c call, body io.Reader) reply {
	r.t.Helper()
	req := httptest.NewRequestWithContext(r.t.Context(), orElse(c.method, http.MethodPost), orElse(c.path, r.path), body)
	if c.header != nil {
		req.Header = c.header
	}
	w := httptest.NewRecorder()
	r.mux().ServeHTTP(w, req)
	return readReply(r.t, w.Code, w.Header(), w.Body)
}

func (r *rig) mux() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/in/{token}", r.handler)
	mux.HandleFunc("/other", func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Err() != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	return mux
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// accepts fails the test unless a webhook with a new key is accepted.
func (r *rig) accepts(key string) reply {
	r.t.Helper()
	got := r.do(r.signed(event(key)))
	if got.code != 200 || got.Status != "accepted" {
		r.t.Fatalf("a valid webhook was not accepted: %d %s", got.code, got.raw)
	}
	return got
}

func event(id string) string {
	return fmt.Sprintf(`{"id": %q, "object": "event", "type": "invoice.paid", "created": 1700000000, "data": {"object": {"id": "in_1", "customer": "cus_1"}}}`, id)
}

// served is a rig behind a server as app configures it.
type served struct {
	*rig
	addr   string
	client *http.Client
}

func serve(t testing.TB, alter ...func(*ingest.Config)) served {
	t.Helper()
	r := newRig(t, alter...)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: r.mux()}
	ingest.Limit(server)
	runInBackground(t, func(context.Context) error {
		if err := server.Serve(ingest.CountLargeHeaders(listener, r.ingest)); err != http.ErrServerClosed {
			return err
		}
		return nil
	})
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return served{rig: r, addr: listener.Addr().String(), client: &http.Client{Transport: transport}}
}

// send makes a call over the network.
func (s served) send(c call) reply {
	s.t.Helper()
	return s.sendBody(c, bytes.NewReader(c.body))
}

func (s served) sendBody(c call, body io.Reader) reply {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), orElse(c.method, http.MethodPost), "http://"+s.addr+orElse(c.path, s.path), body)
	if err != nil {
		s.t.Fatal(err)
	}
	if c.header != nil {
		req.Header = c.header
	}
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return readReply(s.t, res.StatusCode, res.Header, res.Body)
}

// dial opens a connection and writes to it.
func (s served) dial(text string) net.Conn {
	s.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(s.t.Context(), "tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// counted returns a line of the metrics.
func (r *rig) counted(metric string) string {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.registry.Handler().ServeHTTP(w, httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if rest, ok := strings.CutPrefix(line, metric+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return "0"
}

func (r *rig) expectCounted(metric, want string) {
	r.t.Helper()
	if got := r.counted(metric); got != want {
		r.t.Errorf("%s is %s, want %s", metric, got, want)
	}
}

// stored returns the events of all streams with a prefix, in order.
func (r *rig) stored(prefix string) []es.Recorded {
	r.t.Helper()
	var all []es.Recorded
	for recorded, err := range r.store.ReadAll(r.t.Context(), es.Start, es.Forward) {
		if err != nil {
			r.t.Fatal(err)
		}
		if strings.HasPrefix(string(recorded.Stream), prefix) {
			all = append(all, recorded)
		}
	}
	return all
}

// webhook returns a webhook's stream, folded.
func (r *rig) webhook(stream es.Stream) webhook.State {
	r.t.Helper()
	var state webhook.State
	for recorded, err := range r.store.ReadStream(r.t.Context(), stream, es.FirstRevision, es.Forward) {
		if err != nil {
			r.t.Fatal(err)
		}
		fact, err := webhook.Codec().Decode(recorded)
		if err != nil {
			r.t.Fatal(err)
		}
		state = webhook.Evolve(state, fact)
	}
	return state
}

// rejections returns what is recorded of refused requests.
func (r *rig) rejections() []rejection.Event {
	r.t.Helper()
	r.flush()
	var events []rejection.Event
	for _, recorded := range r.stored(rejection.StreamPrefix) {
		fact, err := rejection.Codec().Decode(recorded)
		if err != nil {
			r.t.Fatal(err)
		}
		events = append(events, fact.Event)
	}
	return events
}
