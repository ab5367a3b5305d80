//go:build e2e

package e2e

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"daybook/domain/action"
	"daybook/domain/rule"
)

// dunning is a mapping with a condition.
func dunning(when, workflow string) rule.Mapping {
	name, _ := json.Marshal(workflow)
	return rule.Mapping{
		Key: "dunning", EventType: "invoice.payment_failed", When: when, ActionType: action.WorkflowsTrigger,
		ActionParameters: rule.Parameters{"key": name, "recipients": json.RawMessage(`"body.data.object.customer"`)},
	}
}

func eventPath(id string) string { return "/events/" + url.PathEscape(id) }

// escaped makes a text fit for any part of an address.
func escaped(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// TestWhyNothingHappened looks at a webhook whose condition was false, and
// replays it under rules that are changed.
func TestWhyNothingHappened(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect(dunning("body.data.object.amount_due > 5000", "dunning"))
	older := h.send("charge.succeeded")
	id := h.send("invoice.payment_failed", "data.object.amount_due", 1200)
	newer := h.send("invoice.paid")
	h.settle()
	b := newTab(t, h, wide).logIn()
	b.open(eventPath(id))
	b.shows("h1", "invoice.payment_failed")
	b.shows(".title .st", "ignored")
	b.shows(".why", "Nothing was done because dunning did not match: amount_due is 1200, and 1200 > 5000 is false.")
	b.shows(".line li", "Received", "verified with secret", "Planned", "1 mapping asked, none matched · nothing to do")
	b.shows(".verdicts li", "dunning", "condition false", "1200 > 5000 is false")
	b.shows(".verdicts .box mark", "body.data.object.amount_due > 5000")
	b.shows(".json .hit", "amount_due: 1200")
	b.until(`document.querySelector('.json .hit').checkVisibility()`)
	b.shows("#h-verification ~ .st", "verified")
	b.call(chromedp.Click(chromedp.CSS(".fold summary")))
	b.until(`document.querySelector('.fold dl').checkVisibility()`)
	b.shows(".fold dl", "stripe-signature", "user-agent")

	folded := `document.querySelectorAll('.json details:not([open])').length`
	b.until(folded + " > 0")
	b.key("e")
	b.until(folded + " === 0")
	b.key("e")
	b.until(folded + " > 0")
	b.load(chromedp.KeyEvent(kb.ArrowLeft))
	if path := b.path(); path != eventPath(newer) {
		t.Errorf("← leads to %s", path)
	}
	b.pressed(".acts [rel=next]")
	b.pressed(".acts [rel=next]")
	if path := b.path(); path != eventPath(older) {
		t.Errorf("Older leads to %s", path)
	}
	b.shows(".why", "Nothing was done because no mapping is for charge.succeeded.")
	b.pressed(".why .link")
	if value := eval[string](b, `document.querySelector('[name=event_type]').value`); value != "charge.succeeded" {
		t.Errorf("the new mapping is for %q", value)
	}
	b.open(eventPath(id) + "?view=raw")
	b.shows(".raw", `"amount_due": 1200`)
}

// TestReplay replays two webhooks under rules that change.
func TestReplay(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect(dunning("body.data.object.amount_due > 5000", "dunning"))
	low := h.send("invoice.payment_failed", "data.object.amount_due", 1200)
	high := h.send("invoice.payment_failed", "data.object.amount_due", 9900)
	h.settle()
	b := newTab(t, h, wide).logIn()
	b.open(eventPath(high))
	b.shows(".act", "succeeded", "trigger dunning → cus_")
	b.call(chromedp.Click(chromedp.CSS(".act summary")))
	b.shows(".act .json", `"dunning"`)
	tally := func(id string, want string) {
		t.Helper()
		b.open(eventPath(id))
		b.pressed(".acts .first")
		b.shows("#h-replay ~ .end", "nothing was sent")
		if got := eval[string](b, `[...document.querySelectorAll('.tally b')].map(b => b.textContent).join(' ')`); got != want {
			t.Errorf("added, dropped, changed, unchanged of %s: %s, want %s", id, got, want)
		}
	}
	tally(low, "0 0 0 0")
	tally(high, "0 0 0 1")
	change := func(when, workflow string) {
		t.Helper()
		h.check(h.app.Sources().SaveMapping(t.Context(), place(), dunning(when, workflow), "dunning", "test"))
	}
	change("body.data.object.amount_due > 1000", "reminder")
	tally(low, "1 0 0 0")
	b.shows(".replay .act", "added", "trigger reminder → cus_", "Would be")
	tally(high, "0 0 1 0")
	b.shows(".replay .act", "changed", "Was", `"dunning"`, "Would be", `"reminder"`)
	change("false", "dunning")
	tally(high, "0 1 0 0")
	b.shows(".replay .act", "dropped", "trigger dunning")
	b.pressed(".replay .switch a:last-child")
	b.shows(".replay .said", "It would be done just as it was done.")
	b.pressed(".replay > header .btn")
	if path := b.path(); path != eventPath(high) {
		t.Errorf("closing the replay leads to %s", path)
	}
}

// TestRejection looks at what was refused.
func TestRejection(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect()
	h.forge()
	b := newTab(t, h, wide).logIn()
	b.open("/")
	b.shows("#rows .what", "signature_mismatch")
	b.load(chromedp.Click(chromedp.CSS("#rows .open")))
	b.shows("h1", "signature_mismatch")
	b.shows(".why", "Refused, because the signature matches no live secret.", "What to do.", "fingerprints in the source's settings")
	b.shows(".facts", "127.0.0.1", "signed")
	b.shows(".raw", `"object": "event"`)
	b.pressed(".facts a[href^='/streams/']")
	b.shows("h2", "RequestRejected")
}

// TestStream turns through the stream behind a webhook.
func TestStream(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect()
	id := h.send("invoice.paid")
	h.settle()
	b := newTab(t, h, wide).logIn()
	b.open(eventPath(id))
	b.pressed(".line li:nth-child(2) a")
	if path := b.path(); path != "/streams/webhook-"+id+"?at=1" {
		t.Fatalf("the second step leads to %s", path)
	}
	b.shows("h2", "ActionsPlanned")
	b.shows("main", "What it adds up to", "processing")
	for _, turn := range []struct{ key, shows, at string }{
		{kb.ArrowRight, "WorkClaimed", "at=2"},
		{kb.ArrowRight, "ActionSucceeded", "at=3"},
		{kb.ArrowLeft, "WorkClaimed", "at=2"},
		{kb.ArrowLeft, "ActionsPlanned", "at=1"},
		{kb.ArrowLeft, "WebhookReceived", "at=0"},
	} {
		b.load(chromedp.KeyEvent(turn.key))
		b.shows("h2.name", turn.shows)
		if path := b.path(); !strings.HasSuffix(path, turn.at) {
			t.Errorf("%s is at %s, want %s", turn.shows, path, turn.at)
		}
	}
	b.shows(".json", id[len("development.stripe."):])
	b.pressed(".acts .first")
	if path := b.path(); path != eventPath(id) {
		t.Errorf("the way back leads to %s", path)
	}
	b.pressed(`.nav a[href^="/streams"]`)
	b.shows("td", "webhook-"+id, "source-stripe")
	b.open("/streams?prefix=source-")
	if n := b.count("tbody tr"); n != 1 {
		t.Errorf("%d streams begin with source-", n)
	}
}
