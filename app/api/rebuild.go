package api

import (
	"net/http"

	"daybook/app/respond"
)

func (a *API) startRebuild(w http.ResponseWriter, _ *http.Request) error {
	work, err := a.Rebuild.Start()
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusAccepted, work)
}

func (a *API) getRebuild(w http.ResponseWriter, r *http.Request) error {
	work, ok := a.Rebuild.Get(respond.PathValue(r, "id"))
	if !ok {
		return respond.NotFound()
	}
	return respond.JSON(w, http.StatusOK, work)
}
