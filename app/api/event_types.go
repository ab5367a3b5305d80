package api

import (
	"net/http"
	"slices"

	"daybook/app/respond"
	"daybook/domain/template"
	"daybook/projections/eventlog"
)

// eventType is an event type that a source has received.
type eventType struct {
	eventlog.TypeCount
	// Disabled says that webhooks of the type are logged and nothing else.
	Disabled bool `json:"disabled"`
	// Known says that the provider is known to send it.
	Known bool `json:"known"`
}

func (a *API) eventTypes(w http.ResponseWriter, r *http.Request) error {
	at, err := place(r)
	if err != nil {
		return err
	}
	view, err := a.Sources.View(at)
	if err != nil {
		return err
	}
	counted, err := a.Events.EventTypes(r.Context(), at.Key, at.Environment)
	if err != nil {
		return err
	}
	var known []string
	if tmpl, ok := template.Get(view.PreconfiguredProvider); ok {
		known = tmpl.EventTypes()
	}
	disabled := view.EnvironmentSettings[at.Environment].Settings.DisabledEventTypes
	types := make([]eventType, len(counted))
	for i, t := range counted {
		types[i] = eventType{t, slices.Contains(disabled, t.Type), slices.Contains(known, t.Type)}
	}
	page, err := pageOf(r, types, func(t eventType) string { return t.Type })
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, page)
}
