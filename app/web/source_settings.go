package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"daybook/app/respond"
	"daybook/app/sources"
	"daybook/domain/source"
	"daybook/domain/value"
	"daybook/views"
	"daybook/views/ui"
)

// showSettings is GET /sources/{key}/{env}/settings.
func (s *Web) showSettings(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	return s.settingsPage(w, r, http.StatusOK, at, func(*views.SourceSettings) {})
}

// settingsPage draws the tab as it stands, altered by what went wrong.
func (s *Web) settingsPage(w http.ResponseWriter, r *http.Request, status int, at place, alter func(*views.SourceSettings)) error {
	head, err := s.sourceHead(at)
	if err != nil {
		return err
	}
	model := views.SourceSettings{
		Page:    s.sourcePage(r, at, "settings"),
		Source:  head,
		Form:    settingsForm(at.state.Name, at.env.Settings),
		Secrets: secretsOf(at.env),
		Facts:   sourceFacts(at),
	}
	alter(&model)
	return s.render(w, r, status, views.SourceSettingsPage(model))
}

// saveSettings is POST …/settings.
func (s *Web) saveSettings(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	form := readSettings(values)
	put, problems := form.put()
	status := http.StatusUnprocessableEntity
	if len(problems) == 0 {
		_, err := s.Sources.Put(r.Context(), at.Place, put, person)
		if err == nil {
			see(w, r, settingsSaved.with(sourcePath(at.Place, "settings")))
			return nil
		}
		var ok bool
		if status, problems, ok = refused(err, settingsField); !ok {
			return err
		}
	}
	return s.settingsPage(w, r, status, at, func(m *views.SourceSettings) {
		m.Form = form.SettingsForm
		m.Form.Errors = problems
	})
}

// settingsInput is the form of the settings as it was typed.
type settingsInput struct{ views.SettingsForm }

func readSettings(values url.Values) settingsInput {
	text := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	return settingsInput{views.SettingsForm{
		Name:                values.Get("name"),
		EventTypePath:       text("event_type_path"),
		TimestampPath:       text("timestamp_path"),
		IdempotencyKeyPath:  text("idempotency_key_path"),
		Idempotency:         values.Get("idempotency") != "off",
		Window:              text("idempotency_window"),
		Tolerance:           text("tolerance"),
		EnforceVerification: values.Get("enforce_verification") == "1",
		DisabledEventTypes:  values.Get("disabled_event_types"),
		Preprocess:          text("preprocess"),
	}}
}

// put is what the form asks for, or what it does not say well enough. Settings
// that the form does not have stay as they are.
func (f settingsInput) put() (sources.Put, fieldErrors) {
	problems := fieldErrors{}
	span := func(field, text string) source.Duration {
		d, err := source.ParseDuration(text)
		if err != nil {
			problems.add(field, err.Error())
		}
		return d
	}
	settings := map[string]any{
		"event_type_path":      f.EventTypePath,
		"timestamp_path":       value.OrNull(f.TimestampPath),
		"idempotency_key_path": nil,
		"idempotency_window":   span("idempotency_window", f.Window),
		"tolerance":            span("tolerance", f.Tolerance),
		"enforce_verification": f.EnforceVerification,
		"disabled_event_types": lines(f.DisabledEventTypes),
		"preprocess":           value.OrNull(f.Preprocess),
	}
	if f.Idempotency {
		settings["idempotency_key_path"] = f.IdempotencyKeyPath
		if f.IdempotencyKeyPath == "" {
			problems.add("idempotency_key_path", "say where the key stands, such as body.id, or switch idempotency off")
		}
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		problems.add("", err.Error())
	}
	return sources.Put{Name: &f.Name, Settings: raw}, problems
}

// settingsField gives the form's name of what a refusal is about.
func settingsField(name string) (string, bool) {
	name = strings.TrimPrefix(name, "settings.")
	if strings.HasPrefix(name, "disabled_event_types") {
		return "disabled_event_types", true
	}
	switch name {
	case "name", "event_type_path", "timestamp_path", "idempotency_key_path", "idempotency_window", "tolerance", "preprocess":
		return name, true
	default:
		return "", false
	}
}

// settingsForm is the form of settings as they are.
func settingsForm(name string, settings source.Settings) views.SettingsForm {
	return views.SettingsForm{
		Name:                name,
		EventTypePath:       settings.EventTypePath,
		TimestampPath:       value.OrEmpty(settings.TimestampPath),
		IdempotencyKeyPath:  value.OrEmpty(settings.IdempotencyKeyPath),
		Idempotency:         settings.IdempotencyKeyPath != nil,
		Window:              settings.IdempotencyWindow.String(),
		Tolerance:           settings.Tolerance.String(),
		EnforceVerification: settings.EnforceVerification,
		DisabledEventTypes:  strings.Join(settings.DisabledEventTypes, "\n"),
		Preprocess:          value.OrEmpty(settings.Preprocess),
	}
}

// secretsOf are the secrets of a source, the newest first.
func secretsOf(env source.Environment) []views.Secret {
	all := make([]views.Secret, 0, len(env.Secrets))
	for _, secret := range slices.Backward(env.Secrets) {
		all = append(all, views.Secret{
			ID:          secret.ID,
			Fingerprint: secret.Fingerprint,
			CreatedAt:   secret.CreatedAt.Time(),
			RevokedAt:   moment(secret.RevokedAt),
		})
	}
	return all
}

func sourceFacts(at place) []ui.Fact {
	return []ui.Fact{
		{Label: "Key", Value: ui.Line{{Text: at.Key, Kind: ui.Code}}},
		{Label: "Template", Value: ui.Text(at.state.Template)},
		{Label: "Made", Value: ui.Text(spoken(at.state.CreatedAt))},
		{Label: "Changed", Value: ui.Text(spoken(at.env.UpdatedAt))},
		{Label: "History", Value: ui.Line{
			{Text: "revision " + strconv.FormatUint(uint64(at.state.Revision), 10), Href: streamPath(source.Stream(at.Key))},
		}},
	}
}

// addSecret is POST …/secrets with secret.
func (s *Web) addSecret(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	_, err = s.Sources.AddSecret(r.Context(), at.Place, strings.TrimSpace(values.Get("secret")), person)
	if err == nil {
		see(w, r, secretAdded.with(sourcePath(at.Place, "settings"))+"#secrets")
		return nil
	}
	status, problems, ok := refused(err, func(string) (string, bool) { return "secret", true })
	if !ok {
		return err
	}
	return s.settingsPage(w, r, status, at, func(m *views.SourceSettings) { m.SecretError = problems["secret"] })
}

// revokeSecret is POST …/secrets/{id}/revoke with grace.
func (s *Web) revokeSecret(w http.ResponseWriter, r *http.Request) error {
	return s.endLater(w, r, secretRevoked, func(at place, grace time.Duration) error {
		return s.Sources.RevokeSecret(r.Context(), at.Place, respond.PathValue(r, "id"), grace, person)
	})
}

// rotateAddress is POST …/rotate with grace.
func (s *Web) rotateAddress(w http.ResponseWriter, r *http.Request) error {
	return s.endLater(w, r, addressRotated, func(at place, grace time.Duration) error {
		_, err := s.Sources.Rotate(r.Context(), at.Place, grace, person)
		return err
	})
}

// endLater carries out what takes a grace period.
func (s *Web) endLater(w http.ResponseWriter, r *http.Request, what done, do func(place, time.Duration) error) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	grace, err := time.ParseDuration(values.Get("grace"))
	if err != nil {
		return respond.Invalid("grace", "a grace period is written as 0s, 1h or 24h")
	}
	if err := do(at, grace); err != nil {
		return err
	}
	see(w, r, what.with(sourcePath(at.Place, "settings")))
	return nil
}

// deleteSource is POST …/delete with confirm, which is the source's key.
func (s *Web) deleteSource(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	if strings.TrimSpace(values.Get("confirm")) != at.Key {
		return s.settingsPage(w, r, http.StatusUnprocessableEntity, at, func(m *views.SourceSettings) {
			m.DeleteError = "Nothing was deleted: type " + at.Key + " to confirm."
		})
	}
	if err := s.Sources.Disconnect(r.Context(), at.Place, person); err != nil {
		return err
	}
	see(w, r, sourceDeleted.with("/sources?"+environmentQuery+"="+url.QueryEscape(at.Environment)))
	return nil
}
