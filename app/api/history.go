package api

import (
	"net/http"
	"strconv"

	"daybook/app/respond"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/projections"
)

// listHistory is what was changed of a source. Its cursor is a revision: what
// comes later changes nothing before it.
func (a *API) listHistory(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	n, err := limit(r)
	if err != nil {
		return err
	}
	q := sources.HistoryQuery{
		Key: respond.PathValue(r, "key"), Environment: query.Get("environment"), Mapping: query.Get("mapping"), Limit: n,
	}
	if after := query.Get("after"); after != "" {
		before, err := strconv.ParseUint(after, 10, 63)
		if err != nil {
			return projections.ErrInvalidCursor
		}
		q.Before = new(es.Revision(before))
	}
	changes, more, err := a.Sources.History(r.Context(), q)
	if err != nil {
		return err
	}
	next := ""
	if more {
		next = strconv.FormatUint(uint64(changes[len(changes)-1].Revision), 10)
	}
	return respond.JSON(w, http.StatusOK, listOf(changes, next))
}

// getHistory is a source as it was at a revision.
func (a *API) getHistory(w http.ResponseWriter, r *http.Request) error {
	at, revision, err := moment(r)
	if err != nil {
		return err
	}
	past, err := a.Sources.At(r.Context(), at, revision)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, past)
}

// restore brings back what a source was at a revision.
func (a *API) restore(w http.ResponseWriter, r *http.Request) error {
	at, revision, err := moment(r)
	if err != nil {
		return err
	}
	request := struct {
		Settings bool `json:"settings"`
		Mappings bool `json:"mappings"`
	}{true, true}
	if r.ContentLength != 0 {
		if err := respond.Decode(w, r, &request); err != nil {
			return err
		}
	}
	if !request.Settings && !request.Mappings {
		return respond.Invalid("settings", "say what to restore: settings, mappings or both")
	}
	match, err := ifMatch(r)
	if err != nil {
		return err
	}
	parts := sources.Parts{Settings: request.Settings, Mappings: request.Mappings}
	if _, err := a.Sources.Only(match).Restore(r.Context(), at, revision, parts, actor); err != nil {
		return err
	}
	return a.showChanged(w, http.StatusOK, at, match)
}

// moment reads which source in which environment a request is about, and at
// which revision.
func moment(r *http.Request) (sources.Place, es.Revision, error) {
	at, err := place(r)
	if err != nil {
		return at, 0, err
	}
	n, err := strconv.ParseUint(respond.PathValue(r, "revision"), 10, 63)
	if err != nil {
		return at, 0, respond.NotFound()
	}
	return at, es.Revision(n), nil
}
