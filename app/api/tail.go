package api

import (
	"encoding/json"
	"net/http"

	"daybook/projections/eventlog"
)

func (a *API) tail(w http.ResponseWriter, r *http.Request) error {
	filter, err := eventlog.ParseFilter(r.URL.Query())
	if err != nil {
		return err
	}
	after, err := a.Tail.Position(r)
	if err != nil {
		return err
	}
	return a.Tail.Serve(w, r, after, filter, "webhook", func(i eventlog.Item) ([]byte, error) { return json.Marshal(i) })
}
