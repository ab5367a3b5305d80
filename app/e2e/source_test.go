//go:build e2e

package e2e

import (
	"errors"
	"testing"

	"github.com/chromedp/chromedp"

	"daybook/app/trigger"
)

const (
	mappingsPath = "/sources/stripe/development/mappings"
	settingsPath = "/sources/stripe/development/settings"
)

// TestMappings adds a mapping with a mistake, mends it, and changes, moves,
// switches, duplicates and removes it.
func TestMappings(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect()
	b := newTab(t, h, wide).logIn()
	b.open(mappingsPath)
	b.pressed(".sheet header .btn") // Add a mapping
	b.fill("#f-event_type", "charge.refunded")
	b.fill("#f-when", "body.data.object.amount >")
	b.fill(`[id="f-text.key"]`, "refund")
	b.fill(`[id="f-text.recipients"]`, "body.data.object.customer")
	b.fill("#f-key", "refunds")
	save := ".form footer .first"
	if status := b.press(save); status != 422 {
		t.Errorf("a condition that is none is answered %d", status)
	}
	b.shows("#e-when.bad", "too early")
	kept := eval[string](b, `['#f-event_type', '#f-when', '[id="f-text.key"]', '#f-key'].map(s => document.querySelector(s).value).join(' | ')`)
	if kept != "charge.refunded | body.data.object.amount > | refund | refunds" {
		t.Errorf("the form keeps %s", kept)
	}
	b.until(`document.querySelector('#f-when').getAttribute('aria-describedby') === 'e-when'`)
	b.fill("#f-when", "body.data.object.amount > 100000000")
	b.pressed(save)
	b.shows(".notice", "The mapping is saved and in force.")
	b.shows(".mappings tr:nth-child(4)", "refunds", "charge.refunded", "body.data.object.amount > 100000000", "trigger refund → …customer", "active")
	id := h.send("charge.refunded")
	h.settle()
	b.open(eventPath(id))
	b.shows(".why", "refunds did not match: amount is ")
	b.pressed(".why .link")
	if key := eval[string](b, `document.querySelector('#f-key').value`); key != "refunds" {
		t.Errorf("the link leads to the mapping %q", key)
	}

	b.open(mappingsPath)
	b.pressed("[aria-label='Move refunds up']")
	b.shows(".mappings tbody tr:nth-child(3)", "refunds")
	b.pressed("[aria-label='Switch refunds off']")
	b.shows(".mappings .off", "refunds", "switched off")
	id = h.send("charge.refunded")
	h.settle()
	b.open(eventPath(id))
	b.shows(".why", "Nothing was done because refunds is switched off.")
	b.open(mappingsPath)
	b.pressed("[aria-label='Switch refunds on']")
	b.lacks(".mappings .off")
	b.pressed("[aria-label='Duplicate refunds']")
	b.pressed(save)
	b.shows(".tabs", "Mappings 5")
	b.shows(".mappings tr", "refunds-copy")
	b.call(chromedp.Click(chromedp.CSS("[aria-label='Remove refunds']")))
	b.pressed("form[action$='/refunds/remove'] button")
	b.shows(".notice", "The mapping is removed.")
	b.pressed(".mappings a[href$='edit=refunds-copy']")
	b.call(chromedp.Click(chromedp.CSS(".editor .ask summary")))
	b.pressed(".editor .ask button")
	b.shows(".tabs", "Mappings 3")
}

// TestSettings saves settings, right and wrong ones.
func TestSettings(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect()
	b := newTab(t, h, wide).logIn()
	b.open(settingsPath)
	save := ".form footer .first"
	b.fill("[name=tolerance]", "a while")
	b.fill("[name=idempotency_key_path]", "body..id")
	if status := b.press(save); status != 422 {
		t.Errorf("a wrong tolerance is answered %d", status)
	}
	b.shows("#e-tolerance", "5m")
	b.shows("#e-idempotency_key_path", "A name is missing here (column 6).")
	if value := eval[string](b, `document.querySelector('[name=tolerance]').value`); value != "a while" {
		t.Errorf("the form keeps %q", value)
	}
	b.fill("[name=tolerance]", "10m")
	if status := b.press(save); status != 422 {
		t.Errorf("a wrong path is answered %d", status)
	}
	b.shows("#e-idempotency_key_path", "A name is missing here (column 6).")
	b.fill("[name=idempotency_key_path]", "body.data.object.id")
	b.fill("[name=disabled_event_types]", "charge.succeeded")
	b.pressed(save)
	b.shows(".notice", "The settings are saved and in force.")

	id := h.send("charge.succeeded", "data.object.id", "ch_1")
	h.settle()
	if id != "development.stripe.ch_1" {
		t.Errorf("the key path was not taken: %s", id)
	}
	b.open(eventPath(id))
	b.shows(".why", "Nothing was done because charge.succeeded is switched off in the settings.")
	b.shows(".facts", "ch_1")
	b.pressed(".why .link")
	if path := b.path(); path != settingsPath {
		t.Errorf("the link leads to %s", path)
	}
}

// TestSecrets adds secrets, changes the address, and takes the source away.
func TestSecrets(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect()
	b := newTab(t, h, wide).logIn()
	b.open(settingsPath)
	const second = "whsec_another_secret_for_the_browser"
	b.fill("#secrets [name=secret]", "short")
	if status := b.press("#secrets .line-form button"); status != 422 {
		t.Errorf("a short secret is answered %d", status)
	}
	b.shows("#secrets .problem", "16 bytes")
	b.fill("#secrets [name=secret]", second)
	b.pressed("#secrets .line-form button")
	b.shows(".notice", "The secret is added")
	if n := b.count("#secrets .st.ok"); n != 2 {
		t.Errorf("%d secrets are live", n)
	}
	if eval[bool](b, `document.documentElement.innerHTML.includes('another_secret')`) {
		t.Error("the page gives the secret back")
	}
	for _, secret := range []string{second, secretText} {
		_, err := h.sender(secret).Send(t.Context(), trigger.Sample{Type: "charge.succeeded"})
		h.check(err)
	}
	b.choose("#secrets .mapping select", "0s") // the newest
	b.pressed("#secrets .mapping .danger")
	b.shows("#secrets .mapping", "revoked")
	_, err := h.sender(second).Send(t.Context(), trigger.Sample{Type: "charge.succeeded"})
	refusedWith(t, err, "signature_mismatch")

	old := h.sender(secretText)
	b.choose("form[action$='/rotate'] select", "0s")
	b.pressed("form[action$='/rotate'] button")
	b.shows(".notice", "There is a new URL")
	if shown := eval[string](b, `document.querySelector('[aria-labelledby=h-url] code').textContent`); shown != h.sender(secretText).URL || shown == old.URL {
		t.Errorf("the new URL is shown as %s", shown)
	}
	_, err = old.Send(t.Context(), trigger.Sample{Type: "charge.succeeded"})
	refusedWith(t, err, "unknown_source")
	now := h.sender(secretText)
	_, err = now.Send(t.Context(), trigger.Sample{Type: "charge.succeeded"})
	h.check(err)

	b.call(chromedp.Click(chromedp.CSS("details.fold > summary")))
	b.fill("[name=confirm]", "strip")
	if status := b.press("form[action$='/delete'] button"); status != 422 {
		t.Errorf("a wrong confirmation is answered %d", status)
	}
	b.fill("[name=confirm]", "stripe")
	b.pressed("form[action$='/delete'] button")
	b.shows(".notice", "The source is gone from this environment")
	_, err = now.Send(t.Context(), trigger.Sample{Type: "charge.succeeded"})
	refusedWith(t, err, "unknown_source")
	b.open("/")
	if n := len(b.ids()); n != 4 {
		t.Errorf("of a source that is gone the log keeps %d rows", n)
	}
}

func refusedWith(t *testing.T, err error, code string) {
	t.Helper()
	var refused *trigger.Refused
	if !errors.As(err, &refused) || refused.Code != code {
		t.Errorf("%v, want %s", err, code)
	}
}
