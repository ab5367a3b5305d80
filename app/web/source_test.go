package web_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"daybook/app/sources"
	"daybook/domain/rule"
)

func queryEscape(text string) string { return url.QueryEscape(text) }
func pathEscape(text string) string  { return url.PathEscape(text) }

// attribute returns the first value of an attribute on a page.
func attribute(t *testing.T, page, name string) string {
	t.Helper()
	found := regexp.MustCompile(regexp.QuoteMeta(name) + `="([^"]*)"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page has no %s", name)
	}
	return html.UnescapeString(found[1])
}

// view is the source of the tests as it is configured.
func (h *house) view(at sources.Place) sources.EnvironmentView {
	h.t.Helper()
	v, err := h.sources.View(at)
	check(h.t, err)
	return v.EnvironmentSettings[at.Environment]
}

func keysOf(mappings []rule.Mapping) string {
	var keys []string
	for _, m := range mappings {
		keys = append(keys, m.Key)
	}
	return strings.Join(keys, " ")
}

func TestASourceIsMade(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.get("/sources").is(http.StatusOK).shows("No source here yet.")
	h.get("/sources/new").is(http.StatusOK).shows("Stripe", `href="/sources/new?template=stripe`)
	empty := h.get("/sources/new?template=stripe&environment=production").is(http.StatusOK).
		shows(`value="stripe"`, `value="invoice-paid"`, `value="invoice-created"`, "customer.created", `<option value="production" selected`)
	if n := strings.Count(empty.body, "checked"); n != 3 {
		t.Errorf("%d of the default mappings are on, want all 3", n)
	}
	names := regexp.MustCompile(`name="on\.([^"]+)"`).FindAllStringSubmatch(empty.body, -1)
	workflows := regexp.MustCompile(`name="workflow\.([^"]+)"`).FindAllStringSubmatch(empty.body, -1)
	if len(names) != 3 || len(workflows) != 2 {
		t.Fatalf("mappings %v, workflows %v", names, workflows)
	}

	paid := workflows[len(workflows)-1][1]
	values := form("template", "stripe", "name", "Payments", "key", "pay", "environment", "development", "secret", secretText,
		"on."+names[0][1], "1", "on."+paid, "1", "workflow."+paid, "thank-you")
	h.post("/sources/new", values).leads("/sources/pay/development/events?done=created")
	made := sources.Place{Key: "pay", Environment: "development"}
	if got := keysOf(h.view(made).Mappings); got != names[0][1]+" "+paid {
		t.Errorf("the mappings are %s", got)
	}
	if got := string(h.view(made).Mappings[1].ActionParameters["key"]); got != `"thank-you"` {
		t.Errorf("the workflow is %s", got)
	}
	page := h.get("/sources/pay/development/events?done=created").is(http.StatusOK).shows(
		"The source is made.", "Payments", "http://"+host+"/in/", "Waiting for the first webhook", "Add destination",
		"stripe listen --forward-to", "--print-secret", "Send test event", "1 secret",
	)
	page.lacks(secretText)
	h.get("/sources").is(http.StatusOK).shows("Payments", "pay", "1 secret", "none yet")

	h.post("/sources/new", values).is(http.StatusConflict).shows(`value="Payments"`, `value="thank-you"`, "exists in this environment").lacks(secretText)
}

func TestASourceThatCannotBeMade(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	good := func(pairs ...string) url.Values {
		values := form("template", "stripe", "name", "Payments", "key", "pay", "environment", "development")
		for i := 0; i < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		return values
	}
	for name, c := range map[string]struct {
		values url.Values
		status int
		shows  []string
	}{
		"a bad key":         {good("key", "No Key!"), 422, []string{`id="e-key"`, `value="No Key!"`, `value="Payments"`}},
		"no name":           {good("name", " "), 422, []string{`id="e-name"`}},
		"a short secret":    {good("secret", "short"), 422, []string{`id="e-secret"`, "too short"}},
		"no workflow":       {good("on.invoice-paid", "1", "workflow.invoice-paid", ""), 422, []string{`id="e-workflow.invoice-paid"`}},
		"hostile":           {good("key", hostile, "name", hostile), 422, []string{`id="e-key"`}},
		"no such template":  {good("template", "none"), 404, nil},
		"no such env":       {good("environment", "moon"), 404, nil},
		"nothing was typed": {form("template", "stripe"), 422, []string{`id="e-key"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := *h
			h.t = t
			h.post("/sources/new", c.values).is(c.status).shows(c.shows...).lacks("<script>alert", `value="short"`)
		})
	}
	t.Cleanup(func() {
		if all := h.sources.All(""); len(all) != 0 {
			t.Errorf("something was made all the same: %v", all)
		}
	})
}

func TestTestEvents(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.sources.Put(t.Context(), place(), sources.Put{}, "admin")
	check(t, err)
	h.get("/sources/stripe/development/events").shows("Until one is here, every request is refused", "no live secret to sign samples with").lacks("Send test event</button>", "No signing secret is live")
	h.post("/sources/stripe/development/trigger", form("type", "invoice.paid")).is(http.StatusConflict).shows("No test event was sent.", "add one first")

	_, err = h.sources.AddSecret(t.Context(), place(), secretText, "admin")
	check(t, err)
	h.post("/sources/stripe/development/trigger", form("type", "nothing.known")).is(http.StatusUnprocessableEntity).shows("No test event was sent.")
	h.post("/sources/stripe/development/trigger", form("type", "invoice.paid")).leads("/sources/stripe/development/events?done=test-sent")
	h.get("/sources/stripe/development/events?done=test-sent").is(http.StatusOK).
		shows("invoice.<wbr>paid", "was signed, sent and accepted", "The whole log of this source").lacks("Waiting for the first webhook")
	h.get("/sources").shows("stripe")
}

func settingsValues(pairs ...string) url.Values {
	values := form("name", "Payments", "event_type_path", "body.type", "timestamp_path", "", "idempotency", "on",
		"idempotency_key_path", "body.id", "idempotency_window", "48h", "tolerance", "2m", "enforce_verification", "1",
		"disabled_event_types", "charge.refunded\r\n\r\n invoice.paid \r\n")
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

func TestSettings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	const path = "/sources/stripe/development/settings"
	h.get(path).is(http.StatusOK).shows(`value="body.type"`, `value="24h"`, `value="5m"`, `value="body.id"`, "live").lacks(secretText)
	h.post(path, settingsValues()).leads(path + "?done=settings-saved")
	got := h.view(place()).Settings
	if got.IdempotencyWindow.String() != "48h" || got.Tolerance.String() != "2m" || got.TimestampPath != nil ||
		strings.Join(got.DisabledEventTypes, " ") != "charge.refunded invoice.paid" || !got.EnforceVerification {
		t.Errorf("the settings are %+v", got.Settings)
	}
	h.get(path+"?done=settings-saved").shows("saved and in force", `value="48h"`, "charge.refunded\ninvoice.paid", `value="Payments"`)

	h.post(path, settingsValues("idempotency", "off", "enforce_verification", "", "idempotency_window", "forever")).leads(path + "?done=settings-saved")
	got = h.view(place()).Settings
	if got.IdempotencyKeyPath != nil || got.EnforceVerification || got.IdempotencyWindow.String() != "forever" {
		t.Errorf("the settings are %+v", got.Settings)
	}
}

func TestSettingsThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	for field, typed := range map[string]string{
		"event_type_path": "body..type", "timestamp_path": "[", "idempotency_key_path": "body.", "idempotency_window": "soon",
		"tolerance": "48h", "name": "",
	} {
		h.post("/sources/stripe/development/settings", settingsValues(field, typed)).
			is(http.StatusUnprocessableEntity).shows(`id="e-`+field+`"`, `value="`+typed+`"`, "invoice.paid")
	}
	h.post("/sources/stripe/development/settings", settingsValues("idempotency_window", "1s")).is(http.StatusUnprocessableEntity).shows("at least 1m")
	h.post("/sources/stripe/development/settings", settingsValues("idempotency_key_path", "")).is(http.StatusUnprocessableEntity).shows(`id="e-idempotency_key_path"`)
	h.post("/sources/stripe/development/settings", settingsValues("disabled_event_types", strings.Repeat("a.b\n", 501))).
		is(http.StatusUnprocessableEntity).shows(`id="e-disabled_event_types"`)
	if got := h.view(place()).Settings.IdempotencyWindow.String(); got != "24h" {
		t.Errorf("the window changed all the same, to %s", got)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	const path = "/sources/stripe/development/"
	const second = "whsec_another_one_of_the_pages"
	h.post(path+"secrets", form("secret", " "+second+"\n")).leads(path + "settings?done=secret-added#secrets")
	for _, bad := range []string{"", "short", second} {
		a := h.post(path+"secrets", form("secret", bad)).shows(`id="e-secret"`).lacks(second)
		if a.status != http.StatusUnprocessableEntity && a.status != http.StatusConflict {
			t.Errorf("a secret %q is answered %d", bad, a.status)
		}
	}
	all, err := h.sources.Secrets(place())
	check(t, err)
	if len(all) != 2 {
		t.Fatalf("there are %d secrets", len(all))
	}
	h.post(path+"secrets/"+all[1].ID+"/revoke", form("grace", "24h")).leads(path + "settings?done=secret-revoked")
	h.get(path+"settings").shows(all[0].Fingerprint, all[1].Fingerprint, "ending", "live").lacks(secretText, second)
	h.post(path+"secrets/"+all[0].ID+"/revoke", form("grace", "0s")).leads(path + "settings?done=secret-revoked")
	h.get(path + "settings").shows("revoked")
	h.post(path+"secrets/"+all[0].ID+"/revoke", form("grace", "soon")).is(http.StatusUnprocessableEntity)
}

func TestANewAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	before, err := h.sources.IngestURL(place())
	check(t, err)
	h.post("/sources/stripe/development/rotate", form("grace", "1h")).leads("/sources/stripe/development/settings?done=address-rotated")
	after, err := h.sources.IngestURL(place())
	check(t, err)
	h.get("/sources/stripe/development/settings").shows(after).lacks(before)
}

func TestASourceIsDeleted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	const path = "/sources/stripe/development/delete"
	h.post(path, form("confirm", "yes")).is(http.StatusUnprocessableEntity).shows(`id="e-confirm"`, "type stripe to confirm")
	h.get("/sources/stripe/development/settings").is(http.StatusOK)
	h.post(path, form("confirm", "stripe")).leads("/sources?environment=development&done=deleted")
	h.get("/sources?environment=development&done=deleted").is(http.StatusOK).shows("The source is gone")
	h.get("/sources/stripe/development/settings").is(http.StatusNotFound)
}

func TestTheSwitchKeepsThePage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	_, err := h.sources.Put(context.Background(), sources.Place{Key: "stripe", Environment: "production"}, sources.Put{}, "admin")
	check(t, err)
	for path, want := range map[string]string{
		"/?status=failed&after=x&done=created": `href="/?environment=production&amp;status=failed"`,
		"/directory?tab=runs":                  `href="/directory?environment=production&amp;tab=runs"`,
		"/streams?prefix=source-":              `href="/streams?environment=production&amp;prefix=source-"`,
		"/sources/stripe/development/settings": `href="/sources/stripe/production/settings"`,
		"/sources/stripe/development/mappings": `href="/sources/stripe/production/mappings"`,
		"/sources":                             `href="/sources?environment=production"`,
		"/system":                              `href="/system?environment=production"`,
		"/sources/new?template=stripe":         `href="/sources/new?environment=production&amp;template=stripe"`,
		"/streams/source-stripe?at=0":          `href="/streams/source-stripe?at=0&amp;environment=production"`,
	} {
		h.get(path).is(http.StatusOK).shows(want)
	}
}
