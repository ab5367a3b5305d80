package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"daybook/app/respond"
	"daybook/projections/eventlog"
)

// The bounds of ?limit=.
const (
	defaultLimit = 50
	maxLimit     = 500
)

// checkQuery refuses a query with parameters that a call does not take: a
// misspelt filter would otherwise select everything.
func checkQuery(r *http.Request, takes func(parameter string) bool) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return respond.Invalid("", "the query cannot be read; escape what is special in it")
	}
	for name, values := range query {
		switch {
		case !takes(name):
			return respond.Invalid(name, "there is no such parameter")
		case len(values) > 1:
			return respond.Invalid(name, "can be given once only")
		}
	}
	return nil
}

// only is a call that takes these parameters.
func only(parameters ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(parameters, name) }
}

// filtersAnd is a call that takes the filters of the event log and these
// parameters.
func filtersAnd(parameters ...string) func(string) bool {
	return func(name string) bool { return eventlog.IsParameter(name) || slices.Contains(parameters, name) }
}

// anything is for what refuses every request anyway.
func anything(string) bool { return true }

// limit reads ?limit=.
func limit(r *http.Request) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, respond.Invalid("limit", "a limit is a number from 1 to %d", maxLimit)
	}
	return n, nil
}
