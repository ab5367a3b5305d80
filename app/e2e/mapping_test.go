//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// field is the text of a field of the mapping's action.
func field(name string) string { return fmt.Sprintf(`[id="f-text.%s"]`, name) }

// said is what stands beside it.
func said(name string) string { return fmt.Sprintf(`[id="e-text.%s"]`, name) }

// TestTheMappingEditor writes a mapping with a wrong path, sees what is wrong
// with it, mends it, sees the value and the dry run, saves, and sees the action
// that follows: with scripts and without.
func TestTheMappingEditor(t *testing.T) {
	t.Parallel()
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts=%t", scripts), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t).connect()
			h.send("charge.refunded", "data.object.customer", "cus_first", "data.object.amount", 100)
			id := h.send("charge.refunded", "data.object.customer", "cus_second", "data.object.amount", 9900)
			h.settle()
			b := newTab(t, h, wide).logIn()
			b.call(emulate(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}))
			e := editor{b, scripts}

			b.open(eventPath(id))
			b.pressed(".why .link") // Add one
			b.shows("#sample", "charge.refunded", "1 of 2")
			e.types(field("key"), "refund")
			e.types(field("recipients"), "body.data.object.custmer")
			e.tried()
			b.shows(said("recipients")+".bad", "Recipients is required; nothing at body.data.object.custmer; did you mean body.data.object.customer?")
			b.shows("#outcome", "would be parked")
			e.types("#f-when", "body.data.object.amount > ")
			e.tried()
			b.shows("#e-when.bad", "ends too early (line 1, column")
			b.shows("#outcome", "cannot be used")
			if kept := eval[string](b, `document.querySelector('[name=event_type]').value + ' ' + document.querySelector('[id="f-text.recipients"]').value`); kept != "charge.refunded body.data.object.custmer" {
				t.Errorf("the form keeps %q", kept)
			}

			e.types("#f-when", "body.data.object.amount > 5000")
			e.types(field("recipients"), "body.data.object.customer")
			e.tried()
			b.shows(said("recipients")+".ok", `["cus_second"]`)
			b.shows("#e-when.ok", "True: amount is 9900, and 9900 > 5000 is true.")
			b.shows("#outcome", "matched", "trigger refund → cus_second")
			b.shows("#sample .hit", "customer", "amount")
			b.shows("#dry", "1 would match", "1 would not", "As one more mapping: 1 action added", "amount is 100, and 100 > 5000 is false")

			e.turns("[aria-label='Older sample']")
			b.shows("#sample", "2 of 2")
			b.shows("#e-when", "False: amount is 100")
			b.shows("#outcome", "no match")
			if path := b.path(); !strings.Contains(path, "sample=development.stripe.evt_") {
				t.Errorf("the address is %s", path)
			}

			b.pressed(".title [data-key=save]")
			b.shows(".notice", "The mapping is saved and in force.")
			b.shows(".mappings", "charge.refunded", "trigger refund")
			then := h.send("charge.refunded", "data.object.customer", "cus_third", "data.object.amount", 7000)
			h.settle()
			b.open(eventPath(then))
			b.shows("[aria-labelledby=h-actions]", "succeeded", "trigger refund → cus_third")
		})
	}
}

// editor is a person who writes a mapping, with scripts or without.
type editor struct {
	*tab
	scripts bool
}

func (e editor) types(selector, text string) {
	e.Helper()
	if e.scripts {
		e.fill(selector, text)
		return
	}
	e.call(chromedp.SetValue(chromedp.CSS(selector), text))
}

// tried waits until what was typed was tried: by itself, or by a button.
func (e editor) tried() {
	e.Helper()
	if !e.scripts {
		e.pressed(".editor footer [value=check]")
	}
}

// turns presses what shows something else; with scripts without a new page.
func (e editor) turns(selector string) {
	e.Helper()
	if !e.scripts {
		e.pressed(selector)
		return
	}
	e.call(chromedp.Click(chromedp.CSS(selector)))
}

// TestTypingInTheEditor is about what scripts add: nothing is lost, moved or
// folded while somebody types, and the keys work.
func TestTypingInTheEditor(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect()
	h.send("invoice.paid")
	h.settle()
	b := newTab(t, h, wide).logIn()
	b.open(mappingsPath + "?edit=invoice-paid")
	b.shows("#dry", "1 would match")
	if n := b.count("#paths option"); n < 20 || n > 300 {
		t.Errorf("%d paths are suggested", n)
	}
	// What is unfolded stays so, and the caret where it is.
	b.call(chromedp.Evaluate[chromedp.Void](`document.querySelector('#sample details details details:not([open]) > summary').click()`))
	open := b.count("#sample details[open]")
	top := eval[float64](b, `document.querySelector('[id="f-text.tenant"]').getBoundingClientRect().top`)
	b.fill(field("tenant"), "body.id")
	b.shows(said("tenant")+".ok", "evt_")
	b.fill("#f-key", "paid")
	b.fill(field("actor"), "body.nothing")
	b.shows(said("actor")+".wait", "Nothing at body.nothing.")
	if now := b.count("#sample details[open]"); now < open {
		t.Errorf("%d parts of the payload are open, %d were", now, open)
	}
	if id := eval[string](b, `document.activeElement.id`); id != "f-text.actor" {
		t.Errorf("the focus is in %q", id)
	}
	if now := eval[float64](b, `document.querySelector('[id="f-text.tenant"]').getBoundingClientRect().top`); now != top {
		t.Errorf("the field moved from %v to %v", top, now)
	}
	// Another way to give a field, and another action, keep what fits.
	b.choose(`[id="f-form.data"]`, "expr")
	b.has(`textarea[id="f-text.data"]`)
	b.lacks(`[id="f-text.data"][list]`)
	b.choose("#f-action_type", "workflows_cancel")
	b.has(field("cancellation_key"))
	b.until(`!document.querySelector('[id="f-text.data"]')`)
	if kept := eval[string](b, `document.querySelector('[id="f-text.recipients"]').value`); kept != "body.data.object.customer" {
		t.Errorf("another action keeps %q", kept)
	}
	b.shows(said("cancellation_key"), "Required.")
	b.fill(field("cancellation_key"), "body.data.object.id")
	b.shows("#outcome", "cancel invoice-paid")

	// Escape leaves the field, Ctrl S saves.
	b.key("\x1b")
	b.until(`document.activeElement === document.body`)
	if status := b.load(chromedp.Evaluate[chromedp.Void](`document.dispatchEvent(new KeyboardEvent('keydown', {key: 's', ctrlKey: true, bubbles: true}))`)); status != 200 {
		t.Errorf("saving by the keys is answered %d", status)
	}
	b.shows(".notice", "The mapping is saved and in force.")
	b.shows(".mappings", "paid", "cancel invoice-paid")
	b.pressed(".mappings a[href$='edit=paid']")
	b.key("\x1b")
	b.until(`location.search === ''`)
}
