package web_test

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"daybook/app/sources"
	"daybook/app/trigger"
	"daybook/domain/rule"
)

// hostile is text that would run, or break the page, if it were not escaped.
const hostile = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`

func TestTheLogOfAnEmptyHouse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.get("/").is(http.StatusOK).shows("The book is empty.", `href="/sources/new"`)
	h.connect()
	h.get("/").is(http.StatusOK).shows("No webhook has arrived yet.", `href="/sources/stripe/development/events"`, "hx-sse:connect=")
}

func TestTheLog(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	identified := h.send(trigger.Sample{Type: "customer.created"})
	ignored := h.send(trigger.Sample{Type: "charge.refunded"})
	rejected := h.forge()
	h.settle(rejected)

	h.get("/").is(http.StatusOK).shows(
		`id="e-`+identified+`"`, `href="/events/`+ignored+`"`, `id="e-`+rejected+`"`,
		"identify", "no mapping for", "signature_mismatch", "3 of 3", "Live", `name="q"`,
		`<svg`, // the chart
		"development", "production", ">all<",
	)
	h.get("/?status=rejected").shows(rejected, "1 of 1").lacks(`id="e-` + identified)
	h.get("/?q=charge.ref&environment=development").shows(ignored, `value="charge.ref"`).lacks(`id="e-`+identified, `id="e-`+rejected)
	h.get("/?environment=production").is(http.StatusOK).lacks(`id="e-`)
	h.get("/?type=customer.*&source=stripe&action=users_identify&mapping=customer-created-users-identify").is(http.StatusOK).lacks("could not be used")
	h.get("/?to=2001-01-01").is(http.StatusOK).lacks(`id="e-`, "hx-sse:connect")
}

func TestWrongFiltersAreSaidAndLeftOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	id := h.send(trigger.Sample{Type: "customer.created"})
	h.get("/?from=yesterday&type=customer.*&status=failing").is(http.StatusOK).shows(
		`value="yesterday"`, `aria-invalid="true"`, "Is a time such as", `value="customer.*"`, "status: is one of", id,
	)
	h.get("/?from=2026-11-24&to=2026-11-23").is(http.StatusOK).shows("must not be earlier than from", id)
	h.get("/?after=nonsense").is(http.StatusOK).shows("this is the newest", id)
	h.get("/?environment=../x").is(http.StatusOK).shows("environment: is written with", id)
}

func TestTheLogIsPaged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	sender, err := h.trigger.Sender(place().Key, place().Environment)
	check(t, err)
	sent, err := sender.Send(t.Context(), trigger.Sample{Type: "charge.refunded", Count: 60})
	check(t, err)
	h.settle(sent[59].ID)
	h.level()
	first := h.get("/?environment=development").is(http.StatusOK).shows("50 of 60", sent[59].ID).lacks("↑ Newest", `id="e-`+sent[9].ID+`"`)
	older := linkOf(t, first.body, "older")
	second := h.get(older).is(http.StatusOK).shows("10 of 60", "↑ Newest", sent[0].ID, `id="e-`+sent[9].ID+`"`).lacks(`id="e-`+sent[10].ID+`"`, "hx-sse:connect", `id="older"`)
	if !strings.Contains(second.body, `href="/?environment=production"`) {
		t.Error("the environment switch takes the place in the list along")
	}
}

// linkOf returns where the element with an id leads.
func linkOf(t *testing.T, page, id string) string {
	t.Helper()
	tag := regexp.MustCompile(`<a[^>]*id="` + id + `"[^>]*>`).FindString(page)
	href := regexp.MustCompile(`href="([^"]*)"`).FindStringSubmatch(tag)
	if href == nil {
		t.Fatalf("there is no link %s: %q", id, tag)
	}
	return html.UnescapeString(href[1])
}

func TestAWebhook(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	id := h.send(trigger.Sample{Type: "invoice.paid"})
	later := h.send(trigger.Sample{Type: "charge.refunded"})
	page := h.get("/events/"+id).is(http.StatusOK).shows(
		"invoice.<wbr>paid", "succeeded", "Received", "verified", "Carried out", "invoice-paid", "workflow_run_id",
		`href="/streams/webhook-`+id+`?at=0"`, `href="/api/v1/events/`+id+`/raw"`, `href="/events/`+later+`"`,
		`href="/sources/stripe/development/mappings?edit=invoice-paid`, "stripe-signature", "matched",
	)
	page.lacks("Nothing was done")
	h.get("/events/" + id + "?view=raw").is(http.StatusOK).shows("&#34;object&#34;: &#34;event&#34;")
	h.get("/events/"+later).is(http.StatusOK).shows("Nothing was done because no mapping is for", "charge.refunded", "event_type=charge.refunded", `rel="next" href="/events/`+id+`"`)
}

func TestARequestThatThePlanLeftOutIsShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	id := h.send(trigger.Sample{Type: "invoice.paid", Overrides: map[string]any{"data.object.description": strings.Repeat("long ", 60_000)}})
	h.get("/events/"+id).is(http.StatusOK).shows("succeeded", "As rendered", "trigger", "<b>invoice-paid</b><span> → </span><code>cus_")
}

func TestWhyNothingHappened(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	put := func(mappings string) {
		t.Helper()
		var all []rule.Mapping
		check(t, json.Unmarshal([]byte(mappings), &all))
		_, err := h.sources.Put(t.Context(), place(), sources.Put{Mappings: &all}, "admin")
		check(t, err)
	}
	put(`[
		{"key":"dunning","event_type":"invoice.payment_failed","when":"body.livemode || body.data.object.amount_due > 5000",
		 "action_type":"workflows_trigger","action_parameters":{"key":"dunning","recipients":"body.data.object.customer"}},
		{"key":"off","event_type":"customer.created","active":false,"action_type":"users_identify","action_parameters":{"id":"body.data.object.id"}},
		{"key":"broken","event_type":"invoice.created","when":"body.data.object.id > 5","action_type":"users_delete","action_parameters":{"id":"body.data.object.id"}},
		{"key":"nobody","event_type":"invoice.paid","action_type":"workflows_trigger","action_parameters":{"key":"x","recipients":"body.data.object.nobody"}}
	]`)
	due := func(n int) trigger.Sample {
		return trigger.Sample{Type: "invoice.payment_failed", Overrides: map[string]any{"data.object.amount_due": n}}
	}
	low := h.send(due(1200))
	h.get("/events/"+low).is(http.StatusOK).shows(
		"Nothing was done because", "dunning", "did not match", "1200 &gt; 5000 is false",
		"<mark>body.livemode</mark><span> || </span><mark>body.data.object.amount_due &gt; 5000</mark>", "condition false",
		`href="/sources/stripe/development/mappings?edit=dunning"`, `class="kv hit"`,
	)
	h.get("/").shows("1200 &gt; 5000 is false")
	high := h.send(due(9900))
	h.get("/events/" + high).shows("succeeded").lacks("Nothing was done")

	off := h.send(trigger.Sample{Type: "customer.created"})
	h.get("/events/"+off).shows("is switched off", "mappings?edit=off")
	broken := h.send(trigger.Sample{Type: "invoice.created"})
	h.get("/events/"+broken).shows("broken", "failed", "mappings?edit=broken").lacks("Nothing was done")
	parked := h.send(trigger.Sample{Type: "invoice.paid"})
	h.get("/events/"+parked).shows("nobody", "is parked", "recipients is required", "mappings?edit=nobody")

	// Replayed under other rules.
	put(`[{"key":"dunning","event_type":"invoice.payment_failed","when":"body.data.object.amount_due > 1000",
		"action_type":"workflows_trigger","action_parameters":{"key":"dunning","recipients":"body.data.object.customer"}}]`)
	h.get("/events/"+low+"?replay=current").is(http.StatusOK).shows("Dry replay", "nothing was sent", "<b>1</b> added", "body.data.object.amount_due &gt; 1000")
	h.get("/events/"+low+"?replay=as_received").is(http.StatusOK).shows("<b>0</b> added", "Nothing was done, and nothing would be done.")
	h.get("/events/" + low + "?replay=never").is(http.StatusOK).shows("Rules are")
	// What was asked then is shown as it was then.
	h.get("/events/" + low).shows("body.data.object.amount_due &gt; 5000").lacks("&gt; 1000")
}

func TestARejection(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	id := h.forge()
	h.settle(id)
	h.get("/events/"+id).is(http.StatusOK).shows(
		"signature_mismatch", "Refused, because", "What to do", "What was sent", "evt_", "rejected",
		`href="/streams/rejection-development.stripe?at=0"`, `href="/sources/stripe/development/settings"`,
	).lacks("Replay")
}

func TestHostilePayloadsAreText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	id := h.send(trigger.Sample{Type: "customer.created", Overrides: map[string]any{
		"type": "customer.created", "data.object.name": hostile, "data.object.id": hostile, "data.object.metadata": map[string]any{hostile: hostile},
	}})
	typed := h.send(trigger.Sample{Type: "charge.refunded", Overrides: map[string]any{"type": hostile}})
	for _, path := range []string{
		"/", "/events/" + id, "/events/" + typed, "/events/" + id + "?view=raw", "/events/" + id + "?replay=current", "/directory", "/directory?q=" + queryEscape(hostile),
		"/streams/webhook-" + id, "/streams?prefix=" + queryEscape(hostile), "/?q=" + queryEscape(hostile) + "&from=" + queryEscape(hostile) + "&type=" + queryEscape(hostile),
		"/sources/stripe/development/events?type=" + queryEscape(hostile), "/sources/stripe/development/mappings?new=1&event_type=" + queryEscape(hostile),
		"/login?next=" + queryEscape(hostile), "/?done=" + queryEscape(hostile), "/sources/new?template=" + queryEscape(hostile), "/events/" + pathEscape(hostile),
	} {
		page := h.get(path)
		if page.status >= 500 {
			t.Errorf("%s: status %d", path, page.status)
		}
		page.lacks("<script>alert", "<img src=x", "onerror='alert")
	}
	h.get("/?done=" + queryEscape("Your account was closed")).lacks("Your account was closed")
}

func TestAStream(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	id := h.send(trigger.Sample{Type: "invoice.paid"})
	stream := "/streams/webhook-" + id
	h.get(stream).is(http.StatusOK).shows("WebhookReceived", "ActionsPlanned", "ActionSucceeded", "succeeded", `href="/events/`+id+`"`, "Revision 3 of 3")
	h.get(stream+"?at=1").is(http.StatusOK).shows("Revision 1 of 3", "processing").lacks("<dd><span>succeeded")
	h.get("/streams/source-stripe").is(http.StatusOK).shows("Template", "3 mappings", "by admin").lacks(secretText)
	h.level()
	h.get("/streams?prefix=webhook-").is(http.StatusOK).shows("webhook-" + id).lacks(">source-stripe<")
	h.get("/streams?after=nonsense!").is(http.StatusOK).shows("names no page")
}

func TestTheSystem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	h.level()
	h.get("/system").is(http.StatusOK).shows("0.0.0-test", "the log", "eventlog", "directory", "worklist", "streams", "level", "memory")
	h.post("/system/rebuild", nil).leads("/system?done=rebuild-begun")
	h.get("/system?done=rebuild-begun").is(http.StatusOK).shows("The rebuild has begun.", "Rebuild")
}
