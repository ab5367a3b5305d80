package api

import (
	"net/http"
	"time"

	"daybook/app/environments"
	"daybook/app/respond"
	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/source"
	"daybook/domain/value"
)

// environmentView is an environment as the API shows it.
type environmentView struct {
	Slug        string          `json:"slug"`
	Destination destinationView `json:"destination"`
}

// destinationView is a destination as it is shown and put. What belongs to
// another kind is null. Keys and secrets are never shown, but for a signing
// secret in the answer to the request that made it.
type destinationView struct {
	Kind              environment.Kind `json:"kind"`
	BaseURL           *string          `json:"base_url"`
	APIKey            *string          `json:"api_key"`
	URL               *string          `json:"url"`
	IdempotencyWindow *source.Duration `json:"idempotency_window"`
	destinationFacts
}

// destinationFacts are what the server alone says. Whoever puts them back has
// said nothing.
type destinationFacts struct {
	APIKeyFingerprint *string             `json:"api_key_fingerprint"`
	SigningSecret     *string             `json:"signing_secret"`
	SigningSecrets    []signingSecretView `json:"signing_secrets"`
}

type signingSecretView struct {
	ID          string  `json:"id"`
	Fingerprint string  `json:"fingerprint"`
	CreatedAt   es.Time `json:"created_at"`
	// RevokedAt is from when it signs no more; null while nobody revoked it.
	RevokedAt es.Time `json:"revoked_at"`
}

func (a *API) viewOf(slug string, state environment.State) environmentView {
	d := state.Destination
	shown := destinationView{Kind: d.Kind, BaseURL: value.OrNull(d.BaseURL), URL: value.OrNull(d.URL), IdempotencyWindow: d.IdempotencyWindow}
	if d.APIKey != nil {
		shown.APIKeyFingerprint = &d.APIKey.Fingerprint
	}
	shown.SigningSecrets = []signingSecretView{}
	if d.Kind == environment.Endpoint {
		for _, secret := range state.LiveSecrets(es.TimeOf(a.Now())) {
			shown.SigningSecrets = append(shown.SigningSecrets, signingSecretView{secret.ID, secret.Fingerprint, secret.CreatedAt, secret.RevokedAt})
		}
	}
	return environmentView{slug, shown}
}

// changedView is an environment after a change, with the secret that was made.
func (a *API) changedView(slug string, changed environments.Changed) environmentView {
	view := a.viewOf(slug, changed.State)
	view.Destination.SigningSecret = value.OrNull(changed.SigningSecret)
	return view
}

func (a *API) listEnvironments(w http.ResponseWriter, r *http.Request) error {
	var views []environmentView
	for _, slug := range a.Configuration.Environments() {
		state, _ := a.Configuration.Environment(slug)
		views = append(views, a.viewOf(slug, state))
	}
	page, err := pageOf(r, views, func(e environmentView) string { return e.Slug })
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, page)
}

func (a *API) putEnvironment(w http.ResponseWriter, r *http.Request) error {
	slug := respond.PathValue(r, "slug")
	var request struct {
		Slug        *string         `json:"slug"`
		Destination destinationView `json:"destination"`
	}
	if err := respond.Decode(w, r, &request); err != nil {
		return err
	}
	if request.Slug != nil && *request.Slug != slug {
		return respond.Invalid("slug", "the environment is %q in the address; its slug cannot be changed", slug)
	}
	d := request.Destination
	changed, err := a.Environments.Put(r.Context(), slug, environments.Put{
		Kind: d.Kind, BaseURL: value.OrEmpty(d.BaseURL), APIKey: value.OrEmpty(d.APIKey), URL: value.OrEmpty(d.URL), IdempotencyWindow: d.IdempotencyWindow,
	}, actor)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, a.changedView(slug, changed))
}

func (a *API) rotateSigningSecret(w http.ResponseWriter, r *http.Request) error {
	slug := respond.PathValue(r, "slug")
	var request struct {
		Grace string `json:"grace"`
	}
	if r.ContentLength != 0 {
		if err := respond.Decode(w, r, &request); err != nil {
			return err
		}
	}
	grace, err := parseGrace(request.Grace, 24*time.Hour)
	if err != nil {
		return err
	}
	changed, err := a.Environments.Rotate(r.Context(), slug, grace, actor)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, a.changedView(slug, changed))
}
