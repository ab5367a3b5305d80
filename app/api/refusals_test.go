package api_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// refused is a call and how it is refused.
type refused struct {
	name string
	call
	status int
	code   string
	field  string // of one of the errors
}

func (h *house) refuses(t *testing.T, rows []refused) {
	t.Helper()
	for _, row := range rows {
		a := h.do(row.call)
		p := read[problem](t, a)
		found := row.field == ""
		for _, e := range p.Errors {
			found = found || e.Field == row.field
		}
		if a.status != row.status || p.Error.Code != row.code || p.Error.Message == "" || !found {
			t.Errorf("%s: %s %s: %d %s, want %d %s about %q", row.name, row.method, row.path, a.status, a.body, row.status, row.code, row.field)
		}
	}
}

func TestWhoMayComeIn(t *testing.T) {
	t.Parallel()
	h := open(t)
	without := http.Header{"Authorization": nil}
	h.refuses(t, []refused{
		{"no token", call{"GET", "/events", "", without, ""}, 401, "unauthorized", ""},
		{"no token, nowhere", call{"GET", "/nowhere", "", without, ""}, 401, "unauthorized", ""},
		{"a wrong token", call{"GET", "/events", "", http.Header{"Authorization": {"Bearer wrong"}}, ""}, 401, "unauthorized", ""},
		{"another scheme", call{"GET", "/events", "", http.Header{"Authorization": {"Basic " + adminToken}}, ""}, 401, "unauthorized", ""},
		{"another host", call{"GET", "/events", "", nil, "evil.example"}, 421, "misdirected", ""},
		{"another site", call{"POST", "/rebuild", "", http.Header{"Sec-Fetch-Site": {"cross-site"}}, ""}, 403, "forbidden", ""},
		{"nowhere", call{"GET", "/nowhere", "", nil, ""}, 404, "not_found", ""},
		{"another method", call{"DELETE", "/events", "", nil, ""}, 405, "method_not_allowed", ""},
	})
	a := h.do(call{method: "PATCH", path: "/sources/stripe?environment=development&anything=1"})
	if got := a.header.Get("Allow"); a.status != 405 || got != "GET, PUT, DELETE" {
		t.Errorf("%d, Allow: %q", a.status, got)
	}
	if got := h.do(call{method: "GET", path: "/events", header: without}).header.Get("WWW-Authenticate"); got != "Bearer" {
		t.Errorf("WWW-Authenticate: %q", got)
	}
	if a := h.do(call{method: "GET", path: "/events", header: http.Header{"Sec-Fetch-Site": {"cross-site"}}}); a.status != 200 {
		t.Errorf("reading on behalf of another site: %d", a.status)
	}
	for range 40 { // more than may be tried at once
		a = h.do(call{method: "GET", path: "/events", header: http.Header{"Authorization": {"Bearer guess"}}})
	}
	if a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Errorf("after many guesses: %d %s", a.status, a.body)
	}
	if a := h.get("/events"); a.status != 200 {
		t.Errorf("somebody's guesses keep the right token out: %d", a.status)
	}
}

func TestASessionIsAsGoodAsAToken(t *testing.T) {
	t.Parallel()
	h := open(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Transport: h.client.Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := browser.PostForm(h.url+"/login", url.Values{"token": {adminToken}})
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	h.client = browser
	without := http.Header{"Authorization": nil}
	if a := h.do(call{method: "GET", path: "/events", header: without}); a.status != 200 {
		t.Errorf("with a session: %d %s", a.status, a.body)
	}
	a := h.do(call{method: "GET", path: "/events", header: http.Header{"Authorization": {"Bearer wrong"}}})
	if a.status != 401 {
		t.Errorf("a session makes a wrong token good: %d", a.status)
	}
	a = h.do(call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"local"}}`, header: http.Header{"Authorization": nil, "Origin": {"https://evil.example"}}})
	if a.status != 403 {
		t.Errorf("another site uses the session: %d %s", a.status, a.body)
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	put := func(body string) call {
		return call{method: "PUT", path: "/sources/stripe?environment=development", body: body}
	}
	in := func(inside string) call {
		return put(`{"source":{"environment_settings":{"development":` + inside + `}}}`)
	}
	get := func(path string) call { return call{method: "GET", path: path} }
	post := func(path, body string) call { return call{method: "POST", path: path, body: body} }
	const place = "source.environment_settings.development."
	h.refuses(t, []refused{
		{"no JSON", put(`{"source":`), 422, "invalid", ""},
		{"nothing", put(``), 422, "invalid", ""},
		{"no object", put(`null`), 422, "invalid", ""},
		{"two objects", put(`{} {}`), 422, "invalid", ""},
		{"twice", put(`{"source":{"name":"a","name":"b"}}`), 422, "invalid", "source.name"},
		{"not UTF-8", put("{\"source\":{\"name\":\"\xff\"}}"), 422, "invalid", "source.name"},
		{"too large", put(`{"source":{"name":"` + strings.Repeat("x", 1<<20) + `"}}`), 413, "body_too_large", ""},
		{"unknown field", put(`{"source":{"names":"a"}}`), 422, "invalid", "source.names"},
		{"capitals", put(`{"Source":{}}`), 422, "invalid", "Source"},
		{"wrong type", put(`{"source":{"name":5}}`), 422, "invalid", "source.name"},
		{"empty name", put(`{"source":{"name":" "}}`), 422, "invalid", "source.name"},
		{"another key", put(`{"source":{"key":"other"}}`), 422, "invalid", "source.key"},
		{"another environment", put(`{"source":{"environment_settings":{"production":{}}}}`), 422, "invalid", "source.environment_settings.production"},
		{"unknown setting", in(`{"settings":{"colour":"red"}}`), 422, "invalid", place + "settings.colour"},
		{"bad tolerance", in(`{"settings":{"tolerance":"48h"}}`), 422, "invalid", place + "settings.tolerance"},
		{"bad path", in(`{"settings":{"event_type_path":"body..type"}}`), 422, "invalid", place + "settings.event_type_path"},
		{"a script", in(`{"settings":{"preprocess_script":{"language":"javascript","source":"x"}}}`), 422, "invalid", place + "settings.preprocess_script"},
		{"unknown member of a mapping", in(`{"mappings":[{"event_type":"a","colour":1}]}`), 422, "invalid", place + "mappings[0].colour"},
		{"a mapping after a deleted one", in(`{"mappings":[{"event_type":"a","is_deleted":true},{"event_type":"a","when":"body.(","action_type":"users_delete","action_parameters":{"id":"body.id"}}]}`), 422, "invalid", place + "mappings[1].when"},
		{"no mapping at all", in(`{"mappings":{}}`), 422, "invalid", place + "mappings"},
		{"no environment said", call{method: "PUT", path: "/sources/stripe", body: `{}`}, 422, "invalid", "environment"},
		{"no such environment", call{method: "PUT", path: "/sources/stripe?environment=moon", body: `{}`}, 404, "not_found", ""},
		{"no key", call{method: "PUT", path: "/sources/A%20B?environment=development", body: `{}`}, 422, "invalid", "key"},
		{"no template", call{method: "PUT", path: "/sources/new?environment=development", body: `{"source":{"preconfigured_provider":"moon"}}`}, 422, "invalid", "source.preconfigured_provider"},
		{"If-Match of another revision", call{method: "PUT", path: "/sources/stripe?environment=development", body: `{}`, header: http.Header{"If-Match": {`"0"`}}}, 412, "stale", ""},
		{"If-Match of nothing", call{method: "PUT", path: "/sources/new?environment=development", body: `{}`, header: http.Header{"If-Match": {`"0"`}}}, 412, "stale", ""},
		{"If-Match that is none", call{method: "PUT", path: "/sources/stripe?environment=development", body: `{}`, header: http.Header{"If-Match": {"x"}}}, 412, "stale", ""},

		{"no such source", get("/sources/none"), 404, "not_found", ""},
		{"not in this environment", get("/sources/stripe?environment=production"), 404, "not_found", ""},
		{"its secrets", get("/sources/stripe/secrets?environment=production"), 404, "not_found", ""},
		{"its types", get("/sources/stripe/event_types?environment=production"), 404, "not_found", ""},
		{"deleting it", call{method: "DELETE", path: "/sources/stripe?environment=production"}, 404, "not_found", ""},
		{"a short secret", post("/sources/stripe/secrets?environment=development", `{"secret":"short"}`), 422, "invalid", "secret"},
		{"no secret", post("/sources/stripe/secrets?environment=development", `{}`), 422, "invalid", "secret"},
		{"the same secret", post("/sources/stripe/secrets?environment=development", `{"secret":"`+secretText+`"}`), 409, "conflict", ""},
		{"revoking what is not", call{method: "DELETE", path: "/sources/stripe/secrets/none?environment=development"}, 404, "not_found", ""},
		{"a grace of no length", call{method: "DELETE", path: "/sources/stripe/secrets/none?environment=development&grace=soon"}, 422, "invalid", "grace"},
		{"too long a grace", post("/sources/stripe/rotate?environment=development", `{"grace":"1000h"}`), 422, "invalid", "grace"},
		{"grace for ever", post("/sources/stripe/rotate?environment=development", `{"grace":"forever"}`), 422, "invalid", "grace"},

		{"no such sample", post("/sources/stripe/trigger?environment=development", `{"type":"moon.rise"}`), 422, "invalid", "type"},
		{"no count", post("/sources/stripe/trigger?environment=development", `{"type":"invoice.paid","count":0}`), 422, "invalid", "count"},
		{"too great a count", post("/sources/stripe/trigger?environment=development", `{"type":"invoice.paid","count":101}`), 422, "invalid", "count"},
		{"no number", post("/sources/stripe/trigger?environment=development", `{"type":"invoice.paid","count":1.5}`), 422, "invalid", "count"},
		{"an override into nothing", post("/sources/stripe/trigger?environment=development", `{"type":"invoice.paid","overrides":{"data..x":1}}`), 422, "invalid", "overrides.data..x"},
		{"triggering nothing", post("/sources/none/trigger?environment=development", `{"type":"invoice.paid"}`), 404, "not_found", ""},

		{"limit 0", get("/events?limit=0"), 422, "invalid", "limit"},
		{"limit 501", get("/events?limit=501"), 422, "invalid", "limit"},
		{"limit x", get("/streams?limit=x"), 422, "invalid", "limit"},
		{"limit 0 of sources", get("/sources?limit=0"), 422, "invalid", "limit"},
		{"no cursor of sources", get("/sources?after=x"), 422, "invalid", "after"},
		{"a cursor of a source that is gone", get("/sources?after=Z29uZQ"), 422, "invalid", "after"},
		{"no revision to go on after", get("/streams/source-stripe?after=x"), 422, "invalid", "after"},
		{"no status", get("/events?status=fine"), 422, "invalid", "status"},
		{"no time", get("/events?from=tomorrow"), 422, "invalid", "from"},
		{"no time that passes", get("/events?from=2026-01-02&to=2026-01-01"), 422, "invalid", "to"},
		{"no cursor", get("/events?after=x"), 422, "invalid", "after"},
		{"no cursor of streams", get("/streams?after=!"), 422, "invalid", "after"},
		{"no cursor of users", get("/directory/users?after=x"), 422, "invalid", "after"},
		{"no run status", get("/directory/workflow_runs?status=fine"), 422, "invalid", "status"},
		{"no environment of users", get("/directory/users?environment=A"), 422, "invalid", "environment"},
		{"an unreadable query", get("/events?q=%zz"), 422, "invalid", ""},
		{"unknown filter in the tail", get("/tail?sauce=stripe"), 422, "invalid", "sauce"},
		{"a position that is none", get("/tail?after=x"), 422, "invalid", "after"},
		{"a position beyond the log", get("/tail?after=99999999"), 422, "invalid", "after"},
		{"an event id beyond the log", call{method: "GET", path: "/tail", header: http.Header{"Last-Event-Id": {"99999999"}}}, 422, "invalid", "Last-Event-ID"},

		{"no such webhook", get("/events/development.stripe.none"), 404, "not_found", ""},
		{"no id", get("/events/x"), 404, "not_found", ""},
		{"no such rejection", get("/events/rejection.development.stripe.7"), 404, "not_found", ""},
		{"no rejection's id", get("/events/rejection.x"), 404, "not_found", ""},
		{"no body of a rejection", get("/events/rejection.development.stripe.7/raw"), 404, "not_found", ""},
		{"a replay of nothing", post("/events/development.stripe.none/replay", `{}`), 404, "not_found", ""},
		{"a live replay", post("/events/development.stripe.none/replay", `{"mode":"live"}`), 422, "invalid", "mode"},
		{"other rules", post("/events/development.stripe.none/replay", `{"rules":"mine"}`), 422, "invalid", "rules"},
		{"no such stream", get("/streams/none"), 404, "not_found", ""},
		{"no such stream from 5", get("/streams/none?from=5"), 404, "not_found", ""},
		{"no revision", get("/streams/source-stripe?from=-1"), 422, "invalid", "from"},
		{"no direction", get("/streams/source-stripe?direction=up"), 422, "invalid", "direction"},
		{"no such template", get("/templates/moon"), 404, "not_found", ""},
		{"no such rebuild", get("/rebuild/none"), 404, "not_found", ""},

		{"an environment that is none", call{method: "PUT", path: "/environments/rejection", body: `{"destination":{"kind":"local"}}`}, 422, "invalid", "slug"},
		{"no destination", call{method: "PUT", path: "/environments/staging", body: `{}`}, 422, "invalid", "destination.kind"},
		{"a destination that is none", call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"kafka"}}`}, 422, "invalid", "destination.kind"},
		{"knock without a key", call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"knock"}}`}, 422, "invalid", "destination.api_key"},
		{"knock with a public key", call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"knock","api_key":"pk_test_0123456789"}}`}, 422, "invalid", "destination.api_key"},
		{"knock with a key of two lines", call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"knock","api_key":"sk_test\nX-Header: y"}}`}, 422, "invalid", "destination.api_key"},
		{"knock without TLS", call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"knock","base_url":"http://api.knock.app","api_key":"sk_test_0123456789"}}`}, 422, "invalid", "destination.base_url"},
		{"knock with v1", call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"knock","base_url":"https://api.knock.app/v1","api_key":"sk_test_0123456789"}}`}, 422, "invalid", "destination.base_url"},
		{"an endpoint that is nowhere", call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"endpoint"}}`}, 422, "invalid", "destination.url"},
		{"an endpoint on this machine", call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"endpoint","url":"https://127.0.0.1:8443/"}}`}, 422, "invalid", "destination.url"},
		{"an endpoint among the cloud's keys", call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"endpoint","url":"https://169.254.169.254/"}}`}, 422, "invalid", "destination.url"},
		{"a window that is none", call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"endpoint","url":"https://hooks.example.com","idempotency_window":"soon"}}`}, 422, "invalid", "destination.idempotency_window"},
		{"a secret of nothing", call{method: "POST", path: "/environments/production/rotate"}, 409, "conflict", ""},
		{"a secret of nobody", call{method: "POST", path: "/environments/nobody/rotate"}, 404, "not_found", ""},
		{"an address of nothing", call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"local","base_url":"https://x"}}`}, 422, "invalid", "destination.base_url"},
		{"a key of nothing", call{method: "PUT", path: "/environments/staging", body: `{"destination":{"kind":"local","api_key":"x"}}`}, 422, "invalid", "destination.api_key"},
		{"another slug", call{method: "PUT", path: "/environments/staging", body: `{"slug":"x","destination":{"kind":"local"}}`}, 422, "invalid", "slug"},
	})
	if n := len(items(t, h.want(200, h.get("/streams/source-stripe")))); n != 3 {
		t.Errorf("what was refused left %d events in the source's stream, want the 3 of before", n)
	}
}

func TestABodyThatIsCutOff(t *testing.T) {
	t.Parallel()
	h := open(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, h.url+"/api/v1/environments/staging", io.MultiReader(strings.NewReader(`{"destination":`), failing{}))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	if response, err := h.client.Do(r); err == nil {
		_ = response.Body.Close()
		t.Errorf("a body that broke off was answered with %s", response.Status)
	}
	if len(items(t, h.get("/environments"))) != 2 {
		t.Error("half a request made an environment")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
