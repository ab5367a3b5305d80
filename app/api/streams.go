package api

import (
	"net/http"
	"strconv"

	"daybook/app/detail"
	"daybook/app/respond"
	"daybook/domain/es"
)

func (a *API) listStreams(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	page, err := a.Streams.List(r.Context(), query.Get("prefix"), n, query.Get("after"))
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, listOf(page.Streams, page.Next))
}

// getStream answers with the recorded events of a stream, the oldest first
// unless ?direction=backward. ?from= is the revision to begin with, and next
// the one to go on with.
func (a *API) getStream(w http.ResponseWriter, r *http.Request) error {
	from, dir, err := stretch(r)
	if err != nil {
		return err
	}
	n, err := limit(r)
	if err != nil {
		return err
	}
	name := es.Stream(respond.PathValue(r, "name"))
	events, more, err := a.Details.Stream(r.Context(), name, from, dir, n)
	if err != nil {
		return err
	}
	if len(events) == 0 { // in this stretch, or at all?
		if _, err := a.Details.Newest(r.Context(), name); err != nil {
			return err
		}
	}
	items := make([]detail.Recorded, len(events))
	for i, e := range events {
		items[i] = detail.RecordedOf(e)
	}
	return respond.JSON(w, http.StatusOK, listOf(items, nextRevision(events, more, dir)))
}

// stretch reads which part of a stream a request asks for.
func stretch(r *http.Request) (from es.Revision, dir es.Direction, err error) {
	query := r.URL.Query()
	switch query.Get("direction") {
	case "", "forward":
		from, dir = es.FirstRevision, es.Forward
	case "backward":
		from, dir = es.LastRevision, es.Backward
	default:
		return 0, 0, respond.Invalid("direction", "a direction is forward or backward")
	}
	if text := query.Get("from"); text != "" {
		revision, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			return 0, 0, respond.Invalid("from", "a revision is a number from 0")
		}
		from = es.Revision(revision)
	}
	return from, dir, nil
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
