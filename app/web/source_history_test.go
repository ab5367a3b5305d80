package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect() // created, connected, a secret
	const path = "/sources/stripe/development/history"
	h.post("/sources/stripe/development/settings", settingsValues("idempotency_window", "1h")) // described, settings
	h.post("/sources/stripe/development/mappings/invoice-paid/remove", nil)
	page := h.get(path).is(http.StatusOK).shows("made from the template stripe", "connected to development", "invoice-paid removed",
		"by admin", "<del>24h</del>", "<ins>1h</ins>", `href="/sources/stripe/development/history?at=1"`, `aria-current="page">History`)
	page.lacks(secretText)
	if newest, oldest := strings.Index(page.body, "invoice-paid removed"), strings.Index(page.body, "made from the template"); newest > oldest {
		t.Error("the oldest change stands first")
	}
	h.get(path+"?mapping=invoice-paid").is(http.StatusOK).shows("invoice-paid removed", `<option value="customer-created"`).lacks("<del>24h</del>")
	h.get(path + "?mapping=none").is(http.StatusOK).shows("Nothing of it was ever changed")

	h.get(path+"?at=1").is(http.StatusOK).shows("As it was at revision 1", "Since then", "Restore as a new change", "invoice-paid", "24h")
	h.get(path + "?at=0").is(http.StatusNotFound) // not connected yet
	h.get(path + "?at=99").is(http.StatusNotFound)
	h.get(path + "?at=x").is(http.StatusUnprocessableEntity)

	h.post(path+"/1/restore", form("mappings", "1")).leads(path + "?done=restored")
	if v := h.view(place()); len(v.Mappings) != 3 || v.Settings.IdempotencyWindow.String() != "1h" {
		t.Errorf("restored are %d mappings, and a window of %s", len(v.Mappings), v.Settings.IdempotencyWindow)
	}
	h.get(path+"?done=restored").shows("in force, as a new change", "as at revision 1")
	h.post(path+"/1/restore", form("mappings", "1")).leads(path + "?done=nothing-restored")
	h.post(path+"/1/restore", nil).leads(path + "?done=nothing-restored")
	h.post(path+"/1/restore", form("settings", "1")).leads(path + "?done=restored")
	if v := h.view(place()); v.Settings.IdempotencyWindow.String() != "24h" {
		t.Errorf("the window is %s", v.Settings.IdempotencyWindow)
	}
	h.post(path+"/99/restore", form("mappings", "1")).is(http.StatusNotFound)
}

// What this version cannot use is shown, and not restored; the reasons are said.
func TestARevisionThatCannotBeRestored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	state := h.view(place())
	broken := []rule.Mapping{
		{Key: "old", EventType: "a.b", When: "gone_by(body)", ActionType: "users_delete", ActionParameters: rule.Parameters{"id": json.RawMessage(`"body.id"`)}},
		{Key: "odd", EventType: "a.b", ActionType: "users_praise"},
	}
	for _, e := range []source.Event{
		source.MappingsChanged{Environment: "development", Mappings: broken},
		source.MappingsChanged{Environment: "development", Mappings: state.Mappings},
	} {
		event, err := source.Codec().Encode(e, es.Metadata{At: 1_800_000_000_000})
		check(t, err)
		event.ID = uuid.New()
		_, err = h.store.Append(t.Context(), source.Stream("stripe"), es.Any(), event)
		check(t, err)
	}
	_, err := h.sources.Put(t.Context(), place(), sources.Put{Description: new("waits for the others")}, "admin")
	check(t, err)
	const path = "/sources/stripe/development/history"
	h.get(path+"?at=3").is(http.StatusOK).shows("gone_by(body)", "users_praise")
	h.post(path+"/3/restore", form("mappings", "1")).is(http.StatusUnprocessableEntity).
		shows("It was not restored", "mappings[0].when", "mappings[1].action_type", "As it was at revision 3")
	if v := h.view(place()); keysOf(v.Mappings) != keysOf(state.Mappings) {
		t.Errorf("the mappings are %s", keysOf(v.Mappings))
	}
}

func TestEventTypesOfASource(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	h.send(sample("invoice.paid"))
	h.level()
	const path = "/sources/stripe/development/types"
	h.get(path+"?q=INVOICE.").is(http.StatusOK).shows("1 webhook", "succeeded", "not seen yet", "1 seen",
		`href="/?environment=development&amp;source=stripe&amp;type=invoice.paid"`,
		`href="/sources/stripe/development/mappings?event_type=invoice.voided&amp;new=1"`, "1 mapping").
		lacks("customer.<wbr>created")
	h.get(path + "?show=seen").shows("invoice.<wbr>paid").lacks("invoice.<wbr>voided")
	h.get(path + "?show=unseen&q=invoice").shows("invoice.<wbr>voided").lacks("1 webhook ")
	h.get(path).shows("more; search for them")

	h.post(path, form("type", "invoice.paid", "active", "0", "q", "inv", "show", "seen")).leads(path + "?q=inv&show=seen&done=type-switched")
	h.get(path+"?show=off").shows("switched off", "Switch on", "invoice.<wbr>paid")
	if got := strings.Join(h.view(place()).Settings.DisabledEventTypes, " "); got != "invoice.paid" {
		t.Errorf("disabled are %s", got)
	}
	id := h.send(sample("invoice.paid"))
	h.get("/events/" + pathEscape(id)).shows("is switched off in the settings")
	h.post(path, form("type", "invoice.paid", "active", "1")).leads(path + "?done=type-switched")
	h.post(path, form("type", "invoice.paid", "active", "perhaps")).is(http.StatusUnprocessableEntity)
	h.post(path, form("type", "", "active", "0")).is(http.StatusUnprocessableEntity)
	h.post(path, form("type", hostile, "active", "0")).leads(path + "?done=type-switched")
	h.get(path+"?show=off&q="+queryEscape("<")).is(http.StatusOK).lacks("<script>alert", "<img src=x")
}

// All that is wrong is said at once, each at its field, and nothing typed is lost.
func TestAllMistakesOfAFormAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	h.post("/sources/stripe/development/settings", settingsValues("name", "", "event_type_path", "body..type", "timestamp_path", "[",
		"idempotency_key_path", "", "idempotency_window", "1s", "tolerance", "never", "livemode", "maybe", "preprocess", "1 +",
	)).is(http.StatusUnprocessableEntity).shows(`id="e-name"`, `id="e-event_type_path"`, `id="e-timestamp_path"`, `id="e-idempotency_key_path"`,
		`id="e-idempotency_window"`, `id="e-tolerance"`, `id="e-livemode"`, `id="e-preprocess"`,
		`value="body..type"`, `value="["`, `value="1s" selected`, `value="never"`, "invoice.paid", ">1 +</textarea>")

	h.post("/sources/new", form("template", "stripe", "name", "", "key", "No Key!", "environment", "production", "secret", "short",
		"on.invoice-paid", "1", "workflow.invoice-paid", "")).is(http.StatusUnprocessableEntity).
		shows(`id="e-name"`, `id="e-key"`, `id="e-secret"`, `id="e-workflow.invoice-paid"`, `value="No Key!"`, `value="production" selected`)
	if n := len(h.sources.All("production")); n != 0 {
		t.Errorf("%d sources were made all the same", n)
	}
}

func TestTheGuardAndTheHash(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	const path = "/sources/stripe/development/settings"
	h.post(path, settingsValues("livemode", "true", "idempotency", "hash", "idempotency_key_path", "")).leads(path + "?done=settings-saved")
	got := h.view(place()).Settings
	if got.Livemode == nil || !*got.Livemode || *got.IdempotencyKeyPath != source.BodyHash {
		t.Errorf("the settings are %+v", got)
	}
	h.get(path).shows(`value="true" checked`, `value="hash" checked`)
	id := h.send(sample("customer.created"))
	h.get("/events/"+pathEscape(id)).shows("body.livemode is false, and true is expected here", "settings#guards")
	h.get("/?status=ignored").shows("test mode and live mode are kept apart")
	h.post(path, settingsValues("livemode", "", "idempotency_window", "forever")).leads(path + "?done=settings-saved")
	if h.view(place()).Settings.Livemode != nil {
		t.Error("the guard is still there")
	}
	h.get(path).shows(`name="livemode" value="" checked`, `value="forever" selected`)
}
