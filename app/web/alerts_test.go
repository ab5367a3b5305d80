package web_test

import (
	"net/http"
	"testing"

	"daybook/app/alerts"
	"daybook/app/destination"
	"daybook/domain/webhook"
)

// alert waits for the alert about what stands as it does.
func (h *house) alert() alerts.View {
	h.t.Helper()
	for {
		changed := h.alerts.Changed()
		if found := h.alerts.List("development"); len(found) > 0 {
			return found[0]
		}
		h.wait(changed)
	}
}

// What needs people is told on every page, and dealt with by plain forms.
func TestAlerts(t *testing.T) {
	t.Parallel()
	newHouse(t).get("/system").is(http.StatusOK).shows("Nothing needs you.").lacks("open alert")
	h, _, _, _ := openHouse(t, destination.Outcome{Class: webhook.ClassRefused, Error: "no"}, webhook.StatusParked)
	id := h.alert().ID
	h.get("/").is(http.StatusOK).shows(`aria-label="System, 1 open alert"`)
	h.get("/system?environment=development").shows("Actions of stripe", `href="/actions?environment=development&amp;source=stripe"`, `id="alert-`+id+`"`, "Acknowledge", "Resolve")
	h.get("/system?environment=production").lacks("Actions of stripe")
	h.post("/system/alerts/"+id+"/acknowledge?environment=development", nil).leads("/system/alerts?environment=development&done=alert-seen")
	h.get("/system/alerts?environment=development&done=alert-seen").shows("acknowledged", ", by admin", "no more messages", "Resolve")
	h.post("/system/alerts/"+id+"/resolve", nil).leads("/system/alerts?done=alert-closed")
	h.get("/system/alerts?done=alert-closed").shows("over", "Nothing needs you.")
	h.post("/system/alerts/none/resolve", nil).is(http.StatusNotFound)
	h.post("/system/alerts/"+id+"/resolve", nil, stranger).is(http.StatusSeeOther)
}

func TestAlertSettings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.get("/system/alerts").is(http.StatusOK).shows("Settings for Daybook as a whole", `name="disk_free" value="10"`)
	const there = "/system/alerts?environment=production"
	h.get(there).shows("Settings in production", `name="refusals" value="10"`, `name="silence" value="24h"`)
	h.post(there, form("url", "https://hooks.slack.com/services/canary", "refusals", "20", "silence", "2d", "silence_of", "shop 1h\n\nstripe  forever")).leads(there + "&done=alerting-saved")
	h.get(there+"&done=alerting-saved").shows("an address at hooks.slack.com", `value="20"`, `value="48h"`, "shop 1h\nstripe forever")
	h.get(there).lacks("canary")
	h.post(there, form("refusals", "0", "silence", "forever")).leads(there + "&done=alerting-saved")
	h.get(there + "&done=alerting-saved").shows("an address at hooks.slack.com")
	h.post(there, form("remove", "1", "refusals", "0", "silence", "forever")).leads(there + "&done=alerting-saved")
	h.get(there + "&done=alerting-saved").shows("nobody is told")
	h.post("/system/alerts", form("lag", "2m", "disk_free", "5")).leads("/system/alerts?done=alerting-saved")
	h.get("/system/alerts?done=alerting-saved").shows(`value="2m"`)
	h.post(there, form("url", "http://10.0.0.1/", "refusals", "many", "silence", "soon", "silence_of", "a")).is(http.StatusUnprocessableEntity).
		shows("Give a whole number", `id="e-silence"`, `id="e-silence_of"`, `value="http://10.0.0.1/"`)
	h.post(there, form("url", "http://10.0.0.1/", "refusals", "1", "silence", "1h")).is(http.StatusUnprocessableEntity).shows(`id="e-url"`)
}
