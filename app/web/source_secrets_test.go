package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"daybook/app/sources"
	"daybook/app/trigger"
	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/projections/eventlog"
)

func sample(eventType string) trigger.Sample { return trigger.Sample{Type: eventType, Count: 1} }

// deliver sends a body to the ingest URL of a place, signed with a secret, and
// returns what was answered.
func (h *house) deliver(url, secret, body string) *httptest.ResponseRecorder {
	h.t.Helper()
	s, err := signature.NewSecret(secret)
	check(h.t, err)
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, "/in/x", strings.NewReader(body))
	r.Header = signature.Stripe{}.Sign(s, nil, []byte(body), es.TimeOf(time.Now()))
	r.SetPathValue("token", url[strings.LastIndex(url, "/")+1:])
	w := httptest.NewRecorder()
	h.ingest.ServeHTTP(w, r)
	return w
}

func (h *house) ingestURL() string {
	h.t.Helper()
	url, err := h.sources.IngestURL(place())
	check(h.t, err)
	return url
}

// The page of a rejection says whose secret it was, and what to do.
func TestARejectionSaysWhoseSecretItWas(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	production := sources.Place{Key: "stripe", Environment: "production"}
	_, err := h.sources.Put(t.Context(), production, sources.Put{}, "admin")
	check(t, err)
	added, err := h.sources.AddSecret(t.Context(), production, "whsec_of_production_only", "admin")
	check(t, err)
	if got := h.deliver(h.ingestURL(), "whsec_of_production_only", `{"id":"evt_1"}`); got.Code != http.StatusUnauthorized || strings.Contains(got.Body.String(), "production") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	h.settle("rejection.development.stripe.0")
	h.get("/events/rejection.development.stripe.0").is(http.StatusOK).
		shows("signed with the secret "+added.Fingerprint+" of this source in production", "URL of development", "<code>v1</code>", "1 signature").
		lacks("whsec_of_production_only")
	h.deliver(h.ingestURL(), "whsec_of_nobody_at_all", `{"id":"evt_2"}`)
	h.settle("rejection.development.stripe.1")
	h.get("/events/rejection.development.stripe.1").shows("The one other secret that is known")
}

func TestLastUses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	const path = "/sources/stripe/development/settings"
	h.get(path).shows("not used yet")
	old := h.ingestURL()
	h.post("/sources/stripe/development/rotate", form("grace", "168h")).leads(path + "?done=address-rotated")
	h.get(path).shows("Earlier URL", " · ends ")
	if n := strings.Count(h.get(path).body, "not used yet"); n != 2 {
		t.Errorf("%d of the secret and the earlier URL were not used, want both", n)
	}
	if got := h.deliver(old, secretText, `{"id":"evt_1","type":"a.b"}`); got.Code != http.StatusOK {
		t.Fatal(got.Code, got.Body)
	}
	h.settle("development.stripe.evt_1")
	h.get(path).shows("last used").lacks("not used yet")
}

// A second delivery with another body shows what is different about it, and a
// delivery whose key cannot be used says why, in its row as well.
func TestWhatAKeyDid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	h.deliver(h.ingestURL(), secretText, `{"id":"evt_1","type":"a.b","amount":1,"who":"<b>"}`)
	h.deliver(h.ingestURL(), secretText, `{"id":"evt_1","type":"a.b","amount":2,"who":"<i>"}`)
	h.settle("development.stripe.evt_1")
	h.get("/events/development.stripe.evt_1").shows("Against the first body", "body.amount", "<del>1</del>", "<ins>2</ins>", "&lt;i&gt;", "2 values differ").
		lacks("<i>")
	h.deliver(h.ingestURL(), secretText, `{"id":5,"type":"a.b"}`)
	h.level()
	h.get("/?type=a.b").is(http.StatusOK).shows("no key: ", "not a string", "no mapping for")
	items, err := h.events.List(t.Context(), eventlog.Filter{Type: "a.b"}, 1, "")
	check(t, err)
	h.get("/events/"+pathEscape(items.Items[0].ID)).shows("not a string", "at the key path, so this delivery has a key of its own")
}
