package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"daybook/app/command"
	"daybook/app/respond"
	"daybook/domain/environment"
)

// environmentView is an environment as the API shows it.
type environmentView struct {
	Slug        string                  `json:"slug"`
	Destination environment.Destination `json:"destination"`
}

func (a *API) listEnvironments(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	var views []environmentView
	for _, slug := range a.Configuration.Environments() {
		state, _ := a.Configuration.Environment(slug)
		views = append(views, environmentView{slug, state.Destination})
	}
	respond.JSON(w, http.StatusOK, listOf(views, ""))
	return nil
}

func (a *API) putEnvironment(w http.ResponseWriter, r *http.Request) error {
	slug := chi.URLParam(r, "slug")
	if !environment.IsSlug(slug) {
		return respond.Invalid("slug", "an environment is called by lower-case letters, digits, - and _, at most 63, and begins with a letter or digit")
	}
	var request struct {
		Destination environment.Destination `json:"destination"`
	}
	if err := respond.Decode(w, r, &request); err != nil {
		return err
	}
	result, err := a.environments.Handle(r.Context(), environment.Stream(slug), environment.Put{Destination: request.Destination}, command.Meta{Actor: actor})
	if err != nil {
		return err
	}
	if err := a.Configuration.WaitFor(r.Context(), result.Position); err != nil {
		return err
	}
	respond.JSON(w, http.StatusOK, environmentView{slug, result.State.Destination})
	return nil
}
