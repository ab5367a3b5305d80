package web_test

import (
	"net/http"
	"testing"

	"daybook/app/trigger"
)

func TestPreprocessIsShownBesideThePayload(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	const path = "/sources/stripe/development/settings"
	h.post(path, settingsValues("preprocess", `{"kind": upper(body.type)}`, "disabled_event_types", "")).leads(path + "?done=settings-saved")
	h.get(path).shows("upper(body.type)")
	id := h.send(trigger.Sample{Type: "invoice.paid"})
	h.get("/events/"+id).is(http.StatusOK).shows(`id="h-preprocess"`, "INVOICE.PAID")

	h.post(path, settingsValues("preprocess", "{\"kind\":\n event.id}")).is(http.StatusUnprocessableEntity).
		shows(`id="e-preprocess"`, "sees body and headers only (line 2, column 2)")

	h.post(path, settingsValues("preprocess", `{"kind": body.none.deeper}`, "event_type_path", "preprocess.kind", "disabled_event_types", "")).
		leads(path + "?done=settings-saved")
	id = h.send(trigger.Sample{Type: "invoice.paid"})
	h.get("/events/"+id).is(http.StatusOK).
		shows("leads to no text in this body", "preprocess expression failed: cannot fetch deeper", `id="h-preprocess"`)

	h.post(path, settingsValues("preprocess", "")).leads(path + "?done=settings-saved")
	if got := h.view(place()).Settings.Preprocess; got != nil {
		t.Errorf("it is still %q", *got)
	}
}
