package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The two sides of a sink: one knows a key that it has seen, the other does
// again whatever comes.
const (
	knowing    = "/knowing"
	forgetting = "/forgetting"
)

// sink is what actions are sent to over HTTP. Until it is calm, it is slow at
// times, fails, or loses requests and answers.
type sink struct {
	*httptest.Server
	calm atomic.Bool

	mu   sync.Mutex
	came map[string]*sent  // by idempotency key
	keys map[string]string // by what was to be done
}

// sent is what came under one key.
type sent struct {
	path     string
	body     []byte
	requests int
	effects  int
	lost     bool // it had an effect, and whoever asked for it was gone before the answer
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{came: map[string]*sent{}, keys: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(t, w, r) }))
	t.Cleanup(s.Close)
	return s
}

func (s *sink) serve(t *testing.T, w http.ResponseWriter, r *http.Request) {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever sends this was killed
	}
	key := r.Header.Get("Idempotency-Key")
	first := s.note(t, key, r.URL.Path, body)
	takes, fate := rand.N(10*time.Millisecond), rand.IntN(40)
	if s.calm.Load() || !first {
		fate = -1
	}
	switch fate {
	case 0: // it fails
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case 1: // the request is lost
		<-r.Context().Done()
		return
	case 2: // the answer is lost
		s.effect(key)
		<-r.Context().Done()
		s.lose(key)
		return
	case 3: // it is late
		takes = rand.N(600 * time.Millisecond)
	default:
	}
	<-time.After(takes)
	s.effect(key)
}

// note notes that a request came, and says whether it is the first of its key.
// A key stands for one request, and what is to be done has one key.
func (s *sink) note(t *testing.T, key, path string, body []byte) (first bool) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	what := path + " " + string(body)
	if path == knowing {
		var message struct{ Webhook, Mapping string }
		if err := json.Unmarshal(body, &message); err != nil {
			t.Error(err)
		}
		what = path + " " + message.Webhook + " " + message.Mapping
	}
	if known, ok := s.keys[what]; ok && known != key {
		t.Errorf("%s came under the keys %q and %q", what, known, key)
	}
	s.keys[what] = key
	c := s.came[key]
	if c == nil {
		c = &sent{path: path, body: body}
		s.came[key] = c
	}
	if c.path != path || !bytes.Equal(c.body, body) {
		t.Errorf("the key %q came with two requests:\n%s %s\n%s %s", key, c.path, c.body, path, body)
	}
	c.requests++
	return c.requests == 1
}

func (s *sink) effect(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.came[key]; c.path == forgetting || c.effects == 0 {
		c.effects++
	}
}

func (s *sink) lose(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.came[key].lost = true
}
