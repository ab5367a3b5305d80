package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const stripe = "/sources/stripe?environment=development"

func TestASourceFromItsBeginningToItsEnd(t *testing.T) {
	t.Parallel()
	h := open(t)
	made := h.want(201, h.put(stripe, `{"source":{"name":"Our Stripe"}}`))
	mappings, _ := at(t, made, "source", "environment_settings", "development", "mappings").([]any)
	if len(mappings) != 3 || at(t, made, "source", "name") != "Our Stripe" {
		t.Errorf("made: %s", made.body)
	}
	h.want(200, h.put(stripe, `{"source":{"description":"of the shop"}}`))
	h.want(200, h.put(stripe, `{"source":{"environment_settings":{"development":{"settings":{"idempotency_key_path":null,"tolerance":"2m","livemode":true}}}}}`))
	changed := h.want(200, h.get(stripe))
	settings, _ := at(t, changed, "source", "environment_settings", "development", "settings").(map[string]any)
	endpoint, _ := settings["endpoint"].(string)
	delete(settings, "endpoint")
	want := map[string]any{
		"event_type_path": "body.type", "timestamp_path": "body.created", "idempotency_key_path": nil,
		"idempotency_window": "24h", "enforce_verification": true, "tolerance": "2m",
		"disabled_event_types": []any{}, "livemode": true, "preprocess": nil,
	}
	if diff := cmp.Diff(want, settings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if at(t, changed, "source", "name") != "Our Stripe" || at(t, changed, "source", "description") != "of the shop" {
		t.Errorf("what was absent did not stay: %s", changed.body)
	}

	h.want(201, h.put("/sources/stripe?environment=production", `{}`))
	h.want(201, h.put("/sources/other?environment=development", `{}`))
	both, _ := at(t, h.want(200, h.get("/sources/stripe")), "source", "environment_settings").(map[string]any)
	one := items(t, h.want(200, h.get("/sources?environment=production")))
	if len(both) != 2 || len(one) != 1 || len(one[0]["environment_settings"].(map[string]any)) != 1 {
		t.Errorf("in both environments: %v, in one: %v", both, one)
	}

	url := "/" + strings.TrimPrefix(endpoint, h.url)
	h.want(401, h.post(url, "{}"))
	h.want(204, h.delete(stripe))
	h.want(404, h.post(url, "{}"))
	h.want(404, h.get(stripe))
	h.want(200, h.get("/sources/stripe?environment=production"))
	if n := len(items(t, h.want(200, h.get("/streams/source-stripe")))); n < 5 {
		t.Errorf("the log of the source has %d events after it was deleted", n)
	}
	if again := h.want(201, h.put(stripe, `{}`)); strings.Contains(string(again.body), endpoint) {
		t.Error("a source that is connected again has its old URL")
	}
}

func TestTheKeyNamesTheTemplateWhereNothingElseDoes(t *testing.T) {
	t.Parallel()
	h := open(t)
	for key, want := range map[string]string{
		"github": "github", "custom": "custom", "stripe": "stripe", "billing": "stripe",
	} {
		made := h.want(201, h.put("/sources/"+key+"?environment=development", `{"source":{"preconfigured_provider":null}}`))
		if got := at(t, made, "source", "preconfigured_provider"); got != want {
			t.Errorf("%s was made from %v, want %s", key, got, want)
		}
	}
	made := h.want(201, h.put("/sources/segment?environment=development", `{"source":{"preconfigured_provider":"custom"}}`))
	if got := at(t, made, "source", "preconfigured_provider"); got != "custom" {
		t.Errorf("what was asked for is custom, and it was made from %v", got)
	}
}

func TestWhatWasGotCanBePut(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.want(201, h.put(stripe, `{"source":{"environment_settings":{"development":{"mappings":[
		{"event_type":"invoice.*","when":"body.livemode && 1 < 2 && body.x != '\u2028<&>'","action_type":"workflows_trigger","active":false,
		 "action_parameters":{"key":"a","recipients":"body.data.object.customer","data":{"expr":"{\"a\": body.data.object.amount_due < 100}"},"tenant":{"path":"body.account","default":"<acme>"}, "actor": { "value" : "x" } }},
		{"event_type":"customer.created","action_type":"users_identify","action_parameters":{"id":"body.data.object.id","name":null}}]}}}}`))
	got := h.want(200, h.get(stripe))
	before := len(items(t, h.get("/streams/source-stripe")))
	put := h.want(200, h.do(call{method: "PUT", path: stripe, body: string(got.body), header: http.Header{"If-Match": {got.header.Get("ETag")}}}))
	if diff := cmp.Diff(string(got.body), string(put.body)); diff != "" {
		t.Errorf("putting what was got changed it:\n%s", diff)
	}
	if after := len(items(t, h.get("/streams/source-stripe"))); after != before {
		t.Errorf("putting what was got made %d events", after-before)
	}
}

func TestKnocksOwnJSON(t *testing.T) {
	t.Parallel()
	h := open(t)
	const knocks = `{"source":{"key":"stripe","name":"Stripe","description":null,"custom_image_url":null,"preconfigured_provider":"stripe",
		"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","environment_settings":{"development":{
		"settings":{"endpoint":"https://api.knock.app/integrations/receive/x","event_type_path":"body.type","timestamp_path":null,"idempotency_key_path":"body.id",
			"enforce_verification":true,"enforce_idempotency":true,"handle_identifies":false,"preprocess_script":null},
		"mappings":[
			{"event_type":"invoice.paid","action_type":"workflows_trigger","action_parameters":{"key":"paid","recipients":"body.data.object.customer","data":"body"},
			 "active":true,"is_deleted":false,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"},
			{"event_type":"invoice.created","action_type":"workflows_trigger","action_parameters":null,"active":true,"is_deleted":true}],
		"updated_at":"2026-01-01T00:00:00Z"}}}}`
	a := h.want(201, h.put(stripe, knocks))
	mappings, _ := at(t, a, "source", "environment_settings", "development", "mappings").([]any)
	if len(mappings) != 1 || mappings[0].(map[string]any)["key"] != "invoice-paid-workflows-trigger" {
		t.Errorf("mappings %v", mappings)
	}
	a = h.want(200, h.put(stripe, `{"source":{"environment_settings":{"development":{"mappings":[]}}}}`))
	if mappings, _ := at(t, a, "source", "environment_settings", "development", "mappings").([]any); len(mappings) != 0 {
		t.Errorf("mappings are not replaced whole: %v", mappings)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	const secrets = "/sources/stripe/secrets"
	url := h.ingestURL("stripe", "development")
	second := h.want(201, h.post(secrets+"?environment=development", `{"secret":"whsec_the_second_of_two"}`))
	id, _ := at(t, second, "id").(string)
	list := items(t, h.want(200, h.get(secrets+"?environment=development")))
	if len(list) != 2 || list[0]["id"] != id || list[0]["revoked_at"] != nil || len(list[0]["fingerprint"].(string)) != 8 {
		t.Fatalf("secrets: %v", list)
	}
	h.want(200, h.send(url, secretText, event("evt_1", "invoice.paid")))
	h.want(200, h.send(url, "whsec_the_second_of_two", event("evt_2", "invoice.paid")))

	h.want(204, h.delete(secrets+"/"+id+"?environment=development&grace=1h"))
	h.want(200, h.send(url, "whsec_the_second_of_two", event("evt_3", "invoice.paid")))
	h.advance(time.Hour + time.Second)
	h.want(401, h.send(url, "whsec_the_second_of_two", event("evt_4", "invoice.paid")))
	h.want(200, h.send(url, secretText, event("evt_5", "invoice.paid")))

	first, _ := list[1]["id"].(string)
	h.want(204, h.delete(secrets+"/"+first+"?environment=development"))
	h.want(401, h.send(url, secretText, event("evt_6", "invoice.paid")))
	a := h.want(409, h.post("/sources/stripe/trigger?environment=development", `{"type":"invoice.paid"}`))
	if code := read[problem](t, a).Error.Code; code != "secret_not_configured" {
		t.Errorf("the code is %s", code)
	}
	if log := h.get("/streams/source-stripe"); strings.Contains(string(log.body), "whsec") {
		t.Errorf("the log holds a secret in the clear: %s", log.body)
	}
}

func TestMoreURLsThanMayWorkAtOnce(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	const rotate = "/sources/stripe/rotate?environment=development"
	for range 7 {
		h.want(200, h.post(rotate, `{"grace":"1h"}`))
	}
	a := h.want(409, h.post(rotate, `{"grace":"1h"}`))
	if p := read[problem](t, a); p.Error.Code != "conflict" || !strings.Contains(p.Error.Message, "grace period of 0s") {
		t.Errorf("%s", a.body)
	}
	h.want(200, h.post(rotate, `{"grace":"0s"}`))
}

func TestRotate(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	old := h.ingestURL("stripe", "development")
	rotated := h.want(200, h.post("/sources/stripe/rotate?environment=development", `{"grace":"1h"}`))
	fresh := h.ingestURL("stripe", "development")
	if endpoint, _ := at(t, rotated, "endpoint").(string); !strings.HasSuffix(endpoint, fresh[1:]) || fresh == old {
		t.Errorf("it was rotated from %s to %s, and says %s", old, fresh, endpoint)
	}
	h.want(200, h.send(old, secretText, event("evt_1", "invoice.paid")))
	h.want(200, h.send(fresh, secretText, event("evt_2", "invoice.paid")))
	h.advance(time.Hour + time.Second)
	h.want(404, h.send(old, secretText, event("evt_3", "invoice.paid")))
	h.want(200, h.send(fresh, secretText, event("evt_4", "invoice.paid")))

	h.want(200, h.do(call{method: "POST", path: "/sources/stripe/rotate?environment=development"})) // a day, if nothing is said
	h.want(200, h.send(fresh, secretText, event("evt_5", "invoice.paid")))
	h.want(200, h.post("/sources/stripe/rotate?environment=development", `{"grace":"0s"}`))
	h.want(404, h.send(fresh, secretText, event("evt_6", "invoice.paid")))
}
