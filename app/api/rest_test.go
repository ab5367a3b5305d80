package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStreams(t *testing.T) {
	t.Parallel()
	h, _ := withEvents(t)
	var names []string
	for _, s := range items(t, h.want(200, h.get("/streams?prefix=webhook-development.stripe.evt_p"))) {
		names = append(names, fmt.Sprint(s["stream"], " ", s["events"]))
	}
	want := []string{"webhook-development.stripe.evt_paid 5", "webhook-development.stripe.evt_parked 2"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("streams (-want +got):\n%s", diff)
	}
	const paid = "/streams/webhook-development.stripe.evt_paid"
	forward := items(t, h.want(200, h.get(paid)))
	backward := items(t, h.want(200, h.get(paid+"?direction=backward&from=1")))
	if len(forward) != 5 || len(backward) != 2 {
		t.Fatalf("%d forward, %d back from 1", len(forward), len(backward))
	}
	if diff := cmp.Diff(forward[1], backward[0]); diff != "" {
		t.Errorf("revision 1 differs by direction:\n%s", diff)
	}
	if forward[0]["type"] != "WebhookReceived" || forward[0]["data"].(map[string]any)["id"] != "evt_paid" {
		t.Errorf("it begins with %v", forward[0])
	}
	if beyond := items(t, h.want(200, h.get(paid+"?from=99"))); len(beyond) != 0 {
		t.Errorf("beyond the end: %v", beyond)
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	h, url := withEvents(t)
	h.want(200, h.send(url, secretText, `{"id":"evt_ada","type":"customer.created","data":{"object":{"id":"cus_2","name":"Ada","metadata":{"plan":"pro"}}}}`))
	h.want(200, h.send(url, secretText, `{"id":"evt_bob","type":"customer.created","data":{"object":{"id":"cus_3","name":"Bob"}}}`))
	h.settled("development.stripe.evt_ada", "development.stripe.evt_bob")
	h.want(200, h.send(url, secretText, `{"id":"evt_run","type":"invoice.created","data":{"object":{"customer":"cus_2"}}}`))
	h.settled("development.stripe.evt_run")

	users := items(t, h.want(200, h.get("/directory/users?environment=development&q=ad")))
	if len(users) != 1 || users[0]["name"] != "Ada" || users[0]["email"] != nil || users[0]["webhook_id"] != "development.stripe.evt_ada" {
		t.Errorf("users: %v", users)
	}
	a := h.want(200, h.get("/directory/users?limit=1"))
	next, _ := at(t, a, "next").(string)
	second := h.want(200, h.get("/directory/users?limit=1&after="+next))
	if len(items(t, second)) != 1 || at(t, second, "next") != nil || items(t, a)[0]["id"] == items(t, second)[0]["id"] {
		t.Errorf("the pages of users are %s and %s", a.body, second.body)
	}
	runs := items(t, h.want(200, h.get("/directory/workflow_runs?environment=development&status=triggered")))
	if len(runs) != 2 || runs[0]["key"] != "invoice-created" || len(runs[0]["unknown_recipients"].([]any)) != 0 || len(runs[1]["unknown_recipients"].([]any)) != 1 {
		t.Errorf("runs: %v", runs)
	}
	for _, path := range []string{
		"/directory/users?environment=production", "/directory/workflow_runs?environment=production", "/directory/workflow_runs?status=cancelled",
		"/directory/objects", "/directory/tenants", "/directory/audiences", "/directory/subscriptions", "/directory/members",
		"/directory/users?id=cus_", "/directory/workflow_runs?recipient=cus_",
	} {
		if list := items(t, h.want(200, h.get(path))); len(list) != 0 {
			t.Errorf("%s: %v", path, list)
		}
	}
}

// TestDirectoryOfTheWholeCatalogue: what each action makes can be listed, by
// each filter.
func TestDirectoryOfTheWholeCatalogue(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	url := h.ingestURL("stripe", "development")
	h.want(200, h.put("/sources/stripe?environment=development", `{"source":{"environment_settings":{"development":{"mappings":[
		{"event_type":"*","action_type":"objects_set","action_parameters":{"collection":{"value":"teams"},"id":"body.team","name":"body.name","properties":{"value":{"size":3}}}},
		{"event_type":"*","action_type":"tenants_set","action_parameters":{"id":{"value":"acme"},"name":{"value":"Acme"}}},
		{"event_type":"*","action_type":"objects_subscribe","action_parameters":{"collection":{"value":"teams"},"id":"body.team","recipients":"body.people","properties":{"value":{"role":"lead"}}}},
		{"event_type":"*","action_type":"audiences_add_member","action_parameters":{"key":"beta","members":"body.people[0]","tenant":{"value":"acme"}}},
		{"event_type":"*","action_type":"workflows_trigger","action_parameters":{"key":"hello","recipients":"body.people"}}
	]}}}}`))
	h.want(200, h.send(url, secretText, `{"id":"evt_1","type":"t","team":"red","name":"Red","people":[{"id":"ada","name":"Ada"},{"collection":"teams","id":"blue"}]}`))
	h.settled("development.stripe.evt_1")

	for path, want := range map[string]string{
		"users?id=ada":                              `"name":"Ada"`,
		"objects?collection=teams&id=red":           `"subscriptions":2`,
		"objects?q=RED":                             `"properties":{"size":3}`,
		"tenants?environment=development":           `"name":"Acme"`,
		"audiences?key=beta":                        `"members":1`,
		"subscriptions?collection=teams&object=red": `"recipient":{"collection":"teams","id":"blue"}`,
		"subscriptions?recipient=ada":               `"properties":{"role":"lead"}`,
		"members?audience=beta&user=ada":            `"tenant":"acme"`,
		"workflow_runs?recipient=teams/blue":        `"unknown_recipients":["teams/blue"]`,
	} {
		a := h.want(200, h.get("/directory/"+path))
		if !strings.Contains(string(a.body), want) {
			t.Errorf("%s answers %s, want %s", path, a.body, want)
		}
		for _, item := range items(t, a) {
			if item["webhook_id"] != "development.stripe.evt_1" {
				t.Errorf("%s comes from %v", path, item["webhook_id"])
			}
		}
	}
	for _, path := range []string{
		"objects?collection=shops", "objects?environment=production", "audiences?key=bet", "members?user=bob",
		"subscriptions?object=blue", "tenants?id=acm", "subscriptions?recipient=blue",
	} {
		if list := items(t, h.want(200, h.get("/directory/"+path))); len(list) != 0 {
			t.Errorf("%s: %v", path, list)
		}
	}
	for _, path := range []string{"users?collection=teams", "members?object=red", "objects?environment=No", "subscriptions?environment=No"} {
		h.want(422, h.get("/directory/"+path))
	}
}

func TestEnvironments(t *testing.T) {
	t.Parallel()
	h := open(t)
	slugs := func() string {
		var all []string
		for _, e := range items(t, h.want(200, h.get("/environments"))) {
			all = append(all, fmt.Sprint(e["slug"], ":", e["destination"].(map[string]any)["kind"]))
		}
		return strings.Join(all, " ")
	}
	if got := slugs(); got != "development:local production:local" {
		t.Errorf("from the start: %s", got)
	}
	h.want(404, h.put("/sources/stripe?environment=staging", `{}`))
	a := h.want(200, h.put("/environments/staging", `{"destination":{"kind":"local","base_url":null,"api_key":null}}`))
	if again := h.want(200, h.put("/environments/staging", string(a.body))); string(again.body) != string(a.body) {
		t.Errorf("put again: %s", again.body)
	}
	h.want(201, h.put("/sources/stripe?environment=staging", `{}`))
	if got := slugs(); got != "development:local production:local staging:local" {
		t.Errorf("then: %s", got)
	}
	for i := range 20 { // it is in force at once
		h.want(200, h.put(fmt.Sprintf("/environments/e%d", i), `{"destination":{"kind":"local"}}`))
		h.want(201, h.put(fmt.Sprintf("/sources/stripe?environment=e%d", i), `{}`))
	}
	if n := len(items(t, h.get("/streams/environment-staging"))); n != 1 {
		t.Errorf("putting the same twice made %d events", n)
	}
}

func TestRebuild(t *testing.T) {
	t.Parallel()
	h, _ := withEvents(t)
	before := h.want(200, h.get("/events"))
	started := h.want(202, h.post("/rebuild", ""))
	id, _ := at(t, started, "id").(string)
	for {
		a := h.want(200, h.get("/rebuild/"+id))
		if status := at(t, a, "status"); status == "done" {
			break
		} else if status != "running" {
			t.Fatalf("%s", a.body)
		}
	}
	after := h.want(200, h.get("/events"))
	if diff := cmp.Diff(items(t, before), items(t, after)); diff != "" {
		t.Errorf("the rebuilt log differs (-before +after):\n%s", diff)
	}
}

func TestWhatNeedsNoToken(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, path := range []string{"//healthz", "//readyz", "//metrics"} {
		h.want(200, h.do(call{method: "GET", path: path, header: map[string][]string{"Authorization": nil}, host: "any.example"}))
	}
	if a := h.want(200, h.get("/openapi.json")); at(t, a, "openapi") != "3.1.0" {
		t.Errorf("%.100s", a.body)
	}
}
