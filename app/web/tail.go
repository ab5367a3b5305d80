package web

import (
	"bytes"
	"net/http"

	"daybook/app/respond"
	"daybook/domain/es"
	"daybook/projections/eventlog"
	"daybook/views"
)

// tail is GET /tail: the rows of the log as they come and change, as
// server-sent events without a name. It goes on after Last-Event-ID, else after
// the position in the query.
func (s *Web) tail(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet { // a HEAD would never end
		return respond.MethodNotAllowed(w, http.MethodGet)
	}
	filter, problems := readFilter(r.URL.Query())
	if len(problems) > 0 {
		return &es.Refusal{Code: es.Invalid, Message: "the filters cannot be used; load the page again"}
	}
	after, err := s.Tail.Position(r)
	if err != nil {
		return err
	}
	return s.Tail.Serve(w, r, after, filter, "", func(item eventlog.Item) ([]byte, error) {
		var row bytes.Buffer
		err := views.EventRow(rowOf(item, filter.Environment == "")).Render(r.Context(), &row)
		return row.Bytes(), err
	})
}
