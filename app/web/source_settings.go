package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"daybook/app/respond"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/source"
	"daybook/domain/template"
	"daybook/domain/value"
	"daybook/projections/eventlog"
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
	secrets, err := s.secretsOf(r.Context(), at)
	if err != nil {
		return err
	}
	urls, err := s.oldURLs(r.Context(), at)
	if err != nil {
		return err
	}
	tmpl, _ := template.Get(at.state.Template)
	model := views.SourceSettings{
		Page:       s.sourcePage(r, at, "settings"),
		Source:     head,
		Form:       settingsForm(at.state, at.env.Settings),
		Secrets:    secrets,
		SecretHint: tmpl.SigningHint,
		Timed:      isTimed(tmpl),
		OldURLs:    urls,
		Facts:      sourceFacts(at),
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
	_, err = s.Sources.Put(r.Context(), at.Place, form.put(), person)
	if err == nil {
		see(w, r, settingsSaved.with(sourcePath(at.Place, "settings")))
		return nil
	}
	status, problems, ok := refused(err, settingsField)
	if !ok {
		return err
	}
	return s.settingsPage(w, r, status, at, func(m *views.SourceSettings) {
		form.KeyPaths = m.Form.KeyPaths
		m.Form = form.SettingsForm
		m.Form.Errors = problems
	})
}

// settingsInput is the form of the settings as it was typed.
type settingsInput struct{ views.SettingsForm }

func readSettings(values url.Values) settingsInput {
	text := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	window := text("idempotency_window")
	return settingsInput{views.SettingsForm{
		Name:                values.Get("name"),
		EventTypePath:       text("event_type_path"),
		TimestampPath:       text("timestamp_path"),
		IdempotencyKeyPath:  text("idempotency_key_path"),
		Idempotency:         values.Get("idempotency"),
		Window:              window,
		Windows:             windows(window),
		Tolerance:           text("tolerance"),
		EnforceVerification: values.Get("enforce_verification") == "1",
		Livemode:            values.Get("livemode"),
		DisabledEventTypes:  values.Get("disabled_event_types"),
		Preprocess:          text("preprocess"),
	}}
}

// put is what the form asks for, as it was typed: what cannot be is refused with
// the rest. Settings that the form does not have stay as they are.
func (f settingsInput) put() sources.Put {
	settings := map[string]any{
		"event_type_path":      f.EventTypePath,
		"timestamp_path":       value.OrNull(f.TimestampPath),
		"idempotency_key_path": f.IdempotencyKeyPath,
		"idempotency_window":   f.Window,
		"tolerance":            f.Tolerance,
		"enforce_verification": f.EnforceVerification,
		"livemode":             mode(f.Livemode),
		"disabled_event_types": lines(f.DisabledEventTypes),
		"preprocess":           value.OrNull(f.Preprocess),
	}
	switch f.Idempotency {
	case "hash":
		settings["idempotency_key_path"] = source.BodyHash
	case "off":
		settings["idempotency_key_path"] = nil
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		raw = nil // cannot be: texts and switches can always be written
	}
	return sources.Put{Name: &f.Name, Settings: raw}
}

// mode is what the setting livemode is given: what is neither of the two is
// left to be refused.
func mode(chosen string) any {
	switch chosen {
	case "":
		return nil
	case "true", "false":
		return chosen == "true"
	default:
		return chosen
	}
}

// settingsField gives the form's name of what a refusal is about.
func settingsField(name string) (string, bool) {
	name = strings.TrimPrefix(name, "settings.")
	if strings.HasPrefix(name, "disabled_event_types") {
		return "disabled_event_types", true
	}
	switch name {
	case "name", "event_type_path", "timestamp_path", "idempotency_key_path", "idempotency_window", "tolerance", "livemode", "preprocess":
		return name, true
	default:
		return "", false
	}
}

// settingsForm is the form of settings as they are.
func settingsForm(state source.State, settings source.Settings) views.SettingsForm {
	form := views.SettingsForm{
		Name:                state.Name,
		EventTypePath:       settings.EventTypePath,
		TimestampPath:       value.OrEmpty(settings.TimestampPath),
		IdempotencyKeyPath:  value.OrEmpty(settings.IdempotencyKeyPath),
		Idempotency:         "on",
		Window:              settings.IdempotencyWindow.String(),
		Windows:             windows(settings.IdempotencyWindow.String()),
		Tolerance:           settings.Tolerance.String(),
		EnforceVerification: settings.EnforceVerification,
		DisabledEventTypes:  strings.Join(settings.DisabledEventTypes, "\n"),
		Preprocess:          value.OrEmpty(settings.Preprocess),
		KeyPaths:            keyPaths(state.Template),
	}
	switch {
	case settings.IdempotencyKeyPath == nil:
		form.Idempotency = "off"
	case form.IdempotencyKeyPath == source.BodyHash:
		form.Idempotency, form.IdempotencyKeyPath = "hash", ""
	}
	if settings.Livemode != nil {
		form.Livemode = strconv.FormatBool(*settings.Livemode)
	}
	return form
}

// windows are the idempotency windows that are offered, and the chosen one if
// that is another.
func windows(chosen string) []views.Choice {
	offered := []views.Choice{
		{Value: "1m", Label: "1 minute"},
		{Value: "5m", Label: "5 minutes"},
		{Value: "15m", Label: "15 minutes"},
		{Value: "1h", Label: "1 hour"},
		{Value: "12h", Label: "12 hours"},
		{Value: "24h", Label: "24 hours"},
		{Value: "72h", Label: "3 days"},
		{Value: "168h", Label: "7 days"},
		{Value: "720h", Label: "30 days"},
		{Value: "forever", Label: "for ever"},
	}
	if !slices.ContainsFunc(offered, func(c views.Choice) bool { return c.Value == chosen }) {
		offered = append(offered, views.Choice{Value: chosen, Label: chosen})
	}
	return offered
}

// keyPaths are where idempotency keys stand: the provider's first.
func keyPaths(templateKey string) []string {
	paths := []string{"body.id", "headers.idempotency-key"}
	tmpl, _ := template.Get(templateKey)
	if path := tmpl.DefaultSettings.IdempotencyKeyPath; path != "" && !slices.Contains(paths, path) {
		paths = append([]string{path}, paths...)
	}
	return paths
}

// secretsOf are the secrets of a source, the newest first.
func (s *Web) secretsOf(ctx context.Context, at place) ([]views.Secret, error) {
	fingerprints := make([]string, len(at.env.Secrets))
	for i, secret := range at.env.Secrets {
		fingerprints[i] = secret.Fingerprint
	}
	used, err := s.Events.LastUses(ctx, at.Key, at.Environment, eventlog.UseSecret, fingerprints...)
	all := make([]views.Secret, 0, len(at.env.Secrets))
	for _, secret := range slices.Backward(at.env.Secrets) {
		all = append(all, views.Secret{
			ID:          secret.ID,
			Fingerprint: secret.Fingerprint,
			CreatedAt:   secret.CreatedAt.Time(),
			RevokedAt:   moment(secret.RevokedAt),
			UsedAt:      moment(used[secret.Fingerprint]),
		})
	}
	return all, err
}

// oldURLs are the earlier ingest URLs that still work, the newest first.
func (s *Web) oldURLs(ctx context.Context, at place) ([]views.OldURL, error) {
	now := es.TimeOf(s.Now())
	var old []source.LiveToken
	var ids []string
	for _, token := range slices.Backward(at.env.Tokens[:max(len(at.env.Tokens)-1, 0)]) {
		if token.Live(now) {
			old, ids = append(old, token), append(ids, token.ID)
		}
	}
	used, err := s.Events.LastUses(ctx, at.Key, at.Environment, eventlog.UseToken, ids...)
	urls := make([]views.OldURL, len(old))
	for i, token := range old {
		urls[i] = views.OldURL{CreatedAt: token.CreatedAt.Time(), EndsAt: moment(token.Until), UsedAt: moment(used[token.ID])}
	}
	return urls, err
}

func sourceFacts(at place) []ui.Fact {
	return []ui.Fact{
		{Label: "Key", Value: ui.Line{{Text: at.Key, Kind: ui.Code}}},
		{Label: "Template", Value: ui.Text(at.state.Template)},
		{Label: "Made", Value: ui.Text(spoken(at.state.CreatedAt))},
		{Label: "Changed", Value: ui.Text(spoken(at.env.UpdatedAt))},
		{Label: "History", Value: ui.Line{
			{Text: "revision " + strconv.FormatUint(uint64(at.state.Revision), 10), Href: sourcePath(at.Place, "history")},
		}},
	}
}

// addSecret is POST …/secrets with secret, and with from for a form on another
// tab than settings.
func (s *Web) addSecret(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	tab := "settings"
	if values.Get("from") == "events" {
		tab = "events"
	}
	_, err = s.Sources.AddSecret(r.Context(), at.Place, strings.TrimSpace(values.Get("secret")), person)
	if err == nil {
		see(w, r, secretAdded.with(sourcePath(at.Place, tab))+"#secrets")
		return nil
	}
	status, problems, ok := refused(err, func(string) (string, bool) { return "secret", true })
	if !ok {
		return err
	}
	if tab == "events" {
		return s.sourceEventsPage(w, r, status, at, eventsPage{secretError: problems["secret"]})
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
	grace, err := readGrace(values)
	if err != nil {
		return err
	}
	if err := do(at, grace); err != nil {
		return err
	}
	see(w, r, what.with(sourcePath(at.Place, "settings")))
	return nil
}

func readGrace(values url.Values) (time.Duration, error) {
	grace, err := time.ParseDuration(values.Get("grace"))
	if err != nil {
		return 0, respond.Invalid("grace", "a grace period is written as 0s, 1h or 24h")
	}
	return grace, nil
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
