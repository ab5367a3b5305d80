package api_test

import (
	"net/url"
	"strings"
	"testing"
)

// TestThinEvents: Stripe's thin events, and those of connected accounts, are
// taken, found by what they say, and mapped. Their types may have brackets.
func TestThinEvents(t *testing.T) {
	t.Parallel()
	const thin = "v2.core.account[configuration.customer].updated"
	h := withSource(t)
	h.want(200, h.put("/sources/stripe?environment=development", `{"source":{"environment_settings":{"development":{"mappings":[
		{"event_type":"v2.core.account[*","when":"body.related_object.type == \"v2.core.account\" && event.type contains \"[configuration\"",
		 "action_type":"objects_set","action_parameters":{"collection":{"value":"accounts"},"id":"body.related_object.id","properties":{"expr":"{\"at\": body.created}"}}},
		{"event_type":"account.updated","action_type":"tenants_set","action_parameters":{"id":"body.account","name":"body.data.object.business_profile.name"}}
	]}}}}`))
	ids := map[string]string{}
	for _, eventType := range []string{thin, "v1.billing.meter.error_report_triggered", "account.updated"} {
		a := h.want(200, h.post("/sources/stripe/trigger?environment=development", `{"type":"`+eventType+`"}`))
		ids[eventType], _ = items(t, a)[0]["id"].(string)
	}
	h.settled(ids[thin], ids["account.updated"])

	for _, filter := range []string{"type=" + url.QueryEscape(thin), "type=" + url.QueryEscape("v2.core.account[*"), "type=v2.*"} {
		found := items(t, h.want(200, h.get("/events?"+filter)))
		if len(found) != 1 || found[0]["id"] != ids[thin] || found[0]["event_type"] != thin || found[0]["status"] != "succeeded" {
			t.Fatalf("%s finds %v", filter, found)
		}
		object, _ := found[0]["object_id"].(string)
		occurred, _ := found[0]["occurred_at"].(string)
		if !strings.HasPrefix(object, "acct_") || !strings.HasSuffix(occurred, "Z") {
			t.Errorf("it is about %q at %q", object, occurred)
		}
		if again := items(t, h.want(200, h.get("/events?object="+object))); len(again) != 1 {
			t.Errorf("%d webhooks are about %s", len(again), object)
		}
		objects := items(t, h.want(200, h.get("/directory/objects?collection=accounts&id="+object)))
		if len(objects) != 1 || objects[0]["webhook_id"] != ids[thin] {
			t.Errorf("the directory has %v", objects)
		}
	}
	detail := h.want(200, h.get("/events/"+url.PathEscape(ids[thin])))
	if at(t, detail, "event_type") != thin {
		t.Errorf("the detail says %s", detail.body)
	}
	tenants := items(t, h.want(200, h.get("/directory/tenants")))
	if len(tenants) != 1 || tenants[0]["name"] != "Bluebell Stationery" {
		t.Fatalf("tenants: %v", tenants)
	}
	account, _ := tenants[0]["id"].(string)
	if found := items(t, h.want(200, h.get("/events?object="+account))); len(found) != 1 || found[0]["event_type"] != "account.updated" {
		t.Errorf("webhooks of the account %s: %v", account, found)
	}
}
