//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// hostile is what an attacker who knows a secret would send.
const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)>"'` + "`" + `</tr></table>`

// TestHostilePayloads shows as text whatever is sent.
func TestHostilePayloads(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect()
	long := make([]byte, 1_000_000)
	for i := range long {
		long[i] = "<a href=javascript:alert(3)>"[i%28]
	}
	quoted, err := json.Marshal(hostile)
	h.check(err)
	inJSON := strings.Trim(string(quoted), `"`)
	id := h.post(fmt.Sprintf(`{"id":"%[1]s","type":"%[1]s","created":1795528928,"%[1]s":"%[1]s","link":"javascript:alert(4)",
		"turned":"a\u202eb\u2066","data":{"object":{"id":"cus_<b>bold</b>","object":"customer","long":"%[2]s"}}}`, inJSON, long))
	small := h.post(fmt.Sprintf(`{"id":"evt_small","type":"%s","data":{"object":{"id":"javascript:alert(5)"}}}`, inJSON))
	h.forgeWith(hostile)
	h.settle()
	b := newTab(t, h, narrow).logIn()
	h.check(chromedp.Listen(b.ctx, func(event any) {
		if opening, ok := event.(*page.EventJavascriptDialogOpening); ok {
			b.note("a dialog opened: " + opening.Message)
		}
	}))
	stream := "/streams/" + escaped("webhook-"+id)
	for _, path := range []string{
		"/", "/?q=" + escaped(hostile), "/?type=" + escaped(hostile) + "&object=" + escaped(hostile) + "&from=" + escaped(hostile),
		eventPath(id), eventPath(id) + "?view=raw", eventPath(id) + "?replay=current", eventPath(small),
		eventPath(h.find("status=rejected")), stream, stream + "?at=0", "/streams?prefix=" + escaped(hostile),
		"/sources/stripe/development/events", "/sources/stripe/development/mappings?new=1&event_type=" + escaped(hostile),
		"/directory?q=" + escaped(hostile), "/login?next=" + escaped("javascript:alert(6)"),
	} {
		b.open(path)
		if n := b.count("main script, main img, main [onerror], main b > b, [href^='javascript:' i], body > tr"); n > 0 {
			t.Errorf("%s holds %d elements that were sent to it", path, n)
		}
		if got := eval[int64](b, "document.documentElement.scrollWidth"); got > narrow {
			t.Errorf("%s is %d wide", path, got)
		}
	}
	b.open(eventPath(id))
	b.shows("h1", "<script>alert(1)</script>")
	b.shows(".json", `a\u202eb\u2066`, "javascript:alert(4)", "more bytes")
	b.open("/")
	b.shows("#rows .type", "<script>alert(1)</script>")
	b.open(eventPath(h.find("status=rejected")))
	b.shows(".raw", "<script>alert(1)</script>")
}
