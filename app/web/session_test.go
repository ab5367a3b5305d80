package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"daybook/app/access"
)

// pages are all that is shown to who is logged in.
func pages() []string {
	return []string{
		"/", "/?status=failed&environment=development", "/events/development.stripe.evt_1", "/streams", "/streams/source-stripe",
		"/sources", "/sources/new", "/sources/new?template=stripe", "/sources/stripe/development/events",
		"/sources/stripe/development/mappings", "/sources/stripe/development/settings", "/directory", "/directory?tab=runs",
		"/system", "/environments/production", "/tail", "/nowhere",
	}
}

func TestAStrangerIsLedToTheLogIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	for _, path := range pages() {
		h.get(path, stranger).leads("/login?next=" + url.QueryEscape(path)).lacks("<main")
	}
	h.get("/tail", stranger, func(r *http.Request) { r.Header.Set("Sec-Fetch-Dest", "empty") }).is(http.StatusUnauthorized)
	h.post("/system/rebuild", nil, stranger).leads("/login?next=%2F")
	h.post("/sources/stripe/development/delete", form("confirm", "stripe"), stranger, func(r *http.Request) {
		r.Header.Set("Referer", "http://"+host+"/sources/stripe/development/settings")
	}).leads("/login?next=%2Fsources%2Fstripe%2Fdevelopment%2Fsettings")
	h.get("/sources/stripe/development/settings").is(http.StatusOK)
}

func TestLogIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.get("/login?next=/streams", stranger).is(http.StatusOK).shows(`name="token"`, `value="/streams"`)

	in := h.post("/login", form("token", adminToken, "next", "/streams"), stranger).leads("/streams")
	cookie := in.header.Get("Set-Cookie")
	for _, part := range []string{access.CookieName + "=", "HttpOnly", "SameSite=Lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("%q lacks %s", cookie, part)
		}
	}
	parsed, err := http.ParseSetCookie(cookie)
	check(t, err)
	h.get("/streams", stranger, func(r *http.Request) { r.AddCookie(parsed) }).is(http.StatusOK)

	out := h.post("/login", form("token", adminToken+"x", "next", "/streams"), stranger).
		is(http.StatusUnauthorized).shows(`name="token"`, `value="/streams"`, "not the admin token").lacks(adminToken)
	if out.header.Get("Set-Cookie") != "" {
		t.Error("a wrong token is given a session")
	}
}

func TestManyWrongTokensAreSlowedDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 100 {
		if a := h.post("/login", form("token", "guess"), stranger); a.status == http.StatusTooManyRequests {
			if a.header.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
			h.post("/login", form("token", adminToken), stranger).leads("/")
			return
		}
	}
	t.Error("100 wrong tokens in a row were all looked at")
}

func TestLogInByLink(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.access.NewCode(false)
	first := h.get("/login?code="+code+"&next=/system", stranger).leads("/system")
	if first.header.Get("Set-Cookie") == "" {
		t.Error("the link gives no session")
	}
	h.get("/login?code="+code, stranger).is(http.StatusUnauthorized).shows(`name="token"`, "too old")
	h.get("/login?code=" + code + "&next=/system").leads("/system") // once more in the browser that it logged in
	h.get("/login?code=guess", stranger).is(http.StatusUnauthorized)
}

func TestLogOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	out := h.post("/logout", nil).leads("/login")
	if cookie := out.header.Get("Set-Cookie"); !strings.Contains(cookie, "Max-Age=0") {
		t.Errorf("%q does not end the session", cookie)
	}
}

// TestNextNeverLeadsAway tries what browsers take for another host.
func TestNextNeverLeadsAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for next, want := range map[string]string{
		"/":                             "/",
		"/?q=a+b&status=failed":         "/?q=a+b&status=failed",
		"/events/a.b.evt_1~2":           "/events/a.b.evt_1~2",
		"/?q=https://example.com":       "/?q=https://example.com",
		"":                              "/",
		"streams":                       "/",
		"//evil.example":                "/",
		"///evil.example":               "/",
		"/\\evil.example":               "/",
		"\\\\evil.example":              "/",
		"/\t/evil.example":              "/",
		"/\n/evil.example":              "/",
		"/\r\nSet-Cookie: a=b":          "/",
		" //evil.example":               "/",
		"/..//evil.example":             "/",
		"/a//evil.example":              "/",
		"/%2f/evil.example":             "/",
		"https://evil.example":          "/",
		"https:evil.example":            "/",
		"javascript:alert(1)":           "/",
		"//evil.example@" + host:        "/",
		"/login":                        "/",
		"/login?next=/login":            "/",
		"/logout":                       "/",
		"/%zz":                          "/",
		"/" + strings.Repeat("a", 4096): "/",
	} {
		if got := h.post("/login", form("token", adminToken, "next", next), stranger).header.Get("Location"); got != want {
			t.Errorf("next=%q leads to %q, want %q", next, got, want)
		}
		code := h.access.NewCode(false)
		path := "/login?" + form("code", code, "next", next).Encode()
		if got := h.get(path, stranger).header.Get("Location"); got != want {
			t.Errorf("by link, next=%q leads to %q, want %q", next, got, want)
		}
	}
}

func TestOtherHostsAreMisdirected(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, name := range []string{"evil.example", "127.0.0.1.evil.example:8080", "192.0.2.1", ""} {
		for _, path := range []string{"/", "/login", "/favicon.ico", "/tail"} {
			h.get(path, func(r *http.Request) { r.Host = name }).is(http.StatusMisdirectedRequest).lacks("Log out")
		}
		h.post("/login", form("token", adminToken), func(r *http.Request) { r.Host = name }).is(http.StatusMisdirectedRequest)
	}
	h.get("/", func(r *http.Request) { r.Host = "localhost:9999" }).is(http.StatusOK)
}

func TestOtherSitesCannotChangeAnything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	for _, path := range []string{
		"/login", "/logout", "/system/rebuild", "/environments/production", "/environments/production/rotate", "/sources/new", "/sources/stripe/development/trigger",
		"/sources/stripe/development/mappings", "/sources/stripe/development/mappings/x/remove", "/sources/stripe/development/settings",
		"/sources/stripe/development/secrets", "/sources/stripe/development/rotate", "/sources/stripe/development/delete",
	} {
		h.post(path, form("confirm", "stripe", "token", adminToken), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }).
			is(http.StatusForbidden)
		h.post(path, form("confirm", "stripe", "token", adminToken), func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }).
			is(http.StatusForbidden)
	}
	h.get("/sources/stripe/development/settings").is(http.StatusOK)
	h.post("/logout", nil, func(r *http.Request) { r.Header.Set("Origin", "http://"+host) }).leads("/login")
}

func TestEveryAnswerIsStrictWithBrowsers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range append(pages(), "/login", "/favicon.ico", "/sources/none/development/settings") {
		if path == "/tail" { // it does not end
			continue
		}
		a := h.get(path)
		policy := a.header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy %q lacks %s", path, policy, part)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is lax: %s", path, policy)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if a.status == http.StatusOK && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control is %q", path, a.header.Get("Cache-Control"))
		}
	}
}

func TestFormsAreBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.post("/login", form("token", strings.Repeat("a", 2<<20)), stranger).is(http.StatusRequestEntityTooLarge)
	broken := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/login", strings.NewReader("token=%zz"))
	broken.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	h.serve(broken).is(http.StatusBadRequest)
}

func TestWrongAddresses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	for _, path := range []string{
		"/nowhere", "/events/none", "/events/development.stripe.evt_none", "/events/rejection.development.stripe.7", "/events/rejection.x",
		"/streams/webhook-none", "/streams/source-stripe?at=99", "/sources/none/development/events", "/sources/stripe/production/settings",
		"/sources/new?template=none", "/sources/stripe/development/mappings?edit=none", "/sources/stripe/development/nothing",
	} {
		h.get(path).is(http.StatusNotFound).shows("To the log")
	}
	for _, path := range []string{"/", "/sources/stripe/development", "/sources/stripe/development/events"} {
		if a := h.serve(httptest.NewRequestWithContext(t.Context(), http.MethodHead, path, nil)); a.status != http.StatusOK {
			t.Errorf("HEAD %s is answered %d", path, a.status)
		}
	}
	for range 2 {
		code := h.access.NewCode(false)
		h.serve(httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/login?code="+code, nil), stranger).is(http.StatusOK)
		h.get("/login?code="+code, stranger).leads("/") // a preview did not use it up
	}
	h.serve(httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/tail", nil)).is(http.StatusMethodNotAllowed)
	h.get("/streams/source-stripe?at=first").is(http.StatusUnprocessableEntity)
	h.get("/logout").is(http.StatusMethodNotAllowed)
	h.get("/sources/stripe/development/trigger").is(http.StatusMethodNotAllowed)
	h.post("/sources/stripe/development/mappings/none/remove", nil).is(http.StatusNotFound)
	h.post("/sources/stripe/development/secrets/none/revoke", form("grace", "0s")).is(http.StatusNotFound)
}
