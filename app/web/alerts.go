package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"daybook/app/alerts"
	"daybook/app/respond"
	"daybook/domain/alert"
	"daybook/domain/es"
	"daybook/domain/source"
	"daybook/domain/value"
	"daybook/views"
	"daybook/views/ui"
)

// alertsPath is the page of alerts.
const alertsPath = "/system/alerts"

// showAlerts is GET /system/alerts.
func (s *Web) showAlerts(w http.ResponseWriter, r *http.Request) error {
	return s.alertsPage(w, r, http.StatusOK, s.alertsForm(alert.ScopeOf(environmentOf(r))))
}

func (s *Web) alertsPage(w http.ResponseWriter, r *http.Request, status int, form views.AlertsForm) error {
	env := environmentOf(r)
	return s.render(w, r, status, views.AlertsPage(views.Alerts{
		Page: s.widePage(r, env), Open: s.alertsOf(env, true), Over: s.alertsOf(env, false), Form: form,
	}))
}

// alertsOf are the alerts of an environment and of Daybook as a whole, or all if
// it is empty: those that are open, or those that are over.
func (s *Web) alertsOf(env string, open bool) []views.Alert {
	var shown []views.Alert
	for _, v := range s.Alerts.List(env) {
		if open == (v.Status != alerts.Resolved) {
			shown = append(shown, alertOf(v, s.Now()))
		}
	}
	return shown
}

func alertOf(v alerts.View, now time.Time) views.Alert {
	shown := views.Alert{
		ID: v.ID, Environment: value.OrEmpty(v.Environment), Title: alertTitle(v), Text: sentence(v.Text), Href: v.Path,
		Status: string(v.Status), Since: v.RaisedAt.Time(), By: value.OrEmpty(v.AcknowledgedBy),
	}
	if v.Status == alerts.Resolved {
		shown.Status, shown.Since, shown.By = "over", v.ResolvedAt.Time(), value.OrEmpty(v.ResolvedBy)
	}
	if m := v.Message; m != nil {
		shown.Message, shown.Failed = messageLine(*m, now), m.Error != nil
	}
	return shown
}

func messageLine(m alerts.MessageView, now time.Time) string {
	switch {
	case !m.SentAt.IsZero():
		return "A message was sent " + ui.Since(m.SentAt.Time(), now) + "."
	case m.Error != nil && !m.RetryAt.IsZero():
		return "A message was not taken: " + *m.Error + ". It is sent again " + ui.Until(m.RetryAt.Time(), now) + "."
	case m.Error != nil:
		return "A message was not taken: " + *m.Error + "."
	default:
		return "A message is being sent."
	}
}

// alertTitle says in a few words what an alert is about.
func alertTitle(v alerts.View) string {
	subject, key := value.OrEmpty(v.Subject), value.OrEmpty(v.Source)
	switch v.Kind {
	case alert.ActionsParked:
		return "Actions of " + key
	case alert.RequestsRefused:
		return "Refused requests to " + key
	case alert.SourceSilent:
		return "Silence of " + key
	case alert.MappingPaused:
		return "Mapping " + subject + " of " + key
	case alert.ProjectionLag:
		return "Read models behind the log"
	case alert.DiskLow:
		return "Disk nearly full"
	default:
		return string(v.Kind)
	}
}

// acknowledgeAlert is POST /system/alerts/{id}/acknowledge.
func (s *Web) acknowledgeAlert(w http.ResponseWriter, r *http.Request) error {
	_, err := s.Alerts.Acknowledge(r.Context(), respond.PathValue(r, "id"), person)
	return s.didAlert(w, r, alertSeen, err)
}

// resolveAlert is POST /system/alerts/{id}/resolve.
func (s *Web) resolveAlert(w http.ResponseWriter, r *http.Request) error {
	_, err := s.Alerts.Resolve(r.Context(), respond.PathValue(r, "id"), person)
	return s.didAlert(w, r, alertClosed, err)
}

func (s *Web) didAlert(w http.ResponseWriter, r *http.Request, what done, err error) error {
	if err != nil {
		return err
	}
	see(w, r, what.with(inEnvironment(&url.URL{Path: alertsPath}, environmentOf(r))))
	return nil
}

// saveAlertSettings is POST /system/alerts.
func (s *Web) saveAlertSettings(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	scope := alert.ScopeOf(environmentOf(r))
	form := typedAlerts(values)
	form.Host = s.Alerts.Settings(scope).Host
	put, refusals := putAlerts(form, scope, values.Get("remove") == "1")
	if len(refusals) == 0 {
		if _, err = s.Alerts.Configure(r.Context(), scope, put, person); err == nil {
			see(w, r, alertingSaved.with(inEnvironment(&url.URL{Path: alertsPath}, environmentOf(r))))
			return nil
		}
	} else {
		err = refusals
	}
	status, problems, ok := refused(err, func(field string) (string, bool) { return field, field != "environment" })
	if !ok {
		return err
	}
	form.Errors = problems
	return s.alertsPage(w, r, status, form)
}

func typedAlerts(values url.Values) views.AlertsForm {
	text := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	return views.AlertsForm{
		URL: text("url"), Refusals: text("refusals"), Silence: text("silence"), SilenceOf: values.Get("silence_of"),
		Lag: text("lag"), DiskFree: text("disk_free"),
	}
}

// putAlerts is what the form asks for, or what in it cannot be read. A scope has
// only some of the fields.
func putAlerts(f views.AlertsForm, scope alert.Scope, remove bool) (alerts.Put, es.Refusals) {
	var p alerts.Put
	var refusals es.Refusals
	refuse := func(field string, err error) {
		if err != nil {
			refusals = append(refusals, &es.Refusal{Code: es.Invalid, Field: field, Message: err.Error()})
		}
	}
	number := func(field, text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			refuse(field, errors.New("give a whole number"))
		}
		return n
	}
	span := func(field, text string) source.Duration {
		d, err := source.ParseDuration(text)
		refuse(field, err)
		return d
	}
	if f.URL != "" || remove {
		p.URL = &f.URL
	}
	if scope == alert.Daybook {
		p.Lag, p.DiskFree = span("lag", f.Lag), number("disk_free", f.DiskFree)
		return p, refusals
	}
	p.Refusals, p.Silence = number("refusals", f.Refusals), span("silence", f.Silence)
	for _, line := range lines(f.SilenceOf) {
		key, text, _ := strings.Cut(line, " ")
		if p.SilenceOf == nil {
			p.SilenceOf = map[string]source.Duration{}
		}
		p.SilenceOf[key] = span("silence_of", strings.TrimSpace(text))
	}
	return p, refusals
}

// alertsForm is the form of what leads to alerts, as it is.
func (s *Web) alertsForm(scope alert.Scope) views.AlertsForm {
	set := s.Alerts.Settings(scope)
	var single []string
	for _, key := range slices.Sorted(maps.Keys(set.SilenceOf)) {
		single = append(single, key+" "+set.SilenceOf[key].String())
	}
	return views.AlertsForm{
		Host: set.Host, Refusals: strconv.Itoa(set.Refusals), Silence: set.Silence.String(), SilenceOf: strings.Join(single, "\n"),
		Lag: set.Lag.String(), DiskFree: strconv.Itoa(set.DiskFree),
	}
}
