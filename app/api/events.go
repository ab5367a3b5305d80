package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"daybook/app/replay"
	"daybook/app/respond"
	"daybook/domain/rejection"
	"daybook/projections/eventlog"
)

// filtered reads the filters of a request, and its other parameters.
func filtered(r *http.Request, others ...string) (eventlog.Filter, url.Values, error) {
	query, err := parametersThat(r, func(name string) bool {
		return eventlog.IsParameter(name) || slices.Contains(others, name)
	})
	if err != nil {
		return eventlog.Filter{}, nil, err
	}
	filter, err := eventlog.ParseFilter(query)
	return filter, query, err
}

func (a *API) listEvents(w http.ResponseWriter, r *http.Request) error {
	filter, query, err := filtered(r, "limit", "after")
	if err != nil {
		return err
	}
	n, err := limit(query)
	if err != nil {
		return err
	}
	page, err := a.Events.List(r.Context(), filter, n, query.Get("after"))
	if err != nil {
		return err
	}
	respond.JSON(w, http.StatusOK, listOf(page.Items, page.Next))
	return nil
}

func (a *API) getEvent(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	id := chi.URLParam(r, "id")
	if rejection.IsID(id) {
		shown, err := a.Details.Rejection(r.Context(), id)
		if err != nil {
			return err
		}
		respond.JSON(w, http.StatusOK, shown)
		return nil
	}
	shown, err := a.Details.Webhook(r.Context(), id)
	if err != nil {
		return err
	}
	respond.JSON(w, http.StatusOK, shown)
	return nil
}

func (a *API) getRaw(w http.ResponseWriter, r *http.Request) error {
	body, err := a.Details.Body(r.Context(), chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="webhook.json"`)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client is gone if this fails
	return nil
}

func (a *API) replay(w http.ResponseWriter, r *http.Request) error {
	request := struct {
		Mode  replay.Mode  `json:"mode"`
		Rules replay.Rules `json:"rules"`
	}{replay.Dry, replay.Current}
	if err := respond.Decode(w, r, &request); err != nil {
		return err
	}
	result, err := a.Replay.Replay(r.Context(), chi.URLParam(r, "id"), request.Mode, request.Rules)
	if err != nil {
		return err
	}
	respond.JSON(w, http.StatusOK, result)
	return nil
}
