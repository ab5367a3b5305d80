package api

import (
	"context"
	"net/http"

	"daybook/app/respond"
	"daybook/domain/environment"
	"daybook/projections/directory"
)

// inDirectory reads which part of the directory a request asks for; id is the
// parameter for the id of what is listed.
func inDirectory(id string) func(r *http.Request) (directory.Filter, error) {
	return func(r *http.Request) (directory.Filter, error) {
		query := r.URL.Query()
		f := directory.Filter{
			Environment: query.Get("environment"), Q: query.Get("q"), Status: directory.RunStatus(query.Get("status")),
			Collection: query.Get("collection"), ID: query.Get(id),
		}
		if f.Status != "" && f.Status != directory.Triggered && f.Status != directory.Cancelled {
			return f, respond.Invalid("status", "is %s or %s", directory.Triggered, directory.Cancelled)
		}
		return f, checkEnvironment(f.Environment)
	}
}

// ofLinks reads which subscriptions or members a request asks for: those of
// something, and those of somebody.
func ofLinks(something, somebody string) func(r *http.Request) (directory.LinkFilter, error) {
	return func(r *http.Request) (directory.LinkFilter, error) {
		query := r.URL.Query()
		f := directory.LinkFilter{
			Environment: query.Get("environment"), Q: query.Get("q"),
			Collection: query.Get("collection"), ID: query.Get(something), Recipient: query.Get(somebody),
		}
		return f, checkEnvironment(f.Environment)
	}
}

func checkEnvironment(slug string) error {
	if slug != "" && !environment.IsSlug(slug) {
		return respond.Invalid("environment", "is written with a-z, 0-9, _ and -, at most 63 characters")
	}
	return nil
}

// listDirectory answers with one of the directory's lists.
func listDirectory[F, T any](
	filter func(*http.Request) (F, error),
	list func(ctx context.Context, f F, limit int, after string) (directory.Page[T], error),
) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := filter(r)
		if err != nil {
			return err
		}
		n, err := limit(r)
		if err != nil {
			return err
		}
		page, err := list(r.Context(), f, n, r.URL.Query().Get("after"))
		if err != nil {
			return err
		}
		return respond.JSON(w, http.StatusOK, partialList[T]{listOf(page.Items, page.Next), page.Partial})
	}
}

// partialList is a list whose page may end because enough was looked at: then
// items further back may match.
type partialList[T any] struct {
	list[T]
	Partial bool `json:"partial"`
}
