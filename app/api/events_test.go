package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withEvents opens a Daybook that has received one of each: ignored, succeeded,
// a duplicate, failed, and a rejection.
func withEvents(t testing.TB) (h *house, url string) {
	t.Helper()
	h = withSource(t)
	url = h.ingestURL("stripe", "development")
	h.want(200, h.send(url, secretText, event("evt_ignored", "charge.updated")))
	h.want(200, h.send(url, secretText, event("evt_paid", "invoice.paid")))
	h.want(200, h.send(url, secretText, event("evt_paid", "invoice.paid")))
	h.want(200, h.send(url, secretText, `{"id":"evt_parked","type":"invoice.created","data":{"object":{}}}`))
	h.want(401, h.send(url, "whsec_of_somebody_else", event("evt_forged", "invoice.paid")))
	statuses := h.settled("development.stripe.evt_ignored", "development.stripe.evt_paid", "development.stripe.evt_parked", "rejection.development.stripe.0")
	want := map[string]string{
		"development.stripe.evt_ignored": "ignored", "development.stripe.evt_paid": "succeeded",
		"development.stripe.evt_parked": "failed", "rejection.development.stripe.0": "rejected",
	}
	if diff := cmp.Diff(want, statuses); diff != "" {
		t.Fatalf("statuses (-want +got):\n%s", diff)
	}
	return h, url
}

func ids(t testing.TB, a answer) []string {
	t.Helper()
	var all []string
	for _, item := range items(t, a) {
		id, _ := item["id"].(string)
		all = append(all, id[strings.LastIndexByte(id, '.')+1:])
	}
	return all
}

func TestFilters(t *testing.T) {
	t.Parallel()
	h, _ := withEvents(t)
	for query, want := range map[string]string{
		"":                              "0 evt_parked evt_paid evt_ignored",
		"source=stripe":                 "0 evt_parked evt_paid evt_ignored",
		"source=other":                  "",
		"environment=production":        "",
		"type=invoice.*":                "evt_parked evt_paid",
		"type=invoice.paid":             "evt_paid",
		"status=duplicate":              "evt_paid",
		"status=rejected":               "0",
		"status=failed&type=invoice.*":  "evt_parked",
		"status=":                       "0 evt_parked evt_paid evt_ignored",
		"cause=signature_mismatch":      "0",
		"object=cus_1":                  "evt_paid evt_ignored",
		"object=in_evt_paid":            "evt_paid",
		"key=evt_ignored":               "evt_ignored",
		"action=workflows_trigger":      "evt_parked evt_paid",
		"q=IGNO":                        "evt_ignored",
		"q=nothing+of+the+kind":         "",
		"from=2020-01-01&to=2020-01-02": "",
		"from=2020-01-01":               "0 evt_parked evt_paid evt_ignored",
	} {
		a := h.want(200, h.get("/events?"+query))
		if got := strings.Join(ids(t, a), " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	a := h.want(200, h.get("/sources/stripe/event_types?environment=development"))
	counts := map[string]any{}
	for _, item := range items(t, a) {
		statuses := item["statuses"].(map[string]any)
		known, disabled := item["known"].(bool), item["disabled"].(bool)
		if !known || disabled || item["event_type"] == "invoice.paid" && statuses["succeeded"] != 1.0 {
			t.Errorf("a type that was seen: %v", item)
		}
		counts[item["event_type"].(string)] = item["count"]
	}
	if diff := cmp.Diff(map[string]any{"charge.updated": 1.0, "invoice.paid": 1.0, "invoice.created": 1.0}, counts); diff != "" {
		t.Errorf("event types (-want +got):\n%s", diff)
	}
}

func TestPaging(t *testing.T) {
	t.Parallel()
	h, _ := withEvents(t)
	for _, key := range []string{"a", "b"} {
		h.want(201, h.put("/sources/"+key+"?environment=development", `{}`))
		h.want(200, h.put("/environments/"+key, `{"destination":{"kind":"local"}}`))
		h.want(201, h.post("/sources/stripe/secrets?environment=development", `{"secret":"whsec_another_secret_`+key+`"}`))
	}
	for _, list := range []string{
		"/events", "/streams", "/streams/webhook-development.stripe.evt_paid", "/streams/webhook-development.stripe.evt_paid?direction=backward",
		"/sources", "/environments", "/sources/stripe/secrets?environment=development", "/sources/stripe/event_types?environment=development",
	} {
		whole := items(t, h.want(200, h.get(list)))
		var paged []map[string]any
		mark := "?"
		if strings.Contains(list, "?") {
			mark = "&"
		}
		for next := any(""); next != nil; {
			page := list + mark + "limit=1"
			if next != "" {
				page += "&after=" + url.QueryEscape(next.(string))
			}
			a := h.want(200, h.get(page))
			paged = append(paged, items(t, a)...)
			next = at(t, a, "next")
			if len(paged) > len(whole) {
				break
			}
		}
		if diff := cmp.Diff(whole, paged); diff != "" || len(whole) < 3 {
			t.Errorf("%s: one by one there are others (-whole +paged):\n%s", list, diff)
		}
	}
}

func TestDetailOfAWebhook(t *testing.T) {
	t.Parallel()
	h, _ := withEvents(t)
	a := h.want(200, h.get("/events/development.stripe.evt_paid"))
	d := read[struct {
		ID, Status, Stream string
		Deliveries         int
		Headers            map[string]string
		Verification       struct{ Status string }
		Mappings           []struct {
			Key     string
			Matched bool
		}
		Actions []struct {
			Mapping, Status string
			Payload         struct{ Recipients []string } `json:"action_payload"`
			Attempts        []any
		}
		Timeline []struct{ Type string }
		Payload  struct{ ID string }
	}](t, a)
	var steps []string
	for _, entry := range d.Timeline {
		steps = append(steps, entry.Type)
	}
	slices.Sort(steps) // the duplicate comes whenever it comes
	want := []string{"ActionSucceeded", "ActionsPlanned", "DuplicateReceived", "WebhookReceived", "WorkClaimed"}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	if d.Status != "succeeded" || d.Deliveries != 2 || d.Verification.Status != "verified" || d.Payload.ID != "evt_paid" || d.Headers["accept-encoding"] == "" {
		t.Errorf("detail: %s", a.body)
	}
	if len(d.Actions) != 1 || d.Actions[0].Status != "succeeded" || len(d.Actions[0].Attempts) != 1 || !slices.Equal(d.Actions[0].Payload.Recipients, []string{"cus_1"}) {
		t.Errorf("actions: %+v", d.Actions)
	}
	item := items(t, h.get("/events?key=evt_paid"))[0]
	detail := read[map[string]any](t, a)
	delete(item, "actions")
	for name, value := range item {
		if diff := cmp.Diff(value, detail[name]); diff != "" {
			t.Errorf("the item and the detail differ in %s:\n%s", name, diff)
		}
	}
}

func TestDetailOfARejection(t *testing.T) {
	t.Parallel()
	h, _ := withEvents(t)
	a := h.want(200, h.get("/events/rejection.development.stripe.0"))
	if at(t, a, "cause") != "signature_mismatch" || at(t, a, "excerpt") != event("evt_forged", "invoice.paid") || at(t, a, "kind") != "rejection" {
		t.Errorf("%s", a.body)
	}
	parts, _ := at(t, a, "signature", "parts").([]any)
	if len(parts) != 2 || at(t, a, "matching_secret") != nil || at(t, a, "advice") != nil {
		t.Errorf("its signature: %s", a.body)
	}
	h.want(404, h.get("/events/rejection.development.stripe.0/raw"))
}

func TestRawIsByteForByte(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	url := h.ingestURL("stripe", "development")
	body := "\t{ \"id\" : \"evt:1\",\r\n\"type\":\"a\", \"n\": 1.50E+2, \"deep\":{\"a\":1,\"a\":2}, \"html\":\"<b>\u2028\\u0000\" }\n "
	h.want(200, h.send(url, secretText, body))
	for _, id := range []string{"development.stripe.evt:1", "development.stripe.evt%3A1"} {
		a := h.want(200, h.get("/events/"+id+"/raw"))
		if !bytes.Equal(a.body, []byte(body)) {
			t.Errorf("%q came back as %q", body, a.body)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff",
			"Content-Disposition": `attachment; filename="webhook.json"`, "Cache-Control": "no-store",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		h.want(200, h.get("/events/"+id))
		h.want(200, h.get("/streams/webhook-"+id))
	}
	stored := items(t, h.get("/streams/webhook-development.stripe.evt:1"))[0]["data"]
	if data, _ := stored.(map[string]any); data["html"] != "<b>\u2028\x00" {
		t.Errorf("the recorded event: %v", stored)
	}
}

func TestReplayIsDryAndShowsTheDifference(t *testing.T) {
	t.Parallel()
	h, _ := withEvents(t)
	const replay = "/events/development.stripe.evt_paid/replay"
	counts := func(a answer) string {
		h.want(200, a)
		d := read[struct {
			Difference struct {
				Added, Dropped, Changed []any
				Unchanged               int
			}
		}](t, a).Difference
		return fmt.Sprintf("+%d -%d ~%d =%d", len(d.Added), len(d.Dropped), len(d.Changed), d.Unchanged)
	}
	if got := counts(h.post(replay, `{}`)); got != "+0 -0 ~0 =1" {
		t.Errorf("under the same rules: %s", got)
	}
	h.want(200, h.put(stripe, `{"source":{"environment_settings":{"development":{"mappings":[
		{"key":"invoice-paid","event_type":"invoice.paid","action_type":"workflows_trigger","action_parameters":{"key":"paid-2","recipients":"body.data.object.customer"}},
		{"key":"identify","event_type":"invoice.*","when":"body.data.object.amount_due > 100","action_type":"users_identify","action_parameters":{"id":"body.data.object.customer"}}]}}}}`))
	before := h.get("/streams?limit=500")
	if got := counts(h.post(replay, `{"mode":"dry","rules":"current"}`)); got != "+1 -0 ~1 =0" && got != "+2 -1 ~0 =0" {
		t.Errorf("under today's rules: %s", got)
	}
	if got := counts(h.post(replay, `{"rules":"as_received"}`)); got != "+0 -0 ~0 =1" {
		t.Errorf("under the rules of then: %s", got)
	}
	h.want(200, h.put(stripe, `{"source":{"environment_settings":{"development":{"mappings":[]}}}}`))
	if got := counts(h.post(replay, `{}`)); got != "+0 -1 ~0 =0" {
		t.Errorf("under no rules: %s", got)
	}
	after := h.get("/streams?limit=500")
	if len(ids(t, answer{body: renamed(before.body)})) != len(ids(t, answer{body: renamed(after.body)})) {
		t.Error("a dry replay made a stream")
	}
	if n := len(items(t, h.get("/streams/webhook-development.stripe.evt_paid"))); n != 5 {
		t.Errorf("after dry replays the webhook has %d events, want 5", n)
	}
}

// renamed makes a list of streams one that ids can read.
func renamed(body []byte) []byte { return bytes.ReplaceAll(body, []byte(`"stream":`), []byte(`"id":`)) }

func TestTrigger(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	const trigger = "/sources/stripe/trigger?environment=development"
	a := h.want(200, h.post(trigger, `{"type":"invoice.paid","overrides":{"data.object.amount_due":9007199254740993,"body.data.object.metadata.x":{"y":[1]}},"count":3}`))
	sent := items(t, a)
	seen := map[any]bool{}
	for _, one := range sent {
		seen[one["id"]] = true
		if one["status"] != "accepted" {
			t.Errorf("%v", one)
		}
	}
	// It is there at once: the answer waited for the read models.
	if list := items(t, h.get("/events?type=invoice.paid")); len(seen) != 3 || len(list) != 3 {
		t.Errorf("%d ids were sent, %d are in the list", len(seen), len(list))
	}
	id, _ := sent[0]["id"].(string)
	raw := h.want(200, h.get("/events/"+id+"/raw"))
	if !bytes.Contains(raw.body, []byte("9007199254740993")) || !json.Valid(raw.body) || !bytes.Contains(raw.body, []byte(`"y"`)) {
		t.Errorf("the overrides are not in it: %s", raw.body)
	}
	if n := len(items(t, h.want(200, h.get("/templates")))); n == 0 {
		t.Error("there are no templates")
	}
	templates := h.want(200, h.get("/templates/stripe"))
	types, _ := at(t, templates, "sample_types").([]any)
	samples, _ := at(t, templates, "samples").(map[string]any)
	if len(types) < 12 || len(samples) != len(types) {
		t.Errorf("%d types, %d samples", len(types), len(samples))
	}
	for _, eventType := range types {
		h.want(200, h.post(trigger, fmt.Sprintf(`{"type":%q}`, eventType)))
	}
}

func TestTriggerWhereNothingIsVerified(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.want(201, h.put(stripe, `{"source":{"environment_settings":{"development":{"settings":{"enforce_verification":false}}}}}`))
	sent := items(t, h.want(200, h.post("/sources/stripe/trigger?environment=development", `{"type":"invoice.paid"}`)))
	id, _ := sent[0]["id"].(string)
	if status := at(t, h.want(200, h.get("/events/"+id)), "verification", "status"); status != "not_verified" {
		t.Errorf("it is %v", status)
	}
}

func TestIdempotencyIsOffWhereThereIsNoPath(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	h.want(200, h.put(stripe, `{"source":{"environment_settings":{"development":{"settings":{"idempotency_key_path":null}}}}}`))
	url := h.ingestURL("stripe", "development")
	first := h.want(200, h.send(url, secretText, event("evt_1", "invoice.paid")))
	second := h.want(200, h.send(url, secretText, event("evt_1", "invoice.paid")))
	id, _ := at(t, second, "id").(string)
	if at(t, second, "status") != "accepted" || at(t, first, "id") == id {
		t.Errorf("the second is %s", second.body)
	}
	d := h.want(200, h.get("/events/"+id)) // the id has a ~ in it
	if at(t, d, "key_problem") != "off" || at(t, d, "idempotency_key") != nil || at(t, d, "event_id") != "evt_1" {
		t.Errorf("%s", d.body)
	}
}
