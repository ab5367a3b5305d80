package access

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"daybook/app/keyring"
)

// clock is a time that only moves when it is told to.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func open(t *testing.T, master string) (*Access, *clock) {
	t.Helper()
	key, err := keyring.Parse(master)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keyring.New(key)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{now: time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)}
	return New("the admin token", keys, true, c.Now), c
}

// begun returns a request with the session that a gives.
func begun(a *Access) *http.Request {
	w := httptest.NewRecorder()
	a.Begin(w)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	return r
}

func TestSession(t *testing.T) {
	t.Parallel()
	master := keyring.NewMasterKey()
	a, c := open(t, master)
	r := begun(a)
	if !a.Session(r) {
		t.Fatal("a session that was just begun does not count")
	}
	if other, _ := open(t, master); !other.Session(r) {
		t.Error("another instance with the same master key does not accept the session")
	}
	if stranger, _ := open(t, keyring.NewMasterKey()); stranger.Session(r) {
		t.Error("the session counts under another master key")
	}
	c.now = c.now.Add(SessionLife)
	if a.Session(r) {
		t.Error("the session outlives its life")
	}
	if a.Session(httptest.NewRequest(http.MethodGet, "/", nil)) {
		t.Error("a request without a cookie has a session")
	}
}

func TestASessionCannotBeAltered(t *testing.T) {
	t.Parallel()
	a, _ := open(t, keyring.NewMasterKey())
	value := begun(a).Cookies()[0].Value
	for i := range value {
		c := "A"
		if value[i] == 'A' {
			c = "Q"
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: CookieName, Value: value[:i] + c + value[i+1:]})
		// The last character has bits that mean nothing.
		if a.Session(r) && i < len(value)-1 {
			t.Errorf("a session with character %d altered counts", i)
		}
	}
}

func TestCookie(t *testing.T) {
	t.Parallel()
	a, _ := open(t, keyring.NewMasterKey())
	w := httptest.NewRecorder()
	a.Begin(w)
	cookie := w.Header().Get("Set-Cookie")
	for _, part := range []string{"daybook_session=", "HttpOnly", "SameSite=Lax", "Secure", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("%q lacks %s", cookie, part)
		}
	}
	w = httptest.NewRecorder()
	a.End(w)
	if cookie := w.Header().Get("Set-Cookie"); !strings.Contains(cookie, "Max-Age=0") {
		t.Errorf("%q does not end the session", cookie)
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	a, c := open(t, keyring.NewMasterKey())
	once, always, late := a.NewCode(false), a.NewCode(true), a.NewCode(false)
	if !a.UseCode(once) || a.UseCode(once) {
		t.Error("a code is good exactly once")
	}
	c.now = c.now.Add(CodeLife + time.Second)
	if a.UseCode(late) {
		t.Error("a code outlives its life")
	}
	for range 2 {
		if !a.UseCode(always) {
			t.Error("a reusable code is good any number of times")
		}
	}
	if a.UseCode("") || a.UseCode("guess") {
		t.Error("a guess is good")
	}
	for range 3 * maxCodes {
		a.NewCode(false)
	}
	if len(a.codes) > maxCodes+1 {
		t.Errorf("%d codes wait to be used", len(a.codes))
	}
}

func TestBearer(t *testing.T) {
	t.Parallel()
	a, _ := open(t, keyring.NewMasterKey())
	for header, want := range map[string]bool{
		"Bearer the admin token":  true,
		"bearer the admin token":  true,
		"Bearer the admin token2": false,
		"Bearer":                  false,
		"Basic the admin token":   false,
		"the admin token":         false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		if present, ok := a.Bearer(r); !present || ok != want {
			t.Errorf("%q: present %t, ok %t", header, present, ok)
		}
	}
	if present, _ := a.Bearer(httptest.NewRequest(http.MethodGet, "/", nil)); present {
		t.Error("a header that is not there is present")
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	h := NewHosts("192.0.2.7:8080", "https://Hooks.Example.com/base")
	for host, want := range map[string]bool{
		"localhost":              true,
		"localhost:8080":         true,
		"LOCALHOST:1":            true,
		"127.0.0.1:8080":         true,
		"127.9.9.9":              true,
		"[::1]:8080":             true,
		"[::1]":                  true,
		"192.0.2.7:8080":         true,
		"hooks.example.com":      true,
		"hooks.example.com:443":  true,
		"":                       false,
		"evil.example":           false,
		"127.0.0.1.evil.example": false,
		"192.0.2.8":              false,
		"localhost.evil.example": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		if got := h.Allows(r); got != want {
			t.Errorf("%q: %t", host, got)
		}
	}
}

// What is tried with a wrong token is bounded, and the bound lets go again.
func TestMayFail(t *testing.T) {
	t.Parallel()
	a, c := open(t, keyring.NewMasterKey())
	tries := 0
	for a.MayFail() {
		if tries++; tries > 1000 {
			t.Fatal("anybody may try for ever")
		}
	}
	if tries == 0 {
		t.Error("nobody may err even once")
	}
	c.now = c.now.Add(time.Second)
	if !a.MayFail() {
		t.Error("a second later nobody may err")
	}
}
