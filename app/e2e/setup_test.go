//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"daybook/app/trigger"
)

// TestSetup makes a source from the template and receives its first webhook,
// as a stranger does who has just started Daybook: with scripts and without.
func TestSetup(t *testing.T) {
	t.Parallel()
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts=%t", scripts), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			b := newTab(t, h, wide)
			b.call(emulate(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}))
			began := time.Now()
			b.logIn()
			b.shows(".empty", "The book is empty.")
			b.pressed(".empty .btn")
			b.pressed(".card")
			b.setUp()

			b.shows(".waiting", "Waiting for the first webhook…")
			b.shows(".steps", "Add destination", "1 secret is live here")
			b.shows(".sheet", "stripe listen --forward-to ")
			b.lacks(".pulse[hidden]")
			address := eval[string](b, `document.querySelector('.ingest code').textContent`)
			if scripts {
				b.copies(address)
			} else {
				b.lacks("[data-copy]:not([hidden]), [data-keys]:not([hidden]), #live:not([hidden])")
			}
			sent, err := h.senderTo(address, secretText).Send(t.Context(), trigger.Sample{Type: "invoice.paid"})
			h.check(err)
			if scripts {
				b.until(`!document.querySelector('.waiting')`) // by itself
				b.shows(row(sent[0].ID)+" .what", "trigger paid-notice → cus_")
				b.until(`document.querySelector('h1').textContent.includes('Our Stripe')`)
			} else {
				h.settle()
				b.pressed(".tabs a")
				b.shows(row(sent[0].ID)+" .what", "trigger paid-notice → cus_")
			}
			t.Logf("from the log-in to the first webhook: %v", time.Since(began).Round(time.Millisecond))

			b.choose("[name=type]", "customer.created")
			b.pressed(".test button")
			b.shows(".notice", "A test event was signed, sent and accepted.")
			h.settle()
			b.open("/sources/our-stripe/development/events")
			b.shows("#rows .what", "identify cus_")
			b.pressed(".pager a")
			if n := len(b.ids()); n != 2 {
				t.Errorf("the log of the source has %d rows", n)
			}
			b.pressed("#rows tr:nth-child(2) .open")
			b.shows("h1", "customer.created")
		})
	}
}

// setUp fills in the form of a Stripe source, first with what cannot be, and
// sends it.
func (b *tab) setUp() {
	b.Helper()
	b.shows("h1", "Add Stripe")
	b.fill("#f-name", "Our Stripe")
	b.fill("#f-key", "Our Stripe!")
	b.fill("#f-secret", "short")
	b.call(chromedp.Click(chromedp.CSS(`[name="on.invoice-created"]`)))
	b.fill(`[name="workflow.invoice-paid"]`, "paid-notice")
	create := "footer button"
	if status := b.press(create); status != 422 {
		b.Errorf("a short secret is answered %d: %s", status, b.text())
	}
	b.shows("#f-secret ~ .problem", "16 bytes")
	b.fill("#f-secret", secretText)
	if status := b.press(create); status != 422 {
		b.Errorf("a key with a space is answered %d: %s", status, b.text())
	}
	b.shows("#e-key", "lower-case letters")
	kept := eval[[]string](b, `['#f-name', '[name="workflow.invoice-paid"]', '#f-secret'].map(s => document.querySelector(s).value)`)
	if !slices.Equal(kept, []string{"Our Stripe", "paid-notice", ""}) {
		b.Errorf("the form keeps %q", kept)
	}
	if eval[bool](b, `document.querySelector('[name="on.invoice-created"]').checked`) {
		b.Error("the switch that was off is on again")
	}
	b.fill("#f-key", "our-stripe")
	b.fill("#f-secret", secretText)
	b.pressed(create)
	if path := b.path(); path != "/sources/our-stripe/development/events?done=created" {
		b.Errorf("the new source is at %s", path)
	}
	b.shows(".tabs", "Mappings 2")
}

// copies presses the button beside the address.
func (b *tab) copies(address string) {
	b.Helper()
	b.call(chromedp.Click(chromedp.CSS(".ingest [data-copy]")))
	b.until(`/^(Copied|Selected)$/.test(document.querySelector('.ingest [data-copy]').textContent)`)
	if eval[string](b, `document.querySelector('.ingest [data-copy]').textContent`) == "Selected" {
		if got := eval[string](b, "getSelection().toString()"); got != address {
			b.Errorf("%q is selected", got)
		}
	}
}
