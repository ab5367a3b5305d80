//go:build e2e

package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"daybook/app/trigger"
)

// live waits until the page follows the log.
func (b *tab) live() {
	b.Helper()
	b.until(`document.getElementById('live')?.textContent === 'Live'`)
	b.call(chromedp.Evaluate[chromedp.Void](`window.loaded = 'once'`))
}

// notReloaded fails if the page was loaded anew since it was live.
func (b *tab) notReloaded() {
	b.Helper()
	if !eval[bool](b, `window.loaded === 'once'`) {
		b.Error("the page was loaded anew")
	}
}

// still fails if anything moved that nobody had asked to move.
func (b *tab) still() {
	b.Helper()
	b.call(chromedp.Evaluate[chromedp.Void](`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`, chromedp.EvalAwaitPromise))
	if by := eval[float64](b, "window.shifted"); by > 0.001 {
		b.Errorf("what is on %s shifted by %v: %s", b.path(), by, eval[[]string](b, "shifts"))
	}
}

// TestLive has webhooks arrive while the log is looked at.
func TestLive(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect()
	b := newTab(t, h, wide).logIn()
	b.open("/?environment=development")
	b.shows(".empty", "No webhook has arrived yet.")
	b.live()
	first := h.send("invoice.paid")
	b.shows(row(first)+" .st.ok", "succeeded")
	b.until(`document.querySelector('.empty').checkVisibility() === false`)

	sample, err := h.sender(secretText).Make(trigger.Sample{Type: "charge.succeeded"})
	h.check(err)
	twice := h.post(string(sample.Body))
	b.has(row(twice))
	third := h.send("customer.created")
	b.has(row(third))
	h.post(string(sample.Body))
	b.shows(row(twice)+" .n", "×2") // changed where it stands
	if got := b.ids(); len(got) != 3 || got[0] != third || got[1] != twice || got[2] != first {
		t.Errorf("the rows are %v", got)
	}
	h.forge()
	b.shows("#rows .st.refused", "rejected")
	b.notReloaded()
}

// TestReading reads the log while webhooks arrive: by the keys, and scrolled.
func TestReading(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect()
	_, err := h.sender(secretText).Send(t.Context(), trigger.Sample{Type: "charge.succeeded", Count: 45})
	h.check(err)
	h.settle()
	b := newTab(t, h, wide).logIn()
	b.open("/")
	b.live()
	b.key("j")
	b.key("j")
	b.key("j")
	b.key("k")
	second := b.ids()[1]
	b.until(`document.activeElement.closest('tr')?.id === 'e-` + second + `'`)
	top := eval[float64](b, `document.activeElement.getBoundingClientRect().top`)
	h.send("invoice.paid")
	h.send("invoice.created")
	b.until(`document.getElementById('live').textContent === '2 new'`)
	if moved := eval[float64](b, `document.activeElement.getBoundingClientRect().top`) - top; moved != 0 {
		t.Errorf("the row being read moved by %v", moved)
	}
	b.call(chromedp.Click(chromedp.CSS("#live")))
	b.until(`document.querySelectorAll('#rows tr[data-at]').length === 47`)

	b.call(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur(); scrollTo(0, 500); window.seen = document.elementFromPoint(600, 300).closest('tr'); window.seenAt = seen.getBoundingClientRect().top; window.shifted = 0`))
	h.send("invoice.paid")
	h.forge()
	b.until(`document.getElementById('live').textContent === '2 new'`)
	if moved := eval[float64](b, `seen.getBoundingClientRect().top - seenAt`); moved != 0 {
		t.Errorf("scrolled, what is read moved by %v", moved)
	}
	b.still()
	b.notReloaded()
	b.key("/")
	b.until(`document.activeElement.name === 'q'`)
	b.key(kb.Escape)
	b.call(chromedp.Evaluate[chromedp.Void](`scrollTo(0, 0)`))
	b.until(`document.querySelectorAll('#rows tr[data-at]').length === 49`)
	b.key("j")
	b.load(chromedp.KeyEvent(kb.Enter))
	b.shows("h1", "signature_mismatch")
}

// TestRestart stops the server under an open log and starts it again.
func TestRestart(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect()
	b := newTab(t, h, wide).logIn()
	b.open("/")
	b.live()
	before := h.send("invoice.paid")
	b.has(row(before))
	h.stop()
	b.until(`document.getElementById('live').textContent === 'Waiting…'`)
	h.start()
	missed := []string{h.send("charge.succeeded"), h.send("charge.refunded")}
	b.until(`document.getElementById('live').textContent === 'Live'`)
	after := h.send("customer.created")
	b.has(row(after))
	for _, id := range append(missed, before, after) {
		if n := b.count(row(id)); n != 1 {
			t.Errorf("%s is there %d times", id, n)
		}
	}
	if n := len(b.ids()); n != 4 {
		t.Errorf("%d rows", n)
	}
	b.notReloaded()
	b.forgive("Failed to fetch") // what htmx says of a server that is not there
}
