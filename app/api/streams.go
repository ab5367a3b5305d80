package api

import (
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"daybook/app/detail"
	"daybook/app/respond"
	"daybook/domain/es"
)

func (a *API) listStreams(w http.ResponseWriter, r *http.Request) error {
	query, err := parameters(r, "prefix", "limit", "after")
	if err != nil {
		return err
	}
	n, err := limit(query)
	if err != nil {
		return err
	}
	page, err := a.Streams.List(r.Context(), query.Get("prefix"), query.Get("after"), n)
	if err != nil {
		return err
	}
	respond.JSON(w, http.StatusOK, listOf(page.Streams, page.Next))
	return nil
}

// getStream answers with the recorded events of a stream. ?from= is a
// revision; next is the revision to go on from.
func (a *API) getStream(w http.ResponseWriter, r *http.Request) error {
	query, err := parameters(r, "from", "direction", "limit")
	if err != nil {
		return err
	}
	n, err := limit(query)
	if err != nil {
		return err
	}
	dir, from := es.Forward, es.FirstRevision
	switch query.Get("direction") {
	case "", "forward", "forwards":
	case "backward", "backwards":
		dir, from = es.Backward, es.LastRevision
	default:
		return respond.Invalid("direction", "a direction is forward or backward")
	}
	if text := query.Get("from"); text != "" {
		revision, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return respond.Invalid("from", "a revision is a number from 0")
		}
		from = es.Revision(revision)
	}
	name := es.Stream(chi.URLParam(r, "name"))
	events, more, err := a.Details.Stream(r.Context(), name, from, dir, n)
	if err != nil {
		return err
	}
	if len(events) == 0 && query.Get("from") == "" {
		return &es.Refusal{Code: es.NotFound, Message: "there is no such stream"}
	}
	items := make([]detail.Recorded, len(events))
	for i, e := range events {
		items[i] = detail.RecordedOf(e)
	}
	respond.JSON(w, http.StatusOK, listOf(items, nextRevision(events, more, dir)))
	return nil
}

func nextRevision(events []es.Recorded, more bool, dir es.Direction) string {
	if !more {
		return ""
	}
	last := events[len(events)-1].Revision
	if dir == es.Backward {
		return strconv.FormatUint(uint64(last-1), 10)
	}
	return strconv.FormatUint(uint64(last+1), 10)
}
