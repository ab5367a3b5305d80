package web_test

import (
	"net/http"
	"testing"

	"daybook/app/sources"
	"daybook/app/trigger"
	"daybook/domain/action"
	"daybook/domain/rule"
)

// What costs too much is paused, and seen to be wherever sources are looked at.
func TestAPausedMappingIsShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	dear := rule.Mapping{
		Key: "dear", EventType: "*", When: "any(1..50000, any(1..50000, # < 0))", ActionType: action.UsersDelete,
		ActionParameters: rule.Parameters{"id": []byte(`"body.id"`)},
	}
	_, err := h.sources.Put(t.Context(), place(), sources.Put{Mappings: &[]rule.Mapping{dear}}, "admin")
	check(t, err)
	const link = `href="/sources/stripe/development/mappings?edit=dear"`
	for range 9 {
		h.send(trigger.Sample{Type: "invoice.paid"})
	}
	h.get("/sources").is(http.StatusOK).lacks(link)
	h.get("/system").is(http.StatusOK).lacks("Paused mappings")

	h.send(trigger.Sample{Type: "invoice.paid"})
	h.paused("dear")
	h.get("/sources").is(http.StatusOK).shows(link, "paused")
	h.get("/system").is(http.StatusOK).shows("Paused mappings", link, "budget")
	const resume = "/sources/stripe/development/mappings/dear/resume"
	h.get("/sources/stripe/development/mappings").is(http.StatusOK).shows(`action="`+resume+`"`, "Resume")
	h.get("/sources?environment=production").is(http.StatusOK).lacks(link)
	h.get("/system?environment=production").is(http.StatusOK).lacks("Paused mappings")

	h.post(resume, form()).leads("/sources/stripe/development/mappings?done=mapping-resumed")
	h.get("/sources/stripe/development/mappings?done=mapping-resumed").shows("asked again").lacks("Resume")
	h.get("/system").lacks("Paused mappings")
	h.post("/sources/stripe/development/mappings/none/resume", form()).is(http.StatusNotFound)
}

// paused waits until a mapping is paused. The worker has it paused after the
// outcome is in the log, which is all that settling waits for.
func (h *house) paused(key string) {
	h.t.Helper()
	for {
		changed := h.runner.Changed()
		for _, paused := range h.view(place()).Paused {
			if paused.Mapping == key {
				return
			}
		}
		h.wait(changed)
	}
}
