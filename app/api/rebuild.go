package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"daybook/app/respond"
)

func (a *API) startRebuild(w http.ResponseWriter, _ *http.Request) error {
	work, err := a.Rebuild.Start()
	if err != nil {
		return err
	}
	respond.JSON(w, http.StatusAccepted, work)
	return nil
}

func (a *API) getRebuild(w http.ResponseWriter, r *http.Request) error {
	work, ok := a.Rebuild.Get(chi.URLParam(r, "id"))
	if !ok {
		return respond.NotFound()
	}
	respond.JSON(w, http.StatusOK, work)
	return nil
}
