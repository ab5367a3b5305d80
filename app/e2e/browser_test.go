//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long anything in a browser may take on a busy machine.
const patience = 20 * time.Second

// The widths at which pages are looked at, in CSS pixels.
const (
	wide   = 1280
	narrow = 390
)

var shared = sync.OnceValues(startBrowser)

func TestMain(m *testing.M) {
	code := m.Run()
	if _, err := findBrowser(); err == nil {
		if ctx, err := shared(); err == nil {
			if err := chromedp.Cancel(ctx); err != nil {
				fmt.Fprintln(os.Stderr, "close the browser:", err)
			}
		}
	}
	os.Exit(code)
}

// findBrowser is the browser of CHROMIUM, else one of those usually there.
func findBrowser() (string, error) {
	if given := os.Getenv("CHROMIUM"); given != "" {
		return exec.LookPath(given)
	}
	for _, usual := range []string{"chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium"} {
		if path, err := exec.LookPath(usual); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium is installed")
}

// startBrowser starts the browser that all tests share.
func startBrowser() (context.Context, error) {
	path, err := findBrowser()
	if err != nil {
		return nil, err
	}
	ctx, _ := chromedp.NewExecAllocator(context.Background(), append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-component-update", true))...)
	ctx, _ = chromedp.NewContext(ctx)
	return ctx, chromedp.Do(ctx) // TestMain cancels it
}

// tab is a tab of the browser, with a profile of its own.
type tab struct {
	*testing.T
	ctx   context.Context
	house *house
	width int64

	mu   sync.Mutex
	said []string // what the policy refused and scripts complained of
}

// newTab opens a tab. At the end of the test it must have stayed clean.
func newTab(t *testing.T, h *house, width int64) *tab {
	t.Helper()
	if _, err := findBrowser(); err != nil {
		if os.Getenv("CHROMIUM") != "" {
			t.Fatalf("CHROMIUM: %v", err)
		}
		t.Skipf("no browser: install Chromium, or name one in CHROMIUM (%v)", err)
	}
	browser, err := shared()
	if err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	b := &tab{T: t, house: h, width: width}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.listen))
	b.ctx = ctx
	t.Cleanup(cancel)
	b.call(emulate(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: 800, DeviceScaleFactor: 1, Mobile: width < 600,
	}))
	b.call(emulate(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: observe}))
	t.Cleanup(func() {
		for _, said := range b.complaints() {
			t.Errorf("the browser said: %s", said)
		}
	})
	return b
}

// observe notes what the policy refused, and how far what is on the page was
// shifted without anybody having asked for it. Tables that find their columns
// while they still arrive are left out.
const observe = `
addEventListener('securitypolicyviolation', e => console.error('refused by the policy: ' + e.violatedDirective + ' ' + e.blockedURI));
window.shifted = 0;
window.shifts = [];
let there = Infinity;
addEventListener('load', () => { there = performance.now() });
const element = node => node instanceof Element ? node : node?.parentElement;
const arriving = e => e.startTime < there && e.sources.every(s => element(s.node)?.closest('table'));
new PerformanceObserver(list => {
	for (const e of list.getEntries()) {
		if (e.hadRecentInput || arriving(e)) continue;
		shifted += e.value;
		shifts.push(...e.sources.map(s => (element(s.node)?.outerHTML ?? '').slice(0, 80)));
	}
}).observe({ type: 'layout-shift', buffered: true });
`

// emulate is a command to the tab whose answer does not matter.
func emulate[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, command, params)
		return chromedp.Void{}, err
	}
}

// listen notes complaints. What the network says of statuses is left to the
// tests, but for the assets, which must all be there.
func (b *tab) listen(event any) {
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceNetwork && !strings.Contains(e.Entry.URL, "/static/") {
			return
		}
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.note(fmt.Sprintf("%s %s: %s (%s)", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventExceptionThrown:
		b.note("exception: " + e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			var text []string
			for _, arg := range e.Args {
				text = append(text, string(arg.Value)+arg.Description)
			}
			b.note("console: " + strings.Join(text, " "))
		}
	}
}

func (b *tab) note(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, text)
}

func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.said)
}

// forgive drops the complaints that hold a text, and says how many there were.
func (b *tab) forgive(text string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := len(b.said)
	b.said = slices.DeleteFunc(b.said, func(said string) bool { return strings.Contains(said, text) })
	return before - len(b.said)
}

// call runs steps that do not load another page.
func (b *tab) call(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx); err != nil { // the tab lives as long as its first call's context
		b.Fatalf("open the tab: %v", err)
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatalf("%v; the page shows: %s", err, b.text())
	}
}

// load runs steps that load another page, and returns the page's status.
func (b *tab) load(steps ...chromedp.Action[chromedp.Void]) int {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		b.Fatalf("no page was loaded: %v; the page shows: %s", err, b.text())
	}
	return int(response.Status)
}

// open loads a page of the house that must be there.
func (b *tab) open(path string) {
	b.Helper()
	if status := b.load(chromedp.Navigate(b.house.url() + path)); status != 200 {
		b.Fatalf("%s answered %d: %s", path, status, b.text())
	}
}

// press clicks on what leads to another page, and returns that page's status.
func (b *tab) press(selector string) int {
	b.Helper()
	b.has(selector)
	return b.load(chromedp.Click(chromedp.CSS(selector)))
}

// pressed clicks on what must lead to another page that is well.
func (b *tab) pressed(selector string) {
	b.Helper()
	if status := b.press(selector); status != 200 {
		b.Fatalf("%s led to %d: %s", selector, status, b.text())
	}
}

// fill replaces what is in a field, as by pasting.
func (b *tab) fill(selector, text string) {
	b.Helper()
	b.has(selector)
	b.call(
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{ const f = document.querySelector(%q); f.focus(); f.select(); f.setRangeText('') }`, selector)),
		emulate(input.InsertText, input.InsertTextParams{Text: text}),
	)
}

// choose takes an offer of a select, as a person does.
func (b *tab) choose(selector, value string) {
	b.Helper()
	b.has(selector)
	b.call(chosen(selector, value))
}

func chosen(selector, value string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`{ const s = document.querySelector(%q); s.value = %q; s.dispatchEvent(new Event('change', {bubbles: true})) }`, selector, value))
}

func (b *tab) key(keys string) {
	b.Helper()
	b.call(chromedp.KeyEvent(keys))
}

// until waits until an expression is true, over whatever loads meanwhile.
func (b *tab) until(expression string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		// While a page is being left there is nothing to ask.
		so, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && so {
			return
		}
		if err != nil && ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			b.Fatalf("it never was so: %s (%v); the page shows: %s", expression, last, b.text())
		case <-tick.C:
		}
	}
}

// eval is the value of an expression in the page.
func eval[T any](b *tab, expression string) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return value
}

// text is what the page shows, in short.
func (b *tab) text() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](
		`location.pathname + location.search + ' — ' + (document.querySelector('main') ?? document.body).innerText.replace(/\s+/g, ' ').slice(0, 1500)`))
	if err != nil {
		return err.Error()
	}
	return text
}

// path is where the tab is.
func (b *tab) path() string {
	b.Helper()
	return eval[string](b, "location.pathname + location.search")
}

// shows waits until what a selector finds holds every text.
func (b *tab) shows(selector string, texts ...string) {
	b.Helper()
	for _, text := range texts {
		b.until(fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.textContent.replace(/\s+/g, ' ').includes(%q))`, selector, text))
	}
}

// has waits until something is there.
func (b *tab) has(selector string) {
	b.Helper()
	b.until(fmt.Sprintf(`document.querySelector(%q)`, selector))
}

// lacks fails if something is there.
func (b *tab) lacks(selector string) {
	b.Helper()
	if n := b.count(selector); n > 0 {
		b.Errorf("%d × %s: %s", n, selector, b.text())
	}
}

func (b *tab) count(selector string) int {
	b.Helper()
	return eval[int](b, fmt.Sprintf(`document.querySelectorAll(%q).length`, selector))
}

// logIn logs the tab in by a link.
func (b *tab) logIn() *tab {
	b.Helper()
	if status := b.load(chromedp.Navigate(b.house.app.LogInURL())); status != 200 {
		b.Fatalf("the log-in link answered %d: %s", status, b.text())
	}
	return b
}
