package api

import (
	"net/http"

	"daybook/app/respond"
	"daybook/domain/environment"
	"daybook/projections/directory"
)

// inDirectory reads which part of the directory a request asks for.
func inDirectory(r *http.Request) (f directory.Filter, n int, after string, err error) {
	query := r.URL.Query()
	f = directory.Filter{Environment: query.Get("environment"), Q: query.Get("q"), Status: directory.RunStatus(query.Get("status"))}
	if f.Environment != "" && !environment.IsSlug(f.Environment) {
		return f, 0, "", respond.Invalid("environment", "is written with a-z, 0-9, _ and -, at most 63 characters")
	}
	if f.Status != "" && f.Status != directory.Triggered && f.Status != directory.Cancelled {
		return f, 0, "", respond.Invalid("status", "is %s or %s", directory.Triggered, directory.Cancelled)
	}
	n, err = limit(r)
	return f, n, query.Get("after"), err
}

func (a *API) listUsers(w http.ResponseWriter, r *http.Request) error {
	filter, n, after, err := inDirectory(r)
	if err != nil {
		return err
	}
	page, err := a.Directory.Users(r.Context(), filter, n, after)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, partialList[directory.User]{listOf(page.Items, page.Next), page.Partial})
}

func (a *API) listRuns(w http.ResponseWriter, r *http.Request) error {
	filter, n, after, err := inDirectory(r)
	if err != nil {
		return err
	}
	page, err := a.Directory.Runs(r.Context(), filter, n, after)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, partialList[directory.Run]{listOf(page.Items, page.Next), page.Partial})
}

// listNothing answers for what the local destination does not hold in this
// version: actions on objects, tenants and audiences park.
func (a *API) listNothing(w http.ResponseWriter, r *http.Request) error {
	if _, _, _, err := inDirectory(r); err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, partialList[struct{}]{listOf[struct{}](nil, ""), false})
}

// partialList is a list whose page may end because enough was looked at: then
// items further back may match.
type partialList[T any] struct {
	list[T]
	Partial bool `json:"partial"`
}
