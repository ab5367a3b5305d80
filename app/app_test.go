package app_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"daybook/app"
	"daybook/app/identity"
	"daybook/app/store/embedded"
	"daybook/app/trigger"
	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/template"
)

func config(t *testing.T) app.Config {
	t.Helper()
	return app.Config{
		Addr: "127.0.0.1:0", Data: t.TempDir(), Store: app.DefaultStore, MaxBody: app.DefaultMaxBody,
		AdminToken: adminToken, MasterKey: masterKey, Version: "test",
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	}
}

// running is an App that runs in this process.
type running struct {
	*app.App
	stop  context.CancelFunc
	ended chan error
}

// run puts an App together and returns once it listens.
func run(t *testing.T, c app.Config) *running {
	t.Helper()
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{App: a, stop: stop, ended: make(chan error, 1)}
	listening := make(chan struct{})
	go func() { r.ended <- a.Run(ctx, func() { close(listening) }); close(r.ended) }()
	t.Cleanup(func() {
		stop()
		for range r.ended { // it is closed at the end; a test that wants to know how it ended calls end
		}
	})
	select {
	case <-listening:
	case err := <-r.ended:
		t.Fatalf("it ended: %v", err)
	case <-time.After(patience):
		t.Fatal("it does not listen")
	}
	return r
}

// end stops the App, and fails unless it ends well within 10 s.
func (r *running) end(t *testing.T) {
	t.Helper()
	r.stop()
	select {
	case err := <-r.ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it did not stop within 10 s")
	}
}

// newClient is a client whose connections end with the test, as goleak wants.
func newClient(t *testing.T) *http.Client {
	t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func get(t *testing.T, client *http.Client, url, token string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return do(t, client, request)
}

func do(t *testing.T, client *http.Client, request *http.Request) (status int, body string) {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestRunAnswersWhatItIsAsked(t *testing.T) {
	t.Parallel()
	r := run(t, config(t))
	client := newClient(t)
	path := connect(t, r.LocalURL())
	if _, err := sender(t, client, r.LocalURL()+path).Send(t.Context(), trigger.Sample{Type: "customer.created"}); err != nil {
		t.Fatal(err)
	}
	for _, asked := range []struct {
		path, token string
		status      int
		has         string
	}{
		{"/healthz", "", http.StatusOK, `"status":"alive"`},
		{"/readyz", "", http.StatusOK, `"status":"ready","store":"reachable","configuration":"loaded","projections":{`},
		{"/metrics", "", http.StatusOK, "daybook_"},
		{"/api/v1/events", "", http.StatusUnauthorized, "unauthorized"},
		{"/api/v1/events", "a wrong token of some length", http.StatusUnauthorized, "unauthorized"},
		{"/api/v1/events", adminToken, http.StatusOK, `"items":[`},
		{"/api/v1/nothing", adminToken, http.StatusNotFound, "not_found"},
		{"/", "", http.StatusSeeOther, "/login"},
		{"/login", "", http.StatusOK, "<form"},
		{"/in/nobody", "", http.StatusMethodNotAllowed, "method_not_allowed"},
		{"/in/nobody/", "", http.StatusMethodNotAllowed, "method_not_allowed"},
		{"/in/", "", http.StatusMethodNotAllowed, "method_not_allowed"},
		{strings.TrimPrefix(r.LogInURL(), r.LocalURL()), "", http.StatusSeeOther, ""},
	} {
		status, body := get(t, client, r.LocalURL()+asked.path, asked.token)
		if status != asked.status || !strings.Contains(body, asked.has) {
			t.Errorf("GET %s: %d, %s", asked.path, status, body)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		answer, err := client.Head(r.LocalURL() + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close() // of HEAD: there is none
		if answer.StatusCode != http.StatusOK {
			t.Errorf("HEAD %s: %s", path, answer.Status)
		}
	}
	r.end(t)
	if _, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.Addr()); err == nil {
		t.Error("it still listens")
	}
}

// A stop ends what is live at once, waits for what is under way, cuts off what
// hangs, and writes down what was counted.
func TestStop(t *testing.T) {
	t.Parallel()
	c := config(t)
	var log lockedBuffer
	c.Logger = slog.New(slog.NewJSONHandler(&log, nil))
	r := run(t, c)
	client := newClient(t)
	path := connect(t, r.LocalURL())
	stripe := sender(t, client, r.LocalURL()+path)

	tails := []io.Reader{openTail(t, client, r.LocalURL()), openTail(t, client, r.LocalURL())}
	underWay, hanging := slowWebhook(t, stripe, "evt_under_way"), slowWebhook(t, stripe, "evt_hanging")
	change := slowly(t, http.MethodPut, r.LocalURL()+"/api/v1/sources/second?environment=development",
		[]byte(`{"source":{}}`), http.Header{"Authorization": {"Bearer " + adminToken}})
	if err := stripe.Forge(t.Context(), template.Request{Body: []byte(`{"id":"evt_forged"}`)}); err != nil {
		t.Fatal(err)
	}

	began := time.Now()
	r.stop()
	for _, tail := range tails {
		if _, err := io.Copy(io.Discard, tail); err != nil {
			t.Errorf("a tail was cut off: %v", err)
		}
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("tails ended after %s only", took)
	}
	if status, body, err := underWay.finish(); err != nil || status != http.StatusOK {
		t.Errorf("a webhook under way was answered with %d, %v: %s", status, err, body)
	}
	if status, body, err := change.finish(); err != nil || status != http.StatusCreated {
		t.Errorf("a change under way was answered with %d, %v: %s", status, err, body)
	}
	r.end(t)
	if took := time.Since(began); took > 9*time.Second {
		t.Errorf("the stop took %s", took)
	}
	if status, body, err := hanging.answer(); err == nil {
		t.Errorf("a webhook that never came was answered with %d: %s", status, body)
	}
	if !strings.Contains(log.String(), "requests that took too long were cut off") {
		t.Errorf("the log does not say that something was cut off: %s", log.String())
	}
	streams := streamsOf(t, c.Data)
	for stream, want := range map[es.Stream]bool{
		"webhook-development.stripe.evt_under_way": true,
		"webhook-development.stripe.evt_hanging":   false,
		"rejection-development.stripe":             true,
	} {
		if streams[stream] != want {
			t.Errorf("%s is in the log: %t", stream, streams[stream])
		}
	}
}

// openTail follows the log, and returns once the server has begun to answer.
func openTail(t *testing.T, client *http.Client, url string) io.Reader {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v1/tail", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK {
		t.Fatal(response.Status)
	}
	return response.Body
}

// slowSender has sent a request but for its last byte.
type slowSender struct {
	net.Conn
	answers *bufio.Reader
	rest    []byte
}

// slowWebhook is a webhook that arrives slowly.
func slowWebhook(t *testing.T, s trigger.Sender, id string) slowSender {
	t.Helper()
	sample, err := s.Make(trigger.Sample{Type: "invoice.paid", Overrides: map[string]any{"id": id}})
	if err != nil {
		t.Fatal(err)
	}
	scheme, _ := signature.Lookup(s.Template.SignatureScheme)
	return slowly(t, http.MethodPost, s.URL, sample.Body, scheme.Sign(s.Secret, nil, sample.Body, es.TimeOf(time.Now())))
}

// slowly returns once the server reads the request.
func slowly(t *testing.T, method, url string, body []byte, header http.Header) slowSender {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	request.Header.Set("Expect", "100-continue")
	var whole bytes.Buffer
	if err := request.Write(&whole); err != nil {
		t.Fatal(err)
	}
	head, rest := whole.Bytes()[:whole.Len()-len(body)], whole.Bytes()[whole.Len()-len(body):]

	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", request.URL.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	slow := slowSender{conn, bufio.NewReader(conn), rest[len(rest)-1:]}
	if _, err := conn.Write(head); err != nil {
		t.Fatal(err)
	}
	if status, answer, err := slow.answer(); err != nil || status != http.StatusContinue {
		t.Fatalf("%d, %v: %s", status, err, answer)
	}
	if _, err := conn.Write(rest[:len(rest)-1]); err != nil {
		t.Fatal(err)
	}
	return slow
}

func (s slowSender) answer() (status int, body string, err error) {
	response, err := http.ReadResponse(s.answers, nil)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

// finish sends the rest, and returns the answer.
func (s slowSender) finish() (status int, body string, err error) {
	if _, err := s.Write(s.rest); err != nil {
		return 0, "", err
	}
	return s.answer()
}

// streamsOf returns the names of the streams in a directory that no App holds.
func streamsOf(t *testing.T, data string) map[es.Stream]bool {
	t.Helper()
	store, err := embedded.Open(t.Context(), data, embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	streams := map[es.Stream]bool{}
	for e, err := range store.ReadAll(t.Context(), es.Start, es.Forward) {
		if err != nil {
			t.Fatal(err)
		}
		streams[e.Stream] = true
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return streams
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestTheAddressMayBeTaken(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	c := config(t)
	c.Addr = listener.Addr().String()
	if _, err := app.New(t.Context(), c); err == nil || !strings.Contains(err.Error(), "--addr") {
		t.Fatalf("%v; it is to say what to do", err)
	}
	c.Addr = "127.0.0.1:0" // nothing is held: the same data serve another start
	run(t, c).end(t)
}

func TestASecondAppIsKeptOut(t *testing.T) {
	t.Parallel()
	c := config(t)
	r := run(t, c)
	if _, err := app.New(t.Context(), c); !errors.Is(err, embedded.ErrLocked) {
		t.Errorf("a second App: %v", err)
	}
	if status, _ := get(t, newClient(t), r.LocalURL()+"/readyz", ""); status != http.StatusOK {
		t.Errorf("the first App answers %d", status)
	}
	r.end(t)
}

// An App that is closed, or told to stop before it runs, leaves nothing behind
// (goleak looks), and is no failure.
func TestStopBeforeTheStart(t *testing.T) {
	t.Parallel()
	c := config(t)
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Close(), a.Close()); err != nil {
		t.Fatal(err)
	}
	if a, err = app.New(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := a.Run(ctx, func() { t.Error("it listens") }); err != nil {
		t.Fatal(err)
	}
}

// What was made at the first start is used by the next one.
func TestSecretsAreMadeOnce(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.AdminToken, c.MasterKey = "", ""
	first := run(t, c)
	token := first.AdminToken()
	if status, _ := get(t, newClient(t), first.LocalURL()+"/api/v1/sources", token); status != http.StatusOK {
		t.Errorf("the token that was made: %d", status)
	}
	first.end(t)
	second := run(t, c)
	if second.AdminToken() != token {
		t.Error("there is another token")
	}
	second.end(t)

	key := filepath.Join(c.Data, app.MasterKeyFile)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := app.New(t.Context(), c); err == nil || !strings.Contains(err.Error(), "DAYBOOK_MASTER_KEY") {
		t.Errorf("without the master key: %v; it is to say what to do", err)
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("a master key was made that opens nothing")
	}
	c.MasterKey = masterKey
	if _, err := app.New(t.Context(), c); !errors.Is(err, identity.ErrWrongMasterKey) {
		t.Errorf("with another master key: %v", err)
	}
}
