package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"daybook/app"
	"daybook/domain/es"
	"daybook/domain/signature"
)

const (
	adminToken = "the-admin-token-of-the-tests"
	secretText = "whsec_the_secret_of_the_tests"
)

// house is a whole Daybook, as it is served, with a directory of its own.
type house struct {
	t      testing.TB
	url    string
	client *http.Client
	ahead  atomic.Int64 // how far its clock is ahead, in nanoseconds
}

func (h *house) now() time.Time          { return time.Now().Add(time.Duration(h.ahead.Load())) }
func (h *house) advance(d time.Duration) { h.ahead.Add(int64(d)) }

func open(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, client: &http.Client{Transport: &http.Transport{}}}
	daybook, err := app.New(t.Context(), app.Config{
		Addr: "127.0.0.1:0", Data: t.TempDir(), Store: app.DefaultStore, MaxBody: app.DefaultMaxBody,
		AdminToken: adminToken, ReusableLogIn: true, Version: "test", Logger: slog.New(slog.DiscardHandler), Now: h.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.url = daybook.URL()
	ctx, stop := context.WithCancel(context.Background())
	ready := make(chan struct{})
	var running errgroup.Group
	running.Go(func() error { return daybook.Run(ctx, func() { close(ready) }) })
	t.Cleanup(func() {
		h.client.CloseIdleConnections()
		stop()
		if err := running.Wait(); err != nil {
			t.Error(err)
		}
	})
	<-ready
	return h
}

// withSource opens a Daybook with the source stripe in development, and its
// secret.
func withSource(t testing.TB) *house {
	t.Helper()
	h := open(t)
	h.want(201, h.put("/sources/stripe?environment=development", `{"source":{}}`))
	h.want(201, h.post("/sources/stripe/secrets?environment=development", `{"secret":"`+secretText+`"}`))
	return h
}

// call is a request to be made.
type call struct {
	method string
	path   string // of /api/v1, or from / where it begins with //
	body   string
	header http.Header // beside the token; nil values take a header away
	host   string
}

// answer is what came of a call.
type answer struct {
	call
	status int
	header http.Header
	body   []byte
}

// do makes a call, and holds the answer against openapi.json.
func (h *house) do(c call) answer {
	h.t.Helper()
	address := h.url + "/api/v1" + c.path
	if rest, ok := strings.CutPrefix(c.path, "//"); ok {
		address = h.url + "/" + rest
	}
	r, err := http.NewRequestWithContext(h.t.Context(), c.method, address, strings.NewReader(c.body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	maps.Copy(r.Header, c.header)
	if c.host != "" {
		r.Host = c.host
	}
	response, err := h.client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	a := answer{call: c, status: response.StatusCode, header: response.Header, body: body}
	described(h.t, r, a)
	if bytes.Contains(body, []byte(secretText)) {
		h.t.Errorf("%s %s gives the secret away: %s", c.method, c.path, body)
	}
	return a
}

func (h *house) get(path string) answer {
	h.t.Helper()
	return h.do(call{method: http.MethodGet, path: path})
}

func (h *house) put(path, body string) answer {
	h.t.Helper()
	return h.do(call{method: http.MethodPut, path: path, body: body})
}

func (h *house) post(path, body string) answer {
	h.t.Helper()
	return h.do(call{method: http.MethodPost, path: path, body: body})
}

func (h *house) delete(path string) answer {
	h.t.Helper()
	return h.do(call{method: http.MethodDelete, path: path})
}

// want fails the test unless a call was answered with a status.
func (h *house) want(status int, a answer) answer {
	h.t.Helper()
	if a.status != status {
		h.t.Fatalf("%s %s: %d, want %d: %.500s", a.method, a.path, a.status, status, a.body)
	}
	return a
}

// read reads the answer as JSON.
func read[T any](t testing.TB, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%s %s: %v: %.500s", a.method, a.path, err, a.body)
	}
	return v
}

// at returns what stands in an answer under names, in turn.
func at(t testing.TB, a answer, names ...string) any {
	t.Helper()
	v := read[any](t, a)
	for _, name := range names {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// items returns the items of a list.
func items(t testing.TB, a answer) []map[string]any {
	t.Helper()
	return read[struct{ Items []map[string]any }](t, a).Items
}

// problem is what an error says.
type problem struct {
	Error struct {
		Code, Message string
	}
	Errors []struct{ Field, Message string }
}

// ingestURL is the path of the source's ingest URL, as //in/….
func (h *house) ingestURL(key, environment string) string {
	h.t.Helper()
	a := h.want(200, h.get("/sources/"+key+"?environment="+environment))
	endpoint, _ := at(h.t, a, "source", "environment_settings", environment, "settings", "endpoint").(string)
	return "/" + strings.TrimPrefix(endpoint, h.url)
}

// send sends a webhook to an ingest URL.
func (h *house) send(url, secret, body string) answer {
	h.t.Helper()
	s, err := signature.NewSecret(secret)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.do(call{method: http.MethodPost, path: url, body: body, header: signature.Stripe{}.Sign(s, nil, []byte(body), es.TimeOf(h.now()))})
}

// event is a webhook's body.
func event(id, eventType string) string {
	return fmt.Sprintf(`{"id":%q,"object":"event","type":%q,"created":1700000000,"data":{"object":{"id":"in_%s","customer":"cus_1","amount_due":900}}}`, id, eventType, id)
}

// frame is one server-sent event.
type frame struct {
	id, name string
	item     struct{ ID, Status string }
	comment  string
}

// tail follows the log; the function that it returns gives the next event.
func (h *house) tail(path string, header http.Header) (next func() frame, stop func()) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+"/api/v1"+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	maps.Copy(r.Header, header)
	response, err := h.client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	if response.StatusCode != 200 || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		h.t.Fatalf("%s: %d %s", path, response.StatusCode, response.Header)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	next = func() frame {
		h.t.Helper()
		var f frame
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				f.id = value
			case "event":
				f.name = value
			case "data":
				if err := json.Unmarshal([]byte(value), &f.item); err != nil {
					h.t.Fatalf("%s: %v", value, err)
				}
				fits(h.t, "the tail", "Item", []byte(value))
				answered().Store("tail", true)
			case "":
				if value != "" {
					f.comment = value
					continue
				}
				return f
			}
		}
		h.t.Fatalf("the tail ended: %v", lines.Err())
		return f
	}
	return next, func() { cancel(); _ = response.Body.Close() }
}

// settled waits until nothing is to be done any more for webhooks, and returns
// where each stands.
func (h *house) settled(ids ...string) map[string]string {
	h.t.Helper()
	next, stop := h.tail("/tail?after=0", nil)
	defer stop()
	statuses := map[string]string{}
	for len(statuses) < len(ids) {
		f := next()
		for _, id := range ids {
			if f.item.ID == id && f.item.Status != "processing" {
				statuses[id] = f.item.Status
			}
		}
	}
	return statuses
}
