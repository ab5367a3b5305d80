//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"daybook/app/trigger"
)

// mostSteps is how many clicks and filled fields a source takes, from the log-in
// to its first webhook, open: what takes less than two minutes is counted, not
// timed.
const mostSteps = 8

// setUp is how one provider is set up.
type setUp struct {
	template  string
	wrong     string // a secret that cannot be; empty: any can
	because   string
	secret    string // what the provider shows; empty where it is suggested
	eventType string
	action    string // what follows from it
}

func setUps() []setUp {
	return []setUp{
		{"stripe", "whsec_", "16 bytes", secretText, "invoice.paid", "trigger invoice-paid → cus_"},
		{"clerk", "sk_test_0123456789abcdef", "whsec_ and base64", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "user.created", "identify user_"},
		{"github", "", "", "", "issues.assigned", "trigger issue-assigned → "},
		{"posthog", "with a space in it", "header cannot hold", "", "$identify", "identify user_"},
	}
}

// TestSetup makes a source from its template and receives its first webhook, as
// a stranger does who has just started Daybook: with scripts and without.
func TestSetup(t *testing.T) {
	t.Parallel()
	for _, provider := range setUps() {
		for _, scripts := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s scripts=%t", provider.template, scripts), func(t *testing.T) {
				t.Parallel()
				p := &person{tab: newTab(t, newHouse(t), wide), scripts: scripts}
				p.call(emulate(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}))
				p.connects(provider)
			})
		}
	}
}

// person counts what a person has to do.
type person struct {
	*tab
	scripts bool
	steps   int
}

// click leads to another page that is well.
func (p *person) click(selector string) {
	p.Helper()
	p.steps++
	p.pressed(selector)
}

// copied takes a text along by the button beside it, or by marking it.
func (p *person) copied(within string) string {
	p.Helper()
	p.steps++
	text := eval[string](p.tab, fmt.Sprintf(`document.querySelector(%q).textContent`, within+" .copied code"))
	if p.scripts {
		p.copies(within, text)
	} else {
		p.lacks("[data-copy]:not([hidden]), [data-keys]:not([hidden]), #live:not([hidden])")
	}
	return text
}

// connects goes the whole way.
func (p *person) connects(provider setUp) {
	p.Helper()
	p.logIn()
	p.shows(".empty", "The book is empty.")
	p.click(".empty .btn")
	p.click(`.card a[href^="/sources/new?template=` + provider.template + `"]`)
	p.click("footer .first")
	p.shows(".notice", "The source is made.")
	p.shows("#first", "Waiting for the first webhook…", "No test event can be sent")
	p.shows("#secrets", "needed", "Until one is here, every request is refused.")
	address := p.copied(".ingest")

	if p.scripts {
		p.refusedMeanwhile(provider, address)
	}
	secret := p.addsSecret(provider)
	p.shows("#secrets", "live", "1 secret")
	p.shows(".try", "Send test event")
	p.has(`.try optgroup[label="With a mapping"] [value="` + provider.eventType + `"]`)

	_, err := p.house.provider(provider.template, address, secret).Send(p.Context(), trigger.Sample{Type: provider.eventType})
	p.house.check(err)
	if p.scripts {
		p.until(`!document.querySelector('#first')`) // by itself
	} else {
		p.click("#first header .btn")
	}
	p.house.settle()
	p.shows(".next", "It arrived", "Open the webhook", "Mappings", "Event types")
	p.click(".next a")
	p.shows("h1", provider.eventType)
	p.shows(".act", provider.action)
	if p.steps > mostSteps {
		p.Errorf("it took %d steps", p.steps)
	}
}

// addsSecret adds the provider's secret, or the one that is suggested; before,
// one that cannot be.
func (p *person) addsSecret(provider setUp) (secret string) {
	p.Helper()
	const field, add = "#secrets [name=secret]", "#secrets .line-form button"
	if provider.wrong != "" {
		p.fill(field, provider.wrong)
		if status := p.press(add); status != 422 {
			p.Errorf("the secret %q is answered %d", provider.wrong, status)
		}
		p.shows("#e-secret", provider.because)
		p.until(fmt.Sprintf(`document.querySelector(%q).getAttribute('aria-describedby') === 'e-secret'`, field))
	}
	if secret = provider.secret; secret != "" {
		p.steps++
		p.fill(field, secret)
	} else {
		secret = p.copied(".suggested")
	}
	p.click(add)
	p.shows(".notice", "The secret is added")
	if eval[bool](p.tab, fmt.Sprintf(`document.documentElement.innerHTML.includes(%q)`, secret)) {
		p.Error("the page gives the secret back")
	}
	return secret
}

// refusedMeanwhile has the provider send before there is a secret: the page
// says so by itself, and keeps what is being typed.
func (p *person) refusedMeanwhile(provider setUp, address string) {
	p.Helper()
	const field = "#secrets [name=secret]"
	p.fill(field, "half of a secr")
	for range 2 {
		before := p.count(".refusals li")
		sender := p.house.provider(provider.template, address, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
		_, err := sender.Send(p.Context(), trigger.Sample{Type: provider.eventType})
		refusedWith(p.T, err, "secret_not_configured")
		p.until(fmt.Sprintf(`document.querySelectorAll('.refusals li').length > %d`, before))
	}
	p.shows(".refusals", "refused")
	if kept := eval[string](p.tab, fmt.Sprintf(`document.querySelector(%q).value`, field)); kept != "half of a secr" {
		p.Errorf("of what was typed the page keeps %q", kept)
	}
	p.open("/sources/" + provider.template + "/development/events")
}

// copies presses the button beside a text.
func (b *tab) copies(within, text string) {
	b.Helper()
	button := within + " [data-copy]"
	b.call(chromedp.Click(chromedp.CSS(button)))
	b.until(fmt.Sprintf(`/^(Copied|Selected)$/.test(document.querySelector(%q).textContent)`, button))
	if eval[string](b, fmt.Sprintf(`document.querySelector(%q).textContent`, button)) == "Selected" {
		if got := eval[string](b, "getSelection().toString()"); got != text {
			b.Errorf("%q is selected", got)
		}
	}
}

// TestNewSource fills in the form of a source, first with what cannot be, and
// sends test events to what was made.
func TestNewSource(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := newTab(t, h, wide).logIn()
	b.open("/sources")
	b.pressed(`.card a[href^="/sources/new?template=stripe"]`)
	b.shows("h1", "Add Stripe")
	b.fill("#f-name", "Our Stripe")
	b.fill("#f-key", "Our Stripe!")
	b.fill("#f-secret", "short")
	b.call(chromedp.Click(chromedp.CSS(`[name="on.invoice-created"]`)))
	b.fill(`[name="workflow.invoice-paid"]`, "paid-notice")
	create := "footer .first"
	if status := b.press(create); status != 422 {
		b.Errorf("a short secret is answered %d: %s", status, b.text())
	}
	b.shows("#e-secret", "16 bytes")
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

	b.choose("[name=type]", "customer.created")
	b.pressed(".test button")
	b.shows(".notice", "A test event was signed, sent and accepted.")
	h.settle()
	b.open("/sources/our-stripe/development/events")
	b.shows("#rows .what", "identify cus_")
	b.pressed(".pager a")
	if n := len(b.ids()); n != 1 {
		t.Errorf("the log of the source has %d rows", n)
	}
	b.open("/sources/new?template=stripe")
	if key := eval[string](b, `document.querySelector('#f-key').value`); key != "stripe" {
		t.Errorf("the next source is called %q", key)
	}
}
