package alerts

import (
	"cmp"
	"net/url"
	"slices"

	"daybook/domain/alert"
	"daybook/domain/es"
)

// Status is where an alert stands.
type Status string

// The statuses of an alert.
const (
	Open         Status = "open"
	Acknowledged Status = "acknowledged"
	Resolved     Status = "resolved"
)

// View is an alert as it is shown: in the API's shape.
type View struct {
	ID string `json:"id"`
	// Environment is nil for what concerns Daybook as a whole.
	Environment *string    `json:"environment"`
	Kind        alert.Kind `json:"kind"`
	Source      *string    `json:"source"`
	Subject     *string    `json:"subject"` // the mapping, or the machine
	Status      Status     `json:"status"`
	Text        string     `json:"text"`
	Count       int        `json:"count"`
	// Path is the page of what it is about.
	Path           string       `json:"path"`
	RaisedAt       es.Time      `json:"raised_at"`
	AcknowledgedAt es.Time      `json:"acknowledged_at"`
	AcknowledgedBy *string      `json:"acknowledged_by"`
	ResolvedAt     es.Time      `json:"resolved_at"`
	ResolvedBy     *string      `json:"resolved_by"` // nil also where it ended by itself
	Message        *MessageView `json:"message"`     // nil: none was sent
}

// MessageView is what became of the newest message about the same cause.
type MessageView struct {
	Attempt int     `json:"attempt"`
	BegunAt es.Time `json:"begun_at"`
	SentAt  es.Time `json:"sent_at"`
	Error   *string `json:"error"`
	RetryAt es.Time `json:"retry_at"`
}

// List returns the alerts of an environment and those of Daybook as a whole, or
// all if it is empty: those that are open, and the newest that are over; the
// newest first.
func (a *Alerts) List(environment string) []View {
	var views []View
	for _, scope := range a.scopes(environment) {
		state := a.ledger.state(scope)
		for _, one := range state.Alerts {
			views = append(views, viewOf(scope, one, state))
		}
	}
	slices.SortFunc(views, func(x, y View) int {
		return cmp.Or(cmp.Compare(y.RaisedAt, x.RaisedAt), cmp.Compare(y.ID, x.ID))
	})
	return views
}

// OpenCount returns how many alerts of an environment and of Daybook as a whole
// are open; of all if it is empty.
func (a *Alerts) OpenCount(environment string) int {
	n := 0
	for _, scope := range a.scopes(environment) {
		n += len(a.ledger.state(scope).OpenAlerts())
	}
	return n
}

// Get returns an alert.
func (a *Alerts) Get(id string) (View, error) {
	scope, ok := a.ledger.find(id)
	if !ok {
		return View{}, errNoAlert
	}
	state := a.ledger.state(scope)
	one, _ := state.Alert(id)
	return viewOf(scope, one, state), nil
}

func (a *Alerts) scopes(environment string) []alert.Scope {
	if environment != "" {
		return []alert.Scope{alert.Scope(environment), alert.Daybook}
	}
	return a.ledger.known()
}

func viewOf(scope alert.Scope, one alert.Alert, state alert.State) View {
	v := View{
		ID: one.ID, Environment: optional(scope.Environment()), Kind: one.Cause.Kind, Source: optional(one.Cause.Source),
		Subject: optional(one.Cause.Subject), Status: statusOf(one), Text: one.Text(), Count: one.Count, Path: pathOf(scope, one.Cause),
		RaisedAt: one.RaisedAt, AcknowledgedAt: one.AcknowledgedAt, AcknowledgedBy: optional(one.AcknowledgedBy),
		ResolvedAt: one.ResolvedAt, ResolvedBy: optional(one.ResolvedBy),
	}
	if m, ok := state.Messages[one.Cause]; ok && one.Open() {
		v.Message = &MessageView{Attempt: m.Attempt, BegunAt: m.BegunAt, SentAt: m.SentAt, Error: optional(m.Error), RetryAt: m.RetryAt}
	}
	return v
}

func statusOf(one alert.Alert) Status {
	switch {
	case !one.Open():
		return Resolved
	case !one.AcknowledgedAt.IsZero():
		return Acknowledged
	default:
		return Open
	}
}

// pathOf is the page of what a cause is about.
func pathOf(scope alert.Scope, c alert.Cause) string {
	of := url.Values{"environment": {scope.Environment()}, "source": {c.Source}}
	at := "/sources/" + url.PathEscape(c.Source) + "/" + url.PathEscape(scope.Environment())
	switch c.Kind {
	case alert.ActionsParked:
		return "/actions?" + of.Encode()
	case alert.RequestsRefused:
		of.Set("status", "rejected")
		return "/?" + of.Encode()
	case alert.SourceSilent:
		return at + "/events"
	case alert.MappingPaused:
		return at + "/mappings?edit=" + url.QueryEscape(c.Subject)
	default:
		return "/system"
	}
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
