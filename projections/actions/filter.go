package actions

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"daybook/domain/action"
	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/webhook"
)

// Filter selects actions. The zero value selects those with which something
// went wrong, also while they are tried again; what is set must all hold.
type Filter struct {
	// Status is one status; planned and claimed select also actions with which
	// nothing went wrong.
	Status      webhook.Status
	Environment string
	Source      string
	Action      action.Type
	Mapping     string
	Destination string // where it was sent, or whose API or host it is
	Class       webhook.Class
	Reason      webhook.ParkReason
	Webhook     string // the id of the webhook
}

// maxValue is the longest value of a filter, in bytes.
const maxValue = 300

// Parameters are the names of the filters in the API and in a page's URL.
func Parameters() []string {
	return []string{"status", "environment", "source", "action", "mapping", "destination", "class", "reason", "webhook"}
}

// Statuses are those that an action in the list can have.
func Statuses() []webhook.Status {
	return []webhook.Status{
		webhook.StatusWaiting, webhook.StatusParked, webhook.StatusUncertain, webhook.StatusPlanned, webhook.StatusClaimed,
	}
}

// ParseFilter reads the filters among the values; the others are left to the
// caller. Empty values count as absent. Everything wrong is returned at once,
// as [es.Refusals] whose fields are the parameters.
func ParseFilter(values url.Values) (Filter, error) {
	var refusals es.Refusals
	refuse := func(field, message string) {
		refusals = append(refusals, &es.Refusal{Code: es.Invalid, Field: field, Message: message})
	}
	text := func(name string) string {
		switch given := values.Get(name); {
		case len(given) > maxValue:
			refuse(name, fmt.Sprintf("is longer than %d bytes", maxValue))
			return ""
		case !utf8.ValidString(given):
			refuse(name, "is not valid UTF-8")
			return ""
		default:
			return given
		}
	}
	f := Filter{
		Status: webhook.Status(text("status")), Environment: text("environment"), Source: text("source"), Action: action.Type(text("action")),
		Mapping: text("mapping"), Destination: text("destination"), Class: webhook.Class(text("class")), Reason: webhook.ParkReason(text("reason")),
		Webhook: text("webhook"),
	}
	if f.Status != "" && !slices.Contains(Statuses(), f.Status) {
		refuse("status", "is one of waiting, parked, uncertain, planned, claimed")
	}
	for name, slug := range map[string]string{"environment": f.Environment, "source": f.Source} {
		if slug != "" && !environment.IsSlug(slug) {
			refuse(name, "is written with a-z, 0-9, _ and -, at most 63 characters")
		}
	}
	if _, ok := action.Lookup(f.Action); f.Action != "" && !ok {
		refuse("action", "is the name of an action, such as workflows_trigger")
	}
	if f.Webhook != "" {
		if _, err := webhook.ParseID(f.Webhook); err != nil {
			refuse("webhook", "is the id of a webhook, such as development.stripe.evt_1")
		}
	}
	if len(refusals) > 0 {
		slices.SortFunc(refusals, func(a, b *es.Refusal) int { return strings.Compare(a.Field, b.Field) })
		return Filter{}, refusals
	}
	return f, nil
}

// Values writes the filter as [ParseFilter] reads it.
func (f Filter) Values() url.Values {
	values := url.Values{}
	for name, value := range map[string]string{
		"status": string(f.Status), "environment": f.Environment, "source": f.Source, "action": string(f.Action), "mapping": f.Mapping,
		"destination": f.Destination, "class": string(f.Class), "reason": string(f.Reason), "webhook": f.Webhook,
	} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values
}

// where returns the condition of a query, and its arguments.
func (f Filter) where() (string, []any) {
	var conditions []string
	var args []any
	add := func(condition, value string) {
		if value != "" {
			conditions, args = append(conditions, condition), append(args, value)
		}
	}
	switch f.Status {
	case webhook.StatusPlanned, webhook.StatusClaimed: // also of those that go well
	default:
		conditions = append(conditions, "troubled = 1")
	}
	add("status = ?", string(f.Status))
	add("environment = ?", f.Environment)
	add("source = ?", f.Source)
	add("action_type = ?", string(f.Action))
	add("mapping = ?", f.Mapping)
	add("destination = ?", f.Destination)
	add("class = ?", string(f.Class))
	add("reason = ?", string(f.Reason))
	if ref, err := webhook.ParseID(f.Webhook); err == nil {
		conditions, args = append(conditions, "stream = ?", "generation = ?"), append(args, string(ref.Stream()), ref.Generation)
	}
	if len(conditions) == 0 {
		return "1", nil
	}
	return strings.Join(conditions, " AND "), args
}
