//go:build e2e

package e2e

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestLogIn goes in by a token, out, and in by a link; each way leads to where
// one wanted to go.
func TestLogIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := newTab(t, h, wide)

	b.load(chromedp.Navigate(h.url() + "/?status=failed&q=cus_1"))
	if got, want := b.path(), "/login?next="+url.QueryEscape("/?status=failed&q=cus_1"); got != want {
		t.Errorf("without a session one is led to %s, want %s", got, want)
	}
	b.until(`document.activeElement.id === 'token'`)
	b.fill("#token", "a guess")
	if status := b.press("form button"); status != 401 {
		t.Errorf("a wrong token is answered %d", status)
	}
	b.shows("[role=alert]", "This is not the admin token.")

	b.fill("#token", adminToken)
	b.pressed("form button")
	if got := b.path(); got != "/?status=failed&q=cus_1" {
		t.Errorf("after the log-in one is at %s", got)
	}
	if cookies := eval[string](b, "document.cookie"); cookies != "" {
		t.Errorf("scripts can read %q", cookies)
	}

	b.pressed(".leave button")
	if got := b.path(); got != "/login" {
		t.Errorf("after the log-out one is at %s", got)
	}
	b.load(chromedp.Navigate(h.url() + "/system"))
	if got := b.path(); !strings.HasPrefix(got, "/login?") {
		t.Errorf("after the log-out /system shows %s", got)
	}

	b.logIn()
	b.shows(".nav a[aria-current]", "Log")
	if status := b.load(chromedp.Navigate(h.url() + "/nothing/here")); status != 404 {
		t.Errorf("a page that is not there is answered %d", status)
	}
	b.shows("h1", "There is nothing here.")
}
