package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"daybook/app/respond"
	"daybook/domain/template"
)

func (a *API) listTemplates(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	respond.JSON(w, http.StatusOK, listOf(template.All(), ""))
	return nil
}

func (a *API) getTemplate(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	tmpl, ok := template.Get(chi.URLParam(r, "key"))
	if !ok {
		return respond.NotFound()
	}
	respond.JSON(w, http.StatusOK, tmpl)
	return nil
}
