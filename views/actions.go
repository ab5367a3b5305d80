package views

import (
	"net/url"
	"strconv"
	"time"

	"daybook/views/ui"
)

// Actions is what is waiting, parked or uncertain, GET /actions with the filters
// of the API.
//
// Its forms: POST /actions/{id}/retry (may_repeat=1 for one that is uncertain),
// POST /actions/{id}/skip with note; both take next, the path to come back to.
// GET /actions/retry with the same filters asks whether all are to be retried.
type Actions struct {
	Page
	Filters  ActionFilters
	Rows     []OpenAction
	Counts   ActionCounts
	Retry    *ActionsRetry // the retry of many that runs or ran last; nil for none
	OlderURL string
	Paged    bool
	// Path is this page, to come back to.
	Path string
}

// ActionFilters are the filters as typed, and what is offered for them.
type ActionFilters struct {
	Status, Source, Action, Mapping, Destination, Class, Reason, Webhook string
	Environment                                                          string
	Sources, Actions, Mappings                                           []string
}

// OpenAction is an action that is not done.
type OpenAction struct {
	ID         string
	Status     string  // planned, claimed, waiting, parked, uncertain
	What       ui.Line // trigger invoice-paid → cus_9f2
	Mapping    string
	Webhook    string // what it follows from, as a person knows it
	WebhookURL string
	// Environment is where rows of several can stand together; empty else.
	Environment string
	Destination string // where it was sent; empty: not known
	Attempts    int
	Class       string // of the newest attempt that failed
	HTTPStatus  int
	Error       string
	Lacking     bool // trying it again is of no use
	RetryAt     time.Time
	ChangedAt   time.Time
}

// ActionCounts are how many stand so.
type ActionCounts struct{ Total, Waiting, Parked, Uncertain, Lacking int }

// underWay are those that are being tried again.
func (c ActionCounts) underWay() int { return c.Total - c.Waiting - c.Parked - c.Uncertain }

// retryable are those that a retry of many begins anew; uncertain ones only
// with leave.
func (c ActionCounts) retryable() int { return c.Waiting + c.Parked - c.Lacking }

// ActionsRetry is a retry of many.
type ActionsRetry struct {
	LongWork
	Retried, Left int
}

// ActionsConfirm asks whether many actions are to be tried again,
// GET /actions/retry; its form is POST /actions/retry with the filters and
// may_repeat=1.
type ActionsConfirm struct {
	Page
	Filters ActionFilters
	Counts  ActionCounts
	Path    string // the list
}

// set are the filters that are set, but the environment, by what the list calls
// them.
func (f ActionFilters) set() []struct{ Name, Label, Value string } {
	all := []struct{ Name, Label, Value string }{
		{"status", "Status", f.Status},
		{"source", "Source", f.Source},
		{"action", "Action", f.Action},
		{"mapping", "Mapping", f.Mapping},
		{"destination", "Destination", f.Destination},
		{"class", "Class", f.Class},
		{"reason", "Reason", f.Reason},
		{"webhook", "Webhook", f.Webhook},
	}
	set := all[:0]
	for _, one := range all {
		if one.Value != "" {
			set = append(set, one)
		}
	}
	return set
}

// url is the list, or another page with the same filters, one of them as given.
func (f ActionFilters) url(path, name, value string) string {
	query := url.Values{}
	for _, one := range f.set() {
		query.Set(one.Name, one.Value)
	}
	if f.Environment != "" {
		query.Set("environment", f.Environment)
	}
	if name != "" {
		query.Del(name)
	}
	if value != "" {
		query.Set(name, value)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// moving says whether a row stands to move at this moment.
func (m Actions) moving() bool {
	for _, r := range m.Rows {
		if r.Status == "planned" || r.Status == "claimed" {
			return true
		}
	}
	return false
}

// actionClasses are how an attempt can fail.
func actionClasses() []string {
	return []string{"network", "temporary", "rate_limited", "unknown", "refused", "gone", "invalid", "address_blocked", "not_supported_yet"}
}

// failedHow is the class of a failed attempt and the status of its answer.
func failedHow(class string, status int) string {
	if status != 0 {
		return class + " " + strconv.Itoa(status)
	}
	return class
}

// canSkip says whether a person may give up an action that stands so.
func canSkip(status string) bool {
	switch status {
	case "planned", "waiting", "parked", "uncertain":
		return true
	default:
		return false
	}
}

// canRetry says whether a person may have an action tried again.
func canRetry(status string, lacking bool) bool {
	switch status {
	case "waiting", "parked", "uncertain":
		return !lacking
	default:
		return false
	}
}
