package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// openAlerts waits for an alert, which comes by itself.
func (h *house) openAlerts(query string) []map[string]any {
	h.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		next, stop := h.tail("/tail?after=0", nil)
		if found := items(h.t, h.want(200, h.get("/alerts?status=open"+query))); len(found) > 0 {
			stop()
			return found
		}
		next()
		stop()
	}
	h.t.Fatal("no alert came")
	return nil
}

// What waits for a person leads to an alert, which a person acknowledges and
// resolves; what cannot be is refused.
func TestAlerts(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	h.want(200, h.put("/sources/stripe?environment=development", `{"source":{"environment_settings":{"development":{"mappings":[
		{"event_type":"*","action_type":"users_identify","action_parameters":{"id":"body.nowhere"}}]}}}}`))
	h.want(200, h.send(h.ingestURL("stripe", "development"), secretText, event("evt_1", "customer.created")))
	h.settled("development.stripe.evt_1")
	found := h.openAlerts("&environment=development")
	id := fmt.Sprint(found[0]["id"])
	if found[0]["kind"] != "actions_parked" || found[0]["path"] != "/actions?environment=development&source=stripe" || found[0]["message"] != nil {
		t.Errorf("the alert is %v", found[0])
	}
	if other := items(t, h.want(200, h.get("/alerts?environment=production&status=open"))); len(other) != 0 {
		t.Errorf("in production: %v", other)
	}
	if a := h.want(200, h.post("/alerts/"+id+"/acknowledge", "")); at(t, a, "status") != "acknowledged" || at(t, a, "acknowledged_by") != "admin" {
		t.Errorf("acknowledged: %s", a.body)
	}
	if a := h.want(200, h.post("/alerts/"+id+"/resolve", "")); at(t, a, "status") != "resolved" || at(t, a, "resolved_by") != "admin" {
		t.Errorf("resolved: %s", a.body)
	}
	if open := items(t, h.want(200, h.get("/alerts?status=open"))); len(open) != 0 {
		t.Errorf("still open: %v", open)
	}
	for _, what := range []string{"acknowledge", "resolve"} {
		h.want(404, h.post("/alerts/none/"+what, ""))
	}
	for _, query := range []string{"status=new", "environment=No", "after=xx"} {
		h.want(422, h.get("/alerts?"+query))
	}
}

func TestAlertSettings(t *testing.T) {
	t.Parallel()
	h := open(t)
	if all := items(t, h.want(200, h.get("/alerts/settings"))); len(all) != 3 || all[0]["environment"] != nil || all[0]["disk_free"] != 10.0 || all[1]["refusals"] != 10.0 {
		t.Errorf("from the start: %v", all)
	}
	a := h.want(200, h.put("/alerts/settings?environment=production",
		`{"url":"https://hooks.slack.com/services/canary","refusals":20,"silence":"forever","silence_of":{"shop":"1h"}}`))
	b := h.want(200, h.put("/alerts/settings?environment=production", `{}`))
	if string(a.body) != string(b.body) || at(t, a, "host") != "hooks.slack.com" || at(t, a, "silence") != "forever" || at(t, a, "refusals") != 20.0 {
		t.Errorf("set as %s, then %s", a.body, b.body)
	}
	if a := h.want(200, h.put("/alerts/settings", `{"disk_free":0,"lag":"5m"}`)); at(t, a, "lag") != "5m" || at(t, a, "environment") != nil {
		t.Errorf("of Daybook: %s", a.body)
	}
	sink := httptest.NewServer(http.NotFoundHandler())
	defer sink.Close()
	for body, status := range map[string]int{
		`{"url":"` + sink.URL + `"}`: 422, `{"refusals":-1}`: 422, `{"disk_free":5}`: 422, `{"silence":"1s"}`: 422, `{"color":1}`: 422,
	} {
		h.want(status, h.put("/alerts/settings?environment=production", body))
	}
	h.want(404, h.put("/alerts/settings?environment=staging", `{}`))
	h.want(422, h.put("/alerts/settings?environment=No", `{}`))
}
