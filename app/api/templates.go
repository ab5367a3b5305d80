package api

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"

	"daybook/app/respond"
	"daybook/domain/es"
	"daybook/domain/template"
)

// templateView is a template with a fresh sample of each type that it has.
type templateView struct {
	template.Template
	Samples       map[string]json.RawMessage   `json:"samples"`
	SampleHeaders map[string]map[string]string `json:"sample_headers"`
}

func (a *API) viewTemplate(t template.Template) (templateView, error) {
	view := templateView{Template: t, Samples: map[string]json.RawMessage{}, SampleHeaders: map[string]map[string]string{}}
	for _, eventType := range t.SampleTypes {
		sample, err := t.Request(eventType, template.Seed{Now: es.TimeOf(a.Now()), NewID: t.IDs(rand.Uint64)})
		if err != nil {
			return templateView{}, err
		}
		view.Samples[eventType], view.SampleHeaders[eventType] = sample.Body, sample.Headers
	}
	return view, nil
}

func (a *API) listTemplates(w http.ResponseWriter, r *http.Request) error {
	var views []templateView
	for _, t := range template.All() {
		view, err := a.viewTemplate(t)
		if err != nil {
			return err
		}
		views = append(views, view)
	}
	page, err := pageOf(r, views, func(t templateView) string { return t.Key })
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, page)
}

func (a *API) getTemplate(w http.ResponseWriter, r *http.Request) error {
	t, ok := template.Get(respond.PathValue(r, "key"))
	if !ok {
		return respond.NotFound()
	}
	view, err := a.viewTemplate(t)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, view)
}
