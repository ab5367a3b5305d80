package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"daybook/app/sources"
	"daybook/app/trigger"
	"daybook/domain/rule"
)

const mappingsPath = "/sources/stripe/development/mappings"

func TestMappings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	const path = mappingsPath
	h.get(path).is(http.StatusOK).shows("customer.<wbr>created", "invoice-paid", "Switch off")
	h.get(path+"?new=1&action_type=users_identify").is(http.StatusOK).shows(`name="text.phone_number"`, `name="form.id"`, "New mapping")

	// Another action is chosen: nothing is saved, what was typed stays.
	h.post(path, form("do", "fields", "event_type", "invoice.*", "when", "body.x > 1", "action_type", "audiences_add_member", "active", "1")).
		is(http.StatusOK).shows(`value="invoice.*"`, "body.x &gt; 1", `name="text.members"`)

	h.post(path, form("do", "save", "event_type", "invoice.*", "when", "body.livemode", "key", "big", "action_type", "workflows_trigger", "active", "1",
		"form.key", "value", "text.key", "dunning",
		"form.recipients", "path", "text.recipients", "body.data.object.customer", "default.recipients", "ops",
		"form.data", "expr", "text.data", `{"n": body.data.object.amount_due / 100}`,
		"form.tenant", "value", "text.tenant", "acme",
	)).leads(path + "?done=mapping-saved")
	saved := h.view(place()).Mappings[3]
	if saved.Key != "big" || saved.When != "body.livemode" || saved.Active != rule.On {
		t.Errorf("saved as %+v", saved)
	}
	for name, want := range map[string]string{
		"key": `"dunning"`, "recipients": `{"path":"body.data.object.customer","default":"ops"}`,
		"data": `{"expr":"{\"n\": body.data.object.amount_due / 100}"}`, "tenant": `{"value":"acme"}`,
	} {
		if got := string(saved.ActionParameters[name]); got != want {
			t.Errorf("%s is saved as %s, want %s", name, got, want)
		}
	}
	h.get(path+"?edit=big").is(http.StatusOK).shows(
		`value="dunning"`, `value="body.data.object.customer"`, `value="ops"`, `value="acme"`, "amount_due / 100", "Remove", `value="big"`)

	h.post(path+"/big/switch", form("active", "0")).leads(path + "?done=mapping-switched")
	if h.view(place()).Mappings[3].Active != rule.Off {
		t.Error("the mapping is still on")
	}
	h.get(path+"?done=mapping-switched").shows("The mapping is switched.", "switched off", "Switch on")
	h.post(path+"/big/switch", form("active", "maybe")).is(http.StatusUnprocessableEntity)

	// Saved under another key, the mapping is the same one.
	h.post(path, form("do", "save", "mapping", "big", "key", "bigger", "event_type", "invoice.paid", "action_type", "users_delete", "text.id", "body.data.object.id")).
		leads(path + "?done=mapping-saved")
	if got := h.view(place()).Mappings; len(got) != 4 || got[3].Key != "bigger" || got[3].Active != rule.Off {
		t.Errorf("the mappings are %+v", got)
	}
	h.post(path+"/bigger/remove", nil).leads(path + "?done=mapping-removed")
	if n := len(h.view(place()).Mappings); n != 3 {
		t.Errorf("there are %d mappings, want 3", n)
	}
}

func TestMappingsThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	const path = mappingsPath
	before := h.view(place()).Mappings
	good := func(pairs ...string) url.Values {
		values := form("do", "save", "event_type", "invoice.paid", "action_type", "users_identify", "active", "1", "form.id", "path", "text.id", "body.id")
		for i := 0; i < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		return values
	}
	for name, c := range map[string]struct {
		values url.Values
		shows  []string
	}{
		"no type":                   {good("event_type", ""), []string{`class="val bad" id="e-event_type"`}},
		"a bad condition":           {good("when", "body. > 1"), []string{`class="val bad" id="e-when"`, "body. &gt; 1"}},
		"a required field":          {good("text.id", ""), []string{`class="val bad" id="e-text.id"`, "needs id"}},
		"a bad path":                {good("text.name", "body..name"), []string{`class="val bad" id="e-text.name"`, `value="body..name"`, `value="body.id"`}},
		"a bad expression":          {good("form.email", "expr", "text.email", "1 +"), []string{`class="val bad" id="e-text.email"`, `>1 +</textarea>`}},
		"a value that is no object": {good("form.properties", "value", "text.properties", "[1]"), []string{`class="val bad" id="e-text.properties"`, `value="[1]"`}},
		"an unknown action":         {good("action_type", "users_praise"), []string{`class="val bad" id="e-action_type"`, "users_praise"}},
		"a key that is taken":       {good("key", before[0].Key), []string{`class="val bad" id="e-key"`}},
		"an impossible key":         {good("key", "NO"), []string{`class="val bad" id="e-key"`, `value="NO"`}},
		"an edit":                   {good("mapping", before[1].Key, "key", before[1].Key, "when", "1"), []string{`class="val bad" id="e-when"`, before[1].Key}},
		"several at once":           {good("event_type", "", "when", "1 +"), []string{`class="val bad" id="e-event_type"`, `class="val bad" id="e-when"`}},
		"hostile":                   {good("event_type", hostile, "key", hostile, "when", hostile, "text.name", hostile), []string{`class="val bad" id="e-key"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := *h
			h.t = t
			h.post(path, c.values).is(http.StatusUnprocessableEntity).shows(c.shows...).lacks("<script>alert", "<img src=x")
		})
	}
	h.post(path, good("mapping", "gone", "text.name", "body.name")).is(http.StatusConflict).
		shows("Somebody removed this mapping", `name="mapping" value=""`, `value="body.name"`)
	t.Cleanup(func() {
		if after := h.view(place()).Mappings; keysOf(after) != keysOf(before) {
			t.Errorf("the mappings changed all the same: %s", keysOf(after))
		}
	})
}

// typing is what the editor's form sends of a mapping of paid invoices.
func typing(pairs ...string) url.Values {
	values := form("do", "check", "event_type", "invoice.paid", "when", "body.data.object.amount_due > 5000", "action_type", "workflows_trigger", "active", "1",
		"form.key", "value", "text.key", "dunning", "form.recipients", "path", "text.recipients", "body.data.object.customer")
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

// paid sends a paid invoice of an amount.
func (h *house) paid(amount int) string {
	h.t.Helper()
	return h.send(trigger.Sample{Type: "invoice.paid", Overrides: map[string]any{"data.object.amount_due": amount, "data.object.customer": fmt.Sprintf("cus_%d", amount)}})
}

func TestTheEditorTriesWhatIsTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	// Nothing has come: the template's sample is tried, and shown as such.
	h.post(mappingsPath, typing("when", "")).is(http.StatusOK).
		shows("made from the template", "None has come yet.", "matched", "body.data.object.amount_due", "No webhook of this type has come yet")

	older, newer := h.paid(1200), h.paid(9900)
	h.post(mappingsPath, typing()).is(http.StatusOK).shows(
		"2 have come.", "True: amount_due is 9900, and 9900 &gt; 5000 is true.", "[&#34;cus_9900&#34;]", "1 of 2", `href="/events/`+newer+`"`,
		`class="kv hit"`, `<option value="body.data.object.customer">`, `value="`+older+`"`, "would match",
	).lacks("made from the template", "done=")
	// The other sample; by the button, by the address, and by what the form remembers.
	for name, a := range map[string]answer{
		"the button":  h.post(mappingsPath+"?new=1&sample="+newer, typing("show", older, "sample", newer)),
		"the form":    h.post(mappingsPath+"?new=1&sample="+newer, typing("sample", older)),
		"the address": h.post(mappingsPath+"?new=1&sample="+older, typing()),
	} {
		if a.is(http.StatusOK); !strings.Contains(a.body, "False: amount_due is 1200") || !strings.Contains(a.body, "2 of 2") {
			t.Errorf("by %s: %s", name, a.excerpt())
		}
	}
	// All mistakes at once, each at its field; what was typed stays.
	h.post(mappingsPath, typing("when", "body.data.object.amount_due > ", "text.recipients", "body.data.object.custmer",
		"form.data", "expr", "text.data", "{\"a\": body.id + 1}", "form.tenant", "path", "text.tenant", "a..b", "form.actor", "path", "text.actor", "nobody", "default.actor", "bot")).
		is(http.StatusOK).shows(
		`class="val bad" id="e-when"`, "ends too early (line 1, column", `class="val bad" id="e-text.recipients"`, "did you mean body.data.object.customer?",
		`class="val bad" id="e-text.data"`, "do not go together (line 1, column", `class="val bad" id="e-text.tenant"`, "A name is missing here (line 1, column 3).",
		`class="val wait json-value" id="e-text.actor"`, "&#34;bot&#34;, as there is nothing at body.nobody", "cannot be used", `value="a..b"`, `value="body.data.object.custmer"`,
		"mend what cannot be read",
	)
	// What is only not filled in yet is no mistake.
	h.get(mappingsPath+"?new=1").is(http.StatusOK).shows("Required.", "not complete").lacks("val bad")
	// A value that does not fit is told with what stands there.
	h.post(mappingsPath, typing("form.data", "path", "text.data", "body.data.object.amount_due")).shows("Data must be an object, not a number; there stands 9900.", "would be parked")
	if got := keysOf(h.view(place()).Mappings); strings.Contains(got, "dunning") {
		t.Errorf("something was saved: %s", got)
	}
}

func TestTheEditorTriesAPayloadOfYourOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	h.post(mappingsPath, typing("payload", `{"id":"evt_mine","type":"invoice.paid","data":{"object":{"customer":"cus_mine","amount_due":5001}}}`)).
		is(http.StatusOK).shows("pasted below", "evt_mine", "True: amount_due is 5001", "cus_mine")
	h.post(mappingsPath, typing("payload", `{"id"`)).is(http.StatusOK).shows("send one JSON object, whole", "not tried").lacks("val bad")
	h.post(mappingsPath, typing("payload", `{"type":"charge.refunded"}`)).is(http.StatusOK).shows("not asked", "The sample is of another type.")
	h.post(mappingsPath, typing("payload", hostile)).is(http.StatusOK).lacks("<script>alert", "<img src=x")
	h.level()
	if _, err := h.events.Get(t.Context(), "development.stripe.evt_mine"); err == nil {
		t.Error("what was pasted is in the log")
	}
}

func TestTheDryRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	var ids []string
	for _, amount := range []int{1200, 9900, 7700} {
		ids = append(ids, h.paid(amount))
	}
	edit := typing("do", "dry", "mapping", "invoice-paid", "key", "invoice-paid", "text.key", "invoice-paid", "form.data", "path", "text.data", "body")
	h.post(mappingsPath, edit).is(http.StatusOK).shows(
		"Would have, on the last 3", "<b>2</b> would match", "<b>1</b> would not", "<b>0</b> would fail",
		"0 actions added, 1 dropped, 0 changed.", `href="/events/`+ids[0]+`"`, "amount_due is 1200, and 1200 &gt; 5000 is false", "today: ",
	)
	edit.Set("text.recipients", "body.nobody")
	h.post(mappingsPath, edit).is(http.StatusOK).shows("<b>2</b> would fail", "2 would now fail.", "recipients is required; nothing at body.nobody")
	edit.Set("active", "")
	h.post(mappingsPath, edit).is(http.StatusOK).shows("As if it were switched on.")
	edit.Set("text.recipients", "")
	h.post(mappingsPath, edit).is(http.StatusOK).shows("Fill in what is missing")
	edit.Set("mapping", "gone")
	h.post(mappingsPath, edit).is(http.StatusOK).shows("then it can be run")
	// While somebody types, it is not asked for with the rest.
	typed := h.post(mappingsPath, typing(), func(r *http.Request) { r.Header.Set("HX-Request", "true") })
	typed.is(http.StatusOK).shows("True: amount_due is").lacks("would match")
}

func TestMappingsAreMovedAndDuplicated(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	keys := func() string { return keysOf(h.view(place()).Mappings) }
	before := keys()
	h.get(mappingsPath).shows(`aria-label="Move customer-created up" disabled`)
	first := h.view(place()).Mappings[0].Key
	h.post(mappingsPath+"/"+first+"/move", form("direction", "down")).leads(mappingsPath + "?done=mapping-moved")
	if got := h.view(place()).Mappings[1].Key; got != first {
		t.Errorf("after moving down: %s", keys())
	}
	h.post(mappingsPath+"/"+first+"/move", form("direction", "up")).leads(mappingsPath + "?done=mapping-moved")
	if keys() != before {
		t.Errorf("after moving up: %s", keys())
	}
	h.post(mappingsPath+"/"+first+"/move", form("direction", "sideways")).is(http.StatusUnprocessableEntity)
	h.post(mappingsPath+"/gone/move", form("direction", "up")).is(http.StatusNotFound)

	copied := h.get(mappingsPath+"?duplicate=invoice-paid").is(http.StatusOK).shows("New mapping", `value="invoice-paid-copy"`, `name="mapping" value=""`, `value="invoice.paid"`)
	copied.lacks("Yes, remove")
	h.post(mappingsPath, typing("do", "save", "key", "invoice-paid-copy")).leads(mappingsPath + "?done=mapping-saved")
	h.get(mappingsPath + "?duplicate=invoice-paid").shows(`value="invoice-paid-copy-2"`)
	h.get(mappingsPath + "?duplicate=gone").is(http.StatusNotFound)
	h.get(mappingsPath + "?edit=gone").is(http.StatusNotFound)
	h.get(mappingsPath+"?edit=invoice-paid").is(http.StatusOK).shows("/history?mapping=invoice-paid", "?duplicate=invoice-paid", "Yes, remove invoice-paid")
}

func TestNobodysChangeIsOverwrittenUnseen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	opened := h.get(mappingsPath + "?edit=invoice-paid").is(http.StatusOK).body
	_, was, _ := strings.Cut(opened, `name="was" value="`)
	was, _, _ = strings.Cut(was, `"`)
	mine := typing("do", "save", "mapping", "invoice-paid", "key", "invoice-paid", "was", was)
	h.post(mappingsPath+"/invoice-paid/switch", form("active", "0")).leads(mappingsPath + "?done=mapping-switched")
	a := h.post(mappingsPath, mine).is(http.StatusConflict).shows("Somebody changed this mapping since you opened it", "dunning").lacks(`name="was" value="` + was + `"`)
	_, now, _ := strings.Cut(a.body, `name="was" value="`)
	now, _, _ = strings.Cut(now, `"`)
	mine.Set("was", now)
	h.post(mappingsPath, mine).leads(mappingsPath + "?done=mapping-saved")
}

func TestAWebhookLeadsToANewMapping(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	id := h.send(trigger.Sample{Type: "charge.refunded"})
	link := mappingsPath + "?event_type=charge.refunded&new=1&sample=" + url.QueryEscape(id)
	h.get("/events/"+id).is(http.StatusOK).shows(strings.ReplaceAll(link, "&", "&amp;"), "New mapping")
	h.get(link).is(http.StatusOK).shows(`value="charge.refunded"`, `name="sample" value="`+id+`"`, "1 of 1")
	// Of another environment it is no sample.
	_, err := h.sources.Put(t.Context(), sources.Place{Key: "stripe", Environment: "production"}, sources.Put{}, "admin")
	check(t, err)
	h.get("/sources/stripe/production/mappings?new=1&event_type=charge.refunded&sample=" + url.QueryEscape(id)).is(http.StatusOK).lacks(`value="` + id + `"`)
}
