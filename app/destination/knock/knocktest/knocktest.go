// Package knocktest is the API of Knock as its documentation describes it, for
// tests: it checks every request, and can be slow, down, wrong or rude.
package knocktest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Key is the API key that the server takes.
const Key = "sk_test_of_the_fake_knock_0123456789"

// Mood is how the server answers.
type Mood int

// The moods of a server.
const (
	Well    Mood = iota
	Slow         // it takes a request and answers nothing until that is given up
	Down         // 503
	Wrong        // 200, and no JSON
	Rude         // it takes a request and hangs up
	Busy         // 429, and come again in 7 s
	Huge         // 200, and far more than anybody reads
	Away         // it sends people elsewhere
	Missing      // 404, as for a workflow that is not there
)

// Call is a request that was found right.
type Call struct {
	Method, Path, Key string // Key is the idempotency key
	Body              string
	At                time.Time
}

// Server is a fake of Knock's API. Make one with [New].
type Server struct {
	URL string
	t   testing.TB

	mu    sync.Mutex
	mood  Mood
	calls []Call
	runs  map[string]string // the bodies of triggers, by idempotency key
	done  int               // triggers that were carried out
}

// New starts a server that ends with the test. A request that is not as
// documented is answered as Knock would, and fails the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, runs: map[string]string{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Be changes how the server answers.
func (s *Server) Be(m Mood) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = m
}

// Calls returns the requests so far, and forgets them.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

// Triggered returns how many triggers had an effect.
func (s *Server) Triggered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done
}

// ServeHTTP checks a request and answers it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it was given up
	}
	if r.Header.Get("Authorization") != "Bearer "+Key {
		refuse(w, http.StatusForbidden, "authorization", "Access token not set.")
		return
	}
	if objection := check(r, body); objection != "" {
		s.t.Errorf("Knock would refuse %s %s with %.500s: %s", r.Method, r.URL.EscapedPath(), body, objection)
		refuse(w, http.StatusUnprocessableEntity, "invalid_params", objection)
		return
	}
	s.mu.Lock()
	mood := s.mood
	s.calls = append(s.calls, Call{r.Method, r.URL.EscapedPath(), r.Header.Get("Idempotency-Key"), string(body), time.Now()})
	s.mu.Unlock()
	if mood == Well {
		s.answer(w, r, body)
		return
	}
	behave(w, r, mood)
}

// behave answers as no server should.
func behave(w http.ResponseWriter, r *http.Request, mood Mood) {
	switch mood {
	case Slow:
		<-r.Context().Done()
	case Down:
		refuse(w, http.StatusServiceUnavailable, "unavailable", "down for a while")
	case Wrong:
		write(w, http.StatusOK, "<html>welcome</html>")
	case Rude:
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close() // that is the point
		}
	case Busy:
		w.Header().Set("Retry-After", "7")
		refuse(w, http.StatusTooManyRequests, "rate_limited", "too many requests")
	case Huge:
		write(w, http.StatusOK, `{"workflow_run_id":"`+strings.Repeat("a", 1<<20)+`"}`)
	case Away:
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
	default:
		refuse(w, http.StatusNotFound, "workflow_missing", "The workflow was not found.")
	}
}

// answer does what was asked.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, body []byte) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/trigger"):
		s.trigger(w, r, body)
	case r.Method == http.MethodPut, strings.HasSuffix(r.URL.Path, "/subscriptions"):
		write(w, http.StatusOK, `{"id":"x"}`)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) trigger(w http.ResponseWriter, r *http.Request, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := r.Header.Get("Idempotency-Key")
	first, again := s.runs[key]
	switch {
	case again && first != string(body):
		s.t.Errorf("the idempotency key %s came with two requests:\n%s\n%s", key, first, body)
		refuse(w, http.StatusBadRequest, "idempotency_error", "the parameters differ")
		return
	case again:
		w.Header().Set("Idempotent-Replayed", "true")
	default:
		s.done++
		s.runs[key] = string(body)
	}
	write(w, http.StatusOK, `{"workflow_run_id":"run-of-`+key+`"}`)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	body, err := json.Marshal(map[string]any{"code": code, "message": message, "status": status, "type": "api_error"})
	if err != nil {
		return // texts can always be written
	}
	write(w, status, string(body))
}

func write(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // who asks may be gone
}

// strictly reads a JSON object, without names that are not known.
func strictly(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
