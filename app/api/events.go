package api

import (
	"net/http"
	"strconv"

	"daybook/app/replay"
	"daybook/app/respond"
	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/projections/eventlog"
)

// eventList is a page of the event log.
type eventList struct {
	partialList[eventlog.Item]
	// LookedTo is how far back a partial page came; null for a full one.
	LookedTo es.Time `json:"looked_to"`
	// Position is up to where the page shows the log: a tail that begins there
	// misses nothing.
	Position es.Position `json:"position"`
}

func (a *API) listEvents(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	filter, err := eventlog.ParseFilter(query)
	if err != nil {
		return err
	}
	n, err := limit(r)
	if err != nil {
		return err
	}
	page, err := a.Events.List(r.Context(), filter, n, query.Get("after"))
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, eventList{
		partialList: partialList[eventlog.Item]{listOf(page.Items, page.Next), page.Partial},
		LookedTo:    page.LookedTo,
		Position:    page.Applied,
	})
}

func (a *API) getEvent(w http.ResponseWriter, r *http.Request) error {
	id := respond.PathValue(r, "id")
	if rejection.IsID(id) {
		shown, err := a.Details.Rejection(r.Context(), id)
		if err != nil {
			return err
		}
		return respond.JSON(w, http.StatusOK, shown)
	}
	shown, err := a.Details.Webhook(r.Context(), id)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, shown)
}

func (a *API) getRaw(w http.ResponseWriter, r *http.Request) error {
	body, err := a.Details.Body(r.Context(), respond.PathValue(r, "id"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="webhook.json"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) //nolint:gosec // no browser shows it: it is bytes to be saved, whatever they look like
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
	result, err := a.Replay.Replay(r.Context(), respond.PathValue(r, "id"), request.Mode, request.Rules)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, result)
}
