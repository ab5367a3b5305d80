//go:build e2e

package views_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"daybook/static"
	"daybook/views"
	"daybook/views/viewstest"
)

// policy is the strictest one that the pages promise to live under.
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

// house serves sample pages and a tail that the test drives.
type house struct {
	*httptest.Server
	pages  sync.Map // path → templ.Component
	frames chan string
	cut    chan struct{}
	down   atomic.Int32 // how many connections are yet refused
	resume chan string  // the Last-Event-ID of each connection
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{frames: make(chan string), cut: make(chan struct{}), resume: make(chan string, 16)}
	mux := http.NewServeMux()
	mux.Handle("/static/", static.Handler())
	mux.HandleFunc("/tail", h.tail)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		component, ok := h.pages.Load(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		if err := component.(templ.Component).Render(r.Context(), w); err != nil {
			t.Errorf("render %s: %v", r.URL.Path, err)
		}
	})
	h.Server = httptest.NewServer(mux)
	t.Cleanup(h.CloseClientConnections)
	return h
}

func (h *house) tail(w http.ResponseWriter, r *http.Request) {
	if h.down.Add(-1) >= 0 {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, ": hello\n\n")
	flush := http.NewResponseController(w).Flush
	if flush() != nil {
		return
	}
	select {
	case h.resume <- r.Header.Get("Last-Event-ID"):
	case <-r.Context().Done():
		return
	}
	for {
		select {
		case frame := <-h.frames:
			fmt.Fprint(w, frame)
			if flush() != nil {
				return
			}
		case <-h.cut:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// resumed waits for a connection to the tail, and returns its Last-Event-ID.
func (h *house) resumed(t *testing.T) string {
	t.Helper()
	select {
	case id := <-h.resume:
		return id
	case <-time.After(30 * time.Second):
		t.Fatal("nobody came to the tail")
		return ""
	}
}

// send lets a row arrive at position id.
func (h *house) send(t *testing.T, id int, row views.Row) {
	t.Helper()
	var b bytes.Buffer
	if err := views.EventRow(row).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	frame := fmt.Sprintf("id: %d\n", id)
	for line := range bytes.SplitSeq(b.Bytes(), []byte("\n")) {
		frame += "data: " + string(line) + "\n"
	}
	select {
	case h.frames <- frame + "\n":
	case <-time.After(20 * time.Second):
		t.Fatal("nobody listens to the tail")
	}
}

// tab is a tab of a browser.
type tab struct {
	*testing.T
	ctx context.Context
}

// browser opens a tab of its own that notes what the policy refused.
func browser(t *testing.T, width int64) tab {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	if path == "" {
		path = "/usr/bin/chromium"
	}
	if _, err := exec.LookPath(path); err != nil {
		t.Skipf("no browser: set CHROMIUM to one (%v)", err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.NoSandbox, chromedp.ExecPath(path),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	tab{t, ctx}.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		if _, err := cdp.Call(ctx, target, cdpage.AddScriptToEvaluateOnNewDocument, cdpage.AddScriptToEvaluateOnNewDocumentParams{
			Source: `window.refused = []; document.addEventListener('securitypolicyviolation', e => refused.push(e.violatedDirective + ' ' + e.blockedURI)); addEventListener('error', e => refused.push(e.message));`,
		}); err != nil {
			return chromedp.Void{}, err
		}
		_, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1, Mobile: width < 600})
		return chromedp.Void{}, err
	})
	return tab{t, ctx}
}

func (b tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// until waits for an expression to become true.
func (b tab) until(expression string) {
	b.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		b.Fatalf("never came true: %s: %v", expression, err)
	}
}

// eval is the value of an expression in the page.
func eval[T any](b tab, expression string) T {
	b.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return value
}

// TestPagesInABrowser opens every page, wide and narrow: nothing is refused by
// the policy, no script fails, and nothing is wider than the page.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, width := range []int64{1280, 1024, 900, 768, 390} {
		b := browser(t, width)
		for _, sample := range viewstest.Samples() {
			h.pages.Store("/p/"+sample.Name, sample.Page)
			b.do(chromedp.Navigate(h.URL + "/p/" + sample.Name))
			if refused := eval[[]string](b, "refused"); len(refused) > 0 {
				t.Errorf("%s at %d: %v", sample.Name, width, refused)
			}
			if got := eval[int64](b, "document.documentElement.scrollWidth"); got > width {
				t.Errorf("%s at %d is %d wide", sample.Name, width, got)
			}
			if sheets := eval[int](b, "document.styleSheets.length"); sheets != 3 {
				t.Errorf("%s: %d style sheets", sample.Name, sheets)
			}
		}
	}
}

// TestTailInABrowser drives the live tail through everything it must bear.
func TestTailInABrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	model := viewstest.Events()
	model.TailURL = "/tail"
	h.pages.Store("/", views.EventsPage(model))
	h.down.Store(1) // the very first connection fails: the tail must try again
	b := browser(t, 1280)
	b.do(chromedp.Navigate(h.URL + "/"))
	if id := h.resumed(t); id != "" {
		t.Errorf("the first connection resumes from %q", id)
	}
	b.until(`live.textContent === 'Live'`)

	rows := model.Rows
	fresh := rows[0]
	arrive := func(id int, name string, after time.Duration) {
		fresh.ID, fresh.At = "development.stripe."+name, rows[0].At.Add(after)
		h.send(t, id, fresh)
	}
	second := `document.querySelectorAll('#rows tr')[1].id`
	arrive(101, "evt_one", time.Second)
	b.until(second + ` === 'e-development.stripe.evt_one'`)

	changed := rows[4]
	changed.Status = "succeeded"
	at := `[...document.querySelectorAll('#rows tr')].findIndex(r => r.id === 'e-` + changed.ID + `')`
	before := eval[int](b, at)
	h.send(t, 102, changed)
	b.until(`document.getElementById('e-` + changed.ID + `').querySelector('.st').classList.contains('ok')`)
	if n := eval[int](b, `[...document.querySelectorAll('#rows tr')].filter(r => r.id === 'e-`+changed.ID+`').length`); n != 1 {
		t.Errorf("a changed row is there %d times", n)
	}
	if after := eval[int](b, at); after != before {
		t.Errorf("a changed row moved from %d to %d", before, after)
	}

	old := rows[0]
	old.ID, old.At = "development.stripe.evt_old", rows[len(rows)-1].At.Add(-time.Hour)
	h.send(t, 103, old)
	b.do(chromedp.KeyEvent("j"))
	b.until(`document.activeElement.closest('tr')?.id === 'e-development.stripe.evt_one'`)
	top := eval[float64](b, `document.activeElement.getBoundingClientRect().top`)
	arrive(104, "evt_two", 2*time.Second)
	b.until(`/ new$/.test(live.textContent)`)
	if moved := eval[float64](b, `document.activeElement.getBoundingClientRect().top`); moved != top {
		t.Errorf("the row being read moved by %v", moved-top)
	}
	b.do(chromedp.Click(chromedp.CSS("#live")))
	b.until(`live.textContent === 'Live' && ` + second + ` === 'e-development.stripe.evt_two'`)
	if eval[bool](b, `document.getElementById('e-development.stripe.evt_old') !== null`) {
		t.Error("a row older than the page was put on it")
	}

	h.down.Store(1)
	h.cut <- struct{}{}
	b.until(`live.textContent === 'Waiting…'`)
	if id := h.resumed(t); id != "104" {
		t.Errorf("it resumed from %q, not from the last row", id)
	}
	arrive(105, "evt_three", 24*time.Hour)
	b.until(second + ` === 'e-development.stripe.evt_three'`)
	if day := eval[string](b, `document.querySelector('#rows tr.day').textContent`); day != "25 November 2026" {
		t.Errorf("the new day is headed %q", day)
	}
	if again := eval[int](b, `document.querySelectorAll('#rows tr.day').length`); again != 3 {
		t.Errorf("%d days have a heading", again)
	}

	for i := range 520 {
		arrive(200+i, fmt.Sprint("evt_many_", i), 24*time.Hour+time.Duration(i+1)*time.Millisecond)
	}
	b.until(second + ` === 'e-development.stripe.evt_many_519'`)
	if n := eval[int](b, `document.querySelectorAll('#rows tr').length`); n != 500 {
		t.Errorf("%d rows are kept", n)
	}
	if older := eval[string](b, `document.getElementById('older').textContent`); older != "Reload for older" {
		t.Errorf("older rows are at %q, which would leave a gap", older)
	}
	if refused := eval[[]string](b, "refused"); len(refused) > 0 {
		t.Error(refused)
	}
}

// TestWaitingTurnsByItself lets the first webhook arrive at a new source.
func TestWaitingTurnsByItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	model := viewstest.SourceWaiting()
	model.TailURL = "/tail"
	path := "/sources/stripe/development/events"
	h.pages.Store(path, views.SourceEventsPage(model))
	b := browser(t, 1280)
	b.do(chromedp.Navigate(h.URL + path))
	h.resumed(t)
	arrived := viewstest.SourceEvents()
	arrived.TailURL = "/tail"
	h.pages.Store(path, views.SourceEventsPage(arrived))
	h.send(t, 1, arrived.Rows[0])
	b.until(`document.querySelector('.waiting') === null && document.querySelectorAll('#rows tr').length > 3`)
}

// TestProcessingTurnsByItself looks at a webhook while it is worked on.
func TestProcessingTurnsByItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	model := viewstest.EventFailed()
	model.Status = "processing"
	model.Moving = true
	path := "/events/" + model.ID
	h.pages.Store(path, views.EventPage(model))
	b := browser(t, 390)
	b.do(chromedp.Navigate(h.URL + path))
	model.Status = "succeeded"
	model.Moving = false
	h.pages.Store(path, views.EventPage(model))
	b.until(`document.querySelector('.title .st').textContent.includes('succeeded')`)
	h.pages.Delete(path)
	b.until(`document.querySelector('#webhook').getAttribute('hx-trigger') === null`)
}

// TestEnterSaves presses Enter in the form of a mapping, which has a button
// before "Save" that must not be taken for it.
func TestEnterSaves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := "/sources/stripe/development/mappings"
	h.pages.Store(path, views.MappingPage(viewstest.MappingEdit()))
	b := browser(t, 1280)
	b.do(chromedp.Navigate(h.URL + path))
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#mapping-form').addEventListener('submit', e => { e.preventDefault(); window.pressed = e.submitter.value })`))
	b.do(chromedp.Focus(chromedp.CSS("#f-event_type")), chromedp.KeyEvent(kb.Enter))
	b.until(`window.pressed === 'save'`)
}

// TestKeys presses every key.
func TestKeys(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	log := viewstest.Events()
	log.TailURL = ""
	h.pages.Store("/", views.EventsPage(log))
	h.pages.Store("/events/"+log.Rows[1].ID, views.EventPage(viewstest.EventIgnored()))
	b := browser(t, 1280)
	b.do(chromedp.Navigate(h.URL+"/"), chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("k"))
	b.until(`document.activeElement.closest('tr')?.id === 'e-` + log.Rows[1].ID + `'`)
	b.do(chromedp.KeyEvent("/"))
	b.until(`document.activeElement.name === 'q'`)
	b.do(chromedp.KeyEvent("j"))
	b.until(`document.activeElement.value.endsWith('j')`) // typed, not obeyed
	b.do(chromedp.Navigate(h.URL + "/events/" + log.Rows[1].ID))
	closed := `document.querySelectorAll('.json details:not([open])').length`
	if eval[int](b, closed) == 0 {
		t.Fatal("nothing is folded")
	}
	b.do(chromedp.KeyEvent("e"))
	b.until(closed + ` === 0`)
	h.pages.Store("/events/development.stripe.evt_1QXg2pLk", views.EventPage(viewstest.EventFailed()))
	if _, err := chromedp.Run(b.ctx, chromedp.WaitEvent(cdpage.LoadEventFired, nil, chromedp.KeyEvent(kb.ArrowLeft))); err != nil {
		t.Fatal(err)
	}
	if path := eval[string](b, "location.pathname"); path != "/events/development.stripe.evt_1QXg2pLk" {
		t.Errorf("← leads to %s", path)
	}
}
