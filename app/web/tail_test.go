package web_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"daybook/app/trigger"
)

// message is one server-sent event.
type message struct{ id, event, data string }

// follower reads server-sent events over a connection.
type follower struct {
	t     *testing.T
	lines *bufio.Scanner
	close func()
}

// follow connects to the stream of rows.
func (h *house) follow(server *httptest.Server, path string, header ...string) *follower {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
	check(h.t, err)
	r.AddCookie(h.cookie)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := server.Client().Do(r)
	check(h.t, err)
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		h.t.Fatalf("status %d, %s", response.StatusCode, response.Header.Get("Content-Type"))
	}
	if response.Header.Get("X-Accel-Buffering") != "no" {
		h.t.Error("a proxy may hold the rows back")
	}
	f := &follower{t: h.t, lines: bufio.NewScanner(response.Body), close: func() { cancel(); _ = response.Body.Close() }}
	h.t.Cleanup(f.close)
	return f
}

// next returns the next event; comments are passed over.
func (f *follower) next() message {
	f.t.Helper()
	var m message
	var data []string
	for f.lines.Scan() {
		name, value, _ := strings.Cut(f.lines.Text(), ": ")
		switch name {
		case "id":
			m.id = value
		case "event":
			m.event = value
		case "data":
			data = append(data, value)
		case "":
			if m.data = strings.Join(data, "\n"); m.data != "" {
				return m
			}
		}
	}
	f.t.Fatalf("the stream ended: %v", f.lines.Err())
	return m
}

// until returns the event that shows an item with a status.
func (f *follower) until(id, status string) message {
	f.t.Helper()
	for {
		m := f.next()
		if strings.Contains(m.data, `id="e-`+id+`"`) && strings.Contains(m.data, status) {
			return m
		}
	}
}

func TestRowsComeLive(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)

	f := h.follow(server, "/tail?environment=development")
	first := h.send(trigger.Sample{Type: "invoice.paid"})
	m := f.until(first, "succeeded")
	if m.event != "" || m.id == "" || !strings.HasPrefix(m.data, "<tr") {
		t.Errorf("the row came as %+v", m)
	}
	f.close()

	// What came meanwhile is caught up with, and nothing is told again.
	second := h.send(trigger.Sample{Type: "charge.refunded"})
	again := h.follow(server, "/tail?environment=development&after=0", "Last-Event-ID", m.id)
	if got := again.next(); !strings.Contains(got.data, `id="e-`+second+`"`) {
		t.Errorf("after %s came %+v", m.id, got)
	}
	again.close()

	// Without Last-Event-ID the position of the page counts, and the filters do.
	only := h.follow(server, "/tail?type=charge.*&after=0")
	if got := only.next(); !strings.Contains(got.data, second) {
		t.Errorf("a row that the filters leave out: %+v", got)
	}
}

func TestTheTailTheyPointTo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	page := h.get("/sources/stripe/development/events").is(http.StatusOK).shows("Waiting for the first webhook")
	path := attribute(t, page.body, "hx-sse:connect")
	f := h.follow(server, path)
	id := h.send(trigger.Sample{Type: "customer.created"})
	f.until(id, "")
	h.get("/sources/stripe/development/events").shows(id).lacks("Waiting for the first webhook")
}

func TestATailThatCannotBe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/tail?status=none", "/tail?after=x", "/tail?after=99999999"} {
		h.get(path).is(http.StatusUnprocessableEntity)
	}
}
