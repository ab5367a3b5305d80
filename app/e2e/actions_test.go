//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"daybook/app/sources"
	"daybook/app/trigger"
	"daybook/domain/rule"
)

// hook is an endpoint that fails some times before it works.
type hook struct {
	*httptest.Server
	failures atomic.Int64
	took     atomic.Int64
}

func newHook(t *testing.T, failures int64) *hook {
	t.Helper()
	s := &hook{}
	s.failures.Store(failures)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if s.failures.Add(-1) >= 0 {
			http.Error(w, "the kitchen is closed", http.StatusInternalServerError)
			return
		}
		s.took.Add(1)
	}))
	t.Cleanup(s.Close)
	return s
}

// open are the actions that a filter of the API selects.
func (h *house) open(filter string) []struct {
	ID       string
	Attempts int
} {
	h.Helper()
	var found struct {
		Items []struct {
			ID       string
			Attempts int
		}
	}
	h.get("/api/v1/actions?"+filter, &found)
	return found.Items
}

// tried waits until an action that a filter selects was tried so often.
func (h *house) tried(filter string, attempts int) {
	h.Helper()
	for h.Context().Err() == nil {
		if open := h.open(filter); len(open) > 0 && open[0].Attempts >= attempts {
			return
		}
	}
}

// TestAnEndpointFailsThenWorks: an action waits, is seen to, is retried from the
// page without waiting for the next try, and succeeds.
func TestAnEndpointFailsThenWorks(t *testing.T) {
	t.Parallel()
	// After the second failure the next try is 7.5 s off at least.
	s := newHook(t, 2)
	h := newHouse(t).connect()
	b := newTab(t, h, wide).logIn()
	b.open("/environments/development")
	eval[bool](b, `document.querySelector('input[name=kind][value=endpoint]').checked = true`)
	b.fill("[name=url]", s.URL+"/hook")
	b.pressed("form[action='/environments/development'] button[type=submit]")
	b.shows("[role=status]", "Give this to the endpoint now.")

	id := h.send("customer.created")
	h.tried("status=waiting", 2)
	b.open("/actions?environment=development")
	b.shows("#open .status", "waiting")
	b.shows("#open .problem", "500")
	b.shows("#open .took", "in ")
	b.pressed("#open form[action$='/retry'] button")
	b.shows(".notice", "The action is tried again.")
	b.until(`!document.querySelector('#open tbody')`) // the page sees by itself when it is done
	b.shows("#open", "All is done.")

	b.open("/events/" + url.PathEscape(id))
	b.shows(".title .st", "succeeded")
	b.shows(".attempts", "temporary 500", "succeeded 200")
	b.shows(".line", "by admin")
	if got := s.took.Load(); got != 1 {
		t.Errorf("the endpoint did it %d times", got)
	}
	b.open("/destinations/development")
	b.shows(".title .st", "well")
	b.shows(".lane", "3 sent, 2 failed")
}

// fillActions brings about actions in every kind of trouble.
func (h *house) fillActions() {
	h.Helper()
	lost := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		panic(http.ErrAbortHandler) // no answer comes
	}))
	h.Cleanup(lost.Close)
	closed := newHook(h.T, 1<<40)
	at := sources.Place{Key: "crm", Environment: "development"}
	var mappings []rule.Mapping
	for _, target := range []string{lost.URL + "/lost", closed.URL + "/closed", "http://10.1.2.3/private"} {
		var m rule.Mapping
		h.check(json.Unmarshal([]byte(`{"event_type":"*","action_type":"http_request","action_parameters":{"url":"`+target+`","method":"POST"}}`), &m))
		m.Key = target[strings.LastIndexByte(target, '/')+1:]
		mappings = append(mappings, m)
	}
	_, err := h.app.Sources().Put(h.Context(), at, sources.Put{Template: "stripe", Mappings: &mappings}, "test")
	h.check(err)
	_, err = h.app.Sources().AddSecret(h.Context(), at, secretText, "test")
	h.check(err)
	to, err := h.app.Sources().IngestURL(at)
	h.check(err)
	_, err = h.senderTo(to, secretText).Send(h.Context(), trigger.Sample{Type: "customer.created"})
	h.check(err)
	h.tried("mapping=lost&status=uncertain", 1)
	h.tried("mapping=closed&status=waiting", 1)
	h.tried("mapping=private&status=parked", 1)
}
