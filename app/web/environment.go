package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"daybook/app/environments"
	"daybook/app/respond"
	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/source"
	"daybook/views"
)

// showEnvironment is GET /environments/{slug}.
func (s *Web) showEnvironment(w http.ResponseWriter, r *http.Request) error {
	slug, state, err := s.environment(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, views.EnvironmentPage(s.environmentModel(r, slug, state)))
}

// environment returns what a path /environments/{slug} is about.
func (s *Web) environment(r *http.Request) (string, environment.State, error) {
	slug := respond.PathValue(r, "slug")
	state, ok := s.Configuration.Environment(slug)
	if !ok {
		return "", environment.State{}, &es.Refusal{Code: es.NotFound, Message: "there is no environment of that name"}
	}
	return slug, state, nil
}

// environmentModel is the page as it stands. The switch leads to the same page of
// the others.
func (s *Web) environmentModel(r *http.Request, slug string, state environment.State) views.Environment {
	page := s.page(r, slug)
	for i, link := range page.Environments {
		page.Environments[i].URL = environmentPath(link.Slug)
	}
	d := state.Destination
	window := ""
	if d.IdempotencyWindow != nil {
		window = d.IdempotencyWindow.String()
	}
	model := views.Environment{
		Page: page, Slug: slug,
		Form: views.DestinationForm{Kind: string(d.Kind), BaseURL: d.BaseURL, URL: d.URL, Window: window, Windows: endpointWindows(window)},
	}
	if d.APIKey != nil {
		model.KeyFingerprint = d.APIKey.Fingerprint
	}
	if d.Kind != environment.Endpoint {
		return model
	}
	for _, secret := range state.LiveSecrets(es.TimeOf(s.Now())) {
		model.Secrets = append(model.Secrets, views.Secret{
			ID: secret.ID, Fingerprint: secret.Fingerprint, CreatedAt: secret.CreatedAt.Time(), RevokedAt: moment(secret.RevokedAt),
		})
	}
	return model
}

func environmentPath(slug string) string { return "/environments/" + url.PathEscape(slug) }

// endpointWindows are the windows that are offered, and the chosen one if that
// is another.
func endpointWindows(chosen string) []views.Choice {
	offered := []views.Choice{
		{Value: "", Label: "no, it may act again"},
		{Value: "1h", Label: "for 1 hour"},
		{Value: "24h", Label: "for 24 hours"},
		{Value: "168h", Label: "for 7 days"},
		{Value: "forever", Label: "for ever"},
	}
	if !slices.ContainsFunc(offered, func(c views.Choice) bool { return c.Value == chosen }) {
		offered = append(offered, views.Choice{Value: chosen, Label: "for " + chosen})
	}
	return offered
}

// destinationWords say where actions go.
func destinationWords(d environment.Destination) string {
	switch d.Kind {
	case environment.Local:
		return "the local directory"
	case environment.Knock:
		return "Knock at " + d.BaseURL
	case environment.Endpoint:
		return withoutQuery(d.URL)
	default:
		return string(d.Kind)
	}
}

// withoutQuery is a URL without what may well be secret in it.
func withoutQuery(text string) string {
	text, _, _ = strings.Cut(text, "?")
	return text
}

// saveDestination is POST /environments/{slug} with kind, and what belongs to it.
// What belongs to another kind is left aside: the form shows all of them.
func (s *Web) saveDestination(w http.ResponseWriter, r *http.Request) error {
	slug, state, err := s.environment(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	model := s.environmentModel(r, slug, state)
	readDestination(values, &model.Form)
	put, err := putOf(model.Form, strings.TrimSpace(values.Get("api_key")))
	changed := environments.Changed{}
	if err == nil {
		changed, err = s.Environments.Put(r.Context(), slug, put, person)
	}
	status, problems, isRefused := refused(err, destinationField)
	switch {
	case isRefused:
		model.Form.Errors = problems
		return s.render(w, r, status, views.EnvironmentPage(model))
	case err != nil:
		return err
	case changed.SigningSecret != "":
		return s.showNewSecret(w, r, slug, changed)
	default:
		see(w, r, destinationSaved.with(environmentPath(slug)))
		return nil
	}
}

// showNewSecret answers the form itself: an address could be opened again, and
// the secret is shown this once.
func (s *Web) showNewSecret(w http.ResponseWriter, r *http.Request, slug string, changed environments.Changed) error {
	model := s.environmentModel(r, slug, changed.State)
	model.NewSecret = changed.SigningSecret
	return s.render(w, r, http.StatusOK, views.EnvironmentPage(model))
}

func readDestination(values url.Values, form *views.DestinationForm) {
	text := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	form.Kind, form.BaseURL, form.URL, form.Window = text("kind"), text("base_url"), text("url"), text("idempotency_window")
	form.Windows = endpointWindows(form.Window)
}

// putOf is what a form asks for.
func putOf(form views.DestinationForm, key string) (environments.Put, error) {
	p := environments.Put{Kind: environment.Kind(form.Kind)}
	switch p.Kind {
	case environment.Local: // it has nothing
	case environment.Knock:
		p.BaseURL, p.APIKey = form.BaseURL, key
	case environment.Endpoint:
		p.URL = form.URL
		if form.Window == "" {
			break
		}
		window, err := source.ParseDuration(form.Window)
		if err != nil {
			return p, respond.Invalid("destination.idempotency_window", "%s", err)
		}
		p.IdempotencyWindow = &window
	}
	return p, nil
}

// destinationField gives the form's name of what a refusal is about.
func destinationField(name string) (string, bool) {
	name, ok := strings.CutPrefix(name, "destination.")
	return name, ok
}

// rotateSigningSecret is POST /environments/{slug}/rotate with grace.
func (s *Web) rotateSigningSecret(w http.ResponseWriter, r *http.Request) error {
	slug, _, err := s.environment(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	grace, err := readGrace(values)
	if err != nil {
		return err
	}
	changed, err := s.Environments.Rotate(r.Context(), slug, grace, person)
	if err != nil {
		return err
	}
	return s.showNewSecret(w, r, slug, changed)
}
