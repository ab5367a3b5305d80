//go:build e2e

package e2e

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"daybook/app/sources"
	"daybook/app/trigger"
)

// ids are the items on the page of the log, newest first.
func (b *tab) ids() []string {
	b.Helper()
	return eval[[]string](b, `[...document.querySelectorAll('#rows tr[data-at]')].map(r => r.id.slice(2))`)
}

// row selects the row of an item.
func row(id string) string { return fmt.Sprintf(`[id="e-%s"]`, id) }

// selected are the ids that a filter selects, by the API.
func (h *house) selected(filter string) []string {
	h.Helper()
	var found struct{ Items []struct{ ID string } }
	h.get("/api/v1/events?limit=50&"+filter, &found)
	var ids []string
	for _, item := range found.Items {
		ids = append(ids, item.ID)
	}
	return ids
}

// TestFilters sets each filter by its address, and takes it away by its chip.
func TestFilters(t *testing.T) {
	t.Parallel()
	h := newHouse(t).tell()
	b := newTab(t, h, wide).logIn()
	all := h.selected("")
	if len(all) != opening-1 { // a second delivery is no item of its own
		t.Fatalf("the log holds %d items", len(all))
	}
	var newest struct {
		Items []struct {
			ObjectID       string    `json:"object_id"`
			IdempotencyKey string    `json:"idempotency_key"`
			ReceivedAt     time.Time `json:"received_at"`
		}
	}
	h.get("/api/v1/events?type=invoice.paid&limit=1", &newest)
	paid := newest.Items[0]
	for name, value := range map[string]string{
		"q": "refund", "source": "stripe", "type": "invoice.*", "status": "failed", "cause": "signature_mismatch",
		"object": paid.ObjectID, "key": paid.IdempotencyKey, "mapping": "dunning", "action": "users_identify",
		"from": paid.ReceivedAt.UTC().Format(time.RFC3339Nano), "to": paid.ReceivedAt.UTC().Format(time.RFC3339Nano),
	} {
		filter := url.Values{name: {value}}.Encode()
		b.open("/?" + filter)
		got, want := b.ids(), h.selected(filter)
		if !slices.Equal(got, want) || len(got) == 0 || len(got) == len(all) && name != "source" {
			t.Errorf("?%s shows %d rows, the API %d of %d", filter, len(got), len(want), len(all))
		}
		b.shows(".active .chip", value)
		b.pressed(".active .chip")
		if path := b.path(); path != "/" {
			t.Errorf("without its chip %s leads to %s", name, path)
		}
	}

	b.open("/?status=lost&from=yesterday&source=stripe")
	b.shows(".notice.bad", "status: is one of", "from: is a time")
	b.shows("[name=from][aria-invalid] ~ .problem", "Is a time such as")
	if n := b.count(".active .chip:not(.bare)"); n != 3 {
		t.Errorf("%d of the 3 filters can be taken away", n)
	}
	b.pressed(".chip.bare")
	if path := b.path(); path != "/" {
		t.Errorf("clearing all leads to %s", path)
	}

	b.fill("[name=type]", "invoice.*")
	b.load(chromedp.KeyEvent(kb.Enter))
	b.load(chosen("[name=status]", "ignored"))
	query, err := url.Parse(b.path())
	h.check(err)
	if q := query.Query(); q.Get("type") != "invoice.*" || q.Get("status") != "ignored" {
		t.Errorf("the form leads to %s", query)
	}
	b.shows("#rows .what", "amount_due is 1200, and 1200 > 5000 is false")
	b.open("/?object=cus_of_nobody")
	b.shows(".empty", "Nothing matches these filters.")
}

// TestPages turns the pages of a log that is longer than one.
func TestPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect()
	_, err := h.sender(secretText).Send(t.Context(), trigger.Sample{Type: "charge.succeeded", Count: 70})
	h.check(err)
	h.settle()
	b := newTab(t, h, wide).logIn()
	b.open("/?type=charge.*")
	first := b.ids()
	b.shows(".pager", "50 of 70")
	b.pressed("#older")
	second := b.ids()
	if len(first) != 50 || len(second) != 20 || slices.ContainsFunc(second, func(id string) bool { return slices.Contains(first, id) }) {
		t.Errorf("the pages have %d and %d rows", len(first), len(second))
	}
	if path := b.path(); !strings.Contains(path, "type=charge.") {
		t.Errorf("the next page has lost its filter: %s", path)
	}
	b.lacks("#older, #live")
	b.pressed(".pager a") // Newest
	if !slices.Equal(b.ids(), first) {
		t.Error("the way back leads to other rows")
	}
}

// TestEnvironments switches between them.
func TestEnvironments(t *testing.T) {
	t.Parallel()
	h := newHouse(t).connect()
	production := sources.Place{Key: "stripe", Environment: "production"}
	_, err := h.app.Sources().Put(t.Context(), production, sources.Put{}, "test")
	h.check(err)
	_, err = h.app.Sources().AddSecret(t.Context(), production, secretText, "test")
	h.check(err)
	address, err := h.app.Sources().IngestURL(production)
	h.check(err)
	_, err = h.senderTo(address, secretText).Send(t.Context(), trigger.Sample{Type: "charge.refunded"})
	h.check(err)
	h.send("charge.succeeded")
	h.settle()

	b := newTab(t, h, wide).logIn()
	b.open("/?environment=development&type=charge.*")
	for _, side := range []struct {
		nth  int // in the switch: all, development, production
		rows string
	}{{3, "charge.refunded"}, {2, "charge.succeeded"}, {1, "charge.succeeded,charge.refunded"}} {
		b.pressed(fmt.Sprintf(".env a:nth-child(%d)", side.nth))
		types := eval[[]string](b, `[...document.querySelectorAll('#rows .open')].map(a => a.textContent.trim())`)
		if got := strings.Join(types, ","); got != side.rows {
			t.Errorf("side %d of the switch shows %s at %s", side.nth, got, b.path())
		}
		if !strings.Contains(b.path(), "type=charge.") {
			t.Errorf("the switch has lost the filter: %s", b.path())
		}
	}
	b.shows("#rows .src", "stripe · development", "stripe · production")
	b.open("/sources/stripe/development/mappings")
	b.pressed(".env a:last-child")
	if path := b.path(); path != "/sources/stripe/production/mappings" {
		t.Errorf("on a source the switch leads to %s", path)
	}
}
