package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"daybook/app/respond"
)

// The bounds of ?limit=.
const (
	defaultLimit = 50
	maxLimit     = 500
)

// parameters reads the query of a request, and refuses what it does not know:
// a misspelt filter would otherwise select everything.
func parameters(r *http.Request, known ...string) (url.Values, error) {
	return parametersThat(r, func(name string) bool { return slices.Contains(known, name) })
}

func parametersThat(r *http.Request, known func(name string) bool) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, respond.Invalid("", "the query cannot be read; escape what is special in it")
	}
	for name := range query {
		if !known(name) {
			return nil, respond.Invalid(name, "there is no such parameter")
		}
	}
	return query, nil
}

// limit reads ?limit=.
func limit(query url.Values) (int, error) {
	text := query.Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, respond.Invalid("limit", "a limit is a number from 1 to %d", maxLimit)
	}
	return n, nil
}
