package api

import (
	"net/http"

	"daybook/app/command"
	"daybook/app/respond"
	"daybook/domain/environment"
)

// environmentView is an environment as the API shows it.
type environmentView struct {
	Slug        string          `json:"slug"`
	Destination destinationView `json:"destination"`
}

// destinationView is a destination as it is shown and put. The local one has
// no address and no key.
type destinationView struct {
	Kind    environment.Kind `json:"kind"`
	BaseURL *string          `json:"base_url"`
	APIKey  *string          `json:"api_key"`
}

func viewOf(slug string, state environment.State) environmentView {
	return environmentView{Slug: slug, Destination: destinationView{Kind: state.Destination.Kind}}
}

func (a *API) listEnvironments(w http.ResponseWriter, _ *http.Request) error {
	var views []environmentView
	for _, slug := range a.Configuration.Environments() {
		state, _ := a.Configuration.Environment(slug)
		views = append(views, viewOf(slug, state))
	}
	return respond.JSON(w, http.StatusOK, listOf(views, ""))
}

func (a *API) putEnvironment(w http.ResponseWriter, r *http.Request) error {
	slug := respond.PathValue(r, "slug")
	if !environment.IsSlug(slug) {
		return respond.Invalid("slug", "an environment is called by lower-case letters, digits, - and _, at most 63, begins with a letter or digit, and is not called rejection")
	}
	var request struct {
		Slug        *string         `json:"slug"`
		Destination destinationView `json:"destination"`
	}
	if err := respond.Decode(w, r, &request); err != nil {
		return err
	}
	destination := request.Destination
	switch {
	case request.Slug != nil && *request.Slug != slug:
		return respond.Invalid("slug", "the environment is %q in the address; its slug cannot be changed", slug)
	case destination.BaseURL != nil && destination.Kind == environment.Local:
		return respond.Invalid("destination.base_url", "the local destination has no address; leave it out")
	case destination.APIKey != nil && destination.Kind == environment.Local:
		return respond.Invalid("destination.api_key", "the local destination takes no key; leave it out")
	}
	put := environment.Put{Destination: environment.Destination{Kind: destination.Kind}}
	result, err := a.environments.Handle(r.Context(), environment.Stream(slug), put, command.Meta{Actor: actor})
	if err != nil {
		return err
	}
	if err := a.Configuration.WaitFor(r.Context(), result.Position); err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, viewOf(slug, result.State))
}
