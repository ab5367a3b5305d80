package ingest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"daybook/app/ingest"
)

// answerOn reads an answer from a connection, and fails the test if there is none
// for long.
func answerOn(t *testing.T, conn net.Conn) reply {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return readReply(t, res.StatusCode, res.Header, res.Body)
}

func (s served) head(path string, length int, header http.Header) string {
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n", path, length)
	if err := header.Write(&b); err != nil {
		s.t.Fatal(err)
	}
	return b.String() + "\r\n"
}

func TestSlowSendersAreBounded(t *testing.T) {
	t.Parallel()

	s := serve(t, func(c *ingest.Config) { c.BodyTimeout = 500 * time.Millisecond })
	body := event("evt_1")
	header := s.signature(secretText, body, 0)

	got := answerOn(t, s.dial(s.head(s.path, len(body), header)+body[:10]))
	if got.code != 408 || got.Error.Code != "body_incomplete" {
		t.Errorf("a body that stops: %d %s", got.code, got.raw)
	}
	if got := answerOn(t, s.dial(s.head("/in/unknown", len(body), header))); got.code != 404 {
		t.Errorf("to nobody: %d %s", got.code, got.raw)
	}
	if got := s.send(s.signed(event("evt_1"))); got.Status != "accepted" {
		t.Errorf("meanwhile: %d %s", got.code, got.raw)
	}
	if n := len(s.rejections()); n != 1 {
		t.Errorf("%d rejections, want that of the body that stops", n)
	}
}

// The store may take longer than the rest of the time for the body.
func TestTheTimeForABodyIsNotThatForTheStore(t *testing.T) {
	t.Parallel()

	const limit = 250 * time.Millisecond
	reached, proceed := make(chan struct{}), make(chan struct{})
	s := serve(t, func(c *ingest.Config) {
		c.BodyTimeout = limit
		c.Accepted = func(ingest.Accepted) { close(reached); <-proceed }
	})
	body := event("evt_1")
	conn := s.dial(s.head(s.path, len(body), s.signature(secretText, body, 0)) + body)
	<-reached
	<-time.After(2 * limit) // the limit passes while the request is worked on
	close(proceed)
	if got := answerOn(t, conn); got.Status != "accepted" {
		t.Errorf("%d %s", got.code, got.raw)
	}
	// The connection is good for another request.
	if _, err := io.WriteString(conn, "GET /other HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if got := answerOn(t, conn); got.code != 200 {
		t.Errorf("on the same connection: %d %s", got.code, got.raw)
	}
}

func TestABodyThatIsCutOff(t *testing.T) {
	t.Parallel()

	s := serve(t)
	body := event("evt_1")
	conn := s.dial(s.head(s.path, len(body), s.signature(secretText, body, 0)) + body[:10])
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got := answerOn(t, conn); got.code != 400 || got.Error.Code != "body_incomplete" {
		t.Errorf("%d %s", got.code, got.raw)
	}
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func TestEndlessSendersAreBounded(t *testing.T) {
	t.Parallel()

	s := serve(t)
	got := s.sendBody(s.signed(""), endless{})
	if got.code != 413 || got.Error.Code != "body_too_large" {
		t.Errorf("%d %s", got.code, got.raw)
	}
	// A body of unknown length may be as large as any other.
	body := `{"id":"evt_1","pad":"` + strings.Repeat("x", 200_000) + `"}`
	if got := s.sendBody(s.signed(body), io.MultiReader(strings.NewReader(body))); got.Status != "accepted" {
		t.Errorf("chunked: %d %s", got.code, got.raw)
	}
	if stored := s.stored("webhook-"); len(stored) != 1 || string(stored[0].Data) != body {
		t.Errorf("%d events are stored", len(stored))
	}
}

func TestALargePromiseTakesNoMemory(t *testing.T) {
	t.Parallel()

	const senders = 10
	s := serve(t, func(c *ingest.Config) { c.MaxMemory = 2 << 20 })
	for range senders { // of 10 MiB together
		s.dial(s.head(s.path, 1<<20, nil) + "{")
	}
	for i := range senders {
		if got := s.send(s.signed(event(fmt.Sprint("evt_", i)))); got.Status != "accepted" {
			t.Errorf("meanwhile: %d %s", got.code, got.raw)
		}
	}
}

func TestTooMuchAtOnceIsRefusedForNow(t *testing.T) {
	t.Parallel()

	s := serve(t, func(c *ingest.Config) { c.MaxMemory = 100 << 10 })
	large := `{"id":"evt_1","pad":"` + strings.Repeat("x", 200<<10) + `"}`
	got := s.send(s.signed(large))
	if got.code != 503 || got.Error.Code != "overloaded" || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.code, got.raw)
	}
	s.accepts("evt_2")
	if rejections := s.rejections(); len(rejections) != 0 {
		t.Errorf("rejections: %+v", rejections)
	}
	s.expectCounted(`daybook_ingest_requests_total{code="overloaded"}`, "1")
}

// What decoded bodies take is waited for.
func TestManyLargeBodiesAtOnce(t *testing.T) {
	t.Parallel()

	const senders = 16
	s := serve(t, func(c *ingest.Config) { c.MaxMemory = 8 << 20 })
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() {
			large := fmt.Sprintf(`{"id":"evt_%d","pad":"%s"}`, i, strings.Repeat("x", 400<<10))
			if got := s.send(s.signed(large)); got.Status != "accepted" {
				t.Errorf("%d %s", got.code, got.raw)
			}
		})
	}
	all.Wait()
}

func TestASenderThatGoesAwayLosesNothing(t *testing.T) {
	t.Parallel()

	s := serve(t)
	body := event("evt_1")
	conn := s.dial(s.head(s.path, len(body), s.signature(secretText, body, 0)) + body)
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	// Whether it came in before the connection was seen to be gone or not, sent
	// again it is there, once.
	if got := s.send(s.signed(body)); got.code != 200 {
		t.Errorf("%d %s", got.code, got.raw)
	}
	if n := len(s.webhook("webhook-development.stripe.evt_1").Generations); n != 1 {
		t.Errorf("%d generations", n)
	}
}

func TestManyConnectionsAreServedAtOnce(t *testing.T) {
	t.Parallel()

	const connections = 1024
	s := serve(t)
	body := event("evt_1")
	conns := make([]net.Conn, connections)
	for i := range conns {
		conns[i] = s.dial(s.head(s.path, len(body), s.signature(secretText, body, 0)))
	}
	for _, conn := range conns {
		if _, err := io.WriteString(conn, body); err != nil {
			t.Fatal(err)
		}
	}
	for _, conn := range conns {
		if got := answerOn(t, conn); got.code != 200 {
			t.Errorf("%d %s", got.code, got.raw)
		}
	}
	s.flush()
	if n := s.webhook("webhook-development.stripe.evt_1").Current().Deliveries; n != connections {
		t.Errorf("%d deliveries", n)
	}
}
