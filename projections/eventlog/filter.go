package eventlog

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"daybook/domain/action"
	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/webhook"
)

// Filter selects items. The zero value selects all; what is set must all hold.
type Filter struct {
	Source      string
	Environment string
	Type        string // exact, or with * for any text
	// Status is one of the statuses, or [Duplicate].
	Status  Status
	Cause   string
	Object  string // the object's id, or that of another one that it names
	Key     string // the idempotency key
	Mapping string // a mapping that led to an action, or whose condition failed
	Action  action.Type
	// Q is a part of the type, an id or the key, in any case. If it is a whole
	// id or key of at least eight bytes, it finds what has just that.
	Q    string
	From es.Time
	To   es.Time // exclusive
}

// Duplicate is a status of filters only: it selects webhooks that were delivered
// more than once.
const Duplicate Status = "duplicate"

// maxValue is the longest value of a filter, in bytes.
const maxValue = 300

var causePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// IsParameter reports whether a query parameter of the API, or of a page's URL,
// is a filter.
func IsParameter(name string) bool {
	switch name {
	case "source", "environment", "type", "status", "cause", "object", "key", "mapping", "action", "q", "from", "to":
		return true
	default:
		return false
	}
}

// ParseFilter reads the filters among the values; the others are left to the
// caller. Empty values count as absent. Everything wrong is returned at once,
// as [es.Refusals] whose fields are the parameters.
func ParseFilter(values url.Values) (Filter, error) {
	p := parser{values: values}
	f := Filter{
		Source:      p.slug("source"),
		Environment: p.slug("environment"),
		Type:        p.text("type"),
		Status:      p.status(),
		Cause:       p.cause(),
		Object:      p.text("object"),
		Key:         p.text("key"),
		Mapping:     p.text("mapping"),
		Action:      p.action(),
		Q:           strings.TrimSpace(p.text("q")),
		From:        p.time("from"),
		To:          p.time("to"),
	}
	if len(p.refusals) == 0 && !f.From.IsZero() && !f.To.IsZero() && f.To < f.From {
		p.refuse("to", "must not be earlier than from")
	}
	if len(p.refusals) > 0 {
		return Filter{}, p.refusals
	}
	return f, nil
}

// Values writes the filter as [ParseFilter] reads it.
func (f Filter) Values() url.Values {
	values := url.Values{}
	set := func(name, value string) {
		if value != "" {
			values.Set(name, value)
		}
	}
	set("source", f.Source)
	set("environment", f.Environment)
	set("type", f.Type)
	set("status", string(f.Status))
	set("cause", f.Cause)
	set("object", f.Object)
	set("key", f.Key)
	set("mapping", f.Mapping)
	set("action", string(f.Action))
	set("q", f.Q)
	if !f.From.IsZero() {
		set("from", f.From.String())
	}
	if !f.To.IsZero() {
		set("to", f.To.String())
	}
	return values
}

type parser struct {
	values   url.Values
	refusals es.Refusals
}

func (p *parser) refuse(field, message string) {
	p.refusals = append(p.refusals, &es.Refusal{Code: es.Invalid, Field: field, Message: message})
}

func (p *parser) text(name string) string {
	given := p.values[name]
	switch {
	case len(given) == 0:
		return ""
	case len(given) > 1:
		p.refuse(name, "can be given once only")
	case len(given[0]) > maxValue:
		p.refuse(name, fmt.Sprintf("is longer than %d bytes", maxValue))
	case !utf8.ValidString(given[0]):
		p.refuse(name, "is not valid UTF-8")
	default:
		return given[0]
	}
	return ""
}

func (p *parser) slug(name string) string {
	text := p.text(name)
	if text != "" && !environment.IsSlug(text) {
		p.refuse(name, "is written with a-z, 0-9, _ and -, at most 63 characters")
		return ""
	}
	return text
}

func (p *parser) status() Status {
	status := Status(p.text("status"))
	known := []Status{
		Status(webhook.StatusProcessing), Status(webhook.StatusSucceeded), Status(webhook.StatusFailed),
		Status(webhook.StatusIgnored), StatusRejected, Duplicate,
	}
	if status != "" && !slices.Contains(known, status) {
		p.refuse("status", "is one of processing, succeeded, failed, ignored, rejected, duplicate")
		return ""
	}
	return status
}

func (p *parser) cause() string {
	cause := p.text("cause")
	if cause != "" && !causePattern.MatchString(cause) {
		p.refuse("cause", "is the code of a refusal, such as signature_mismatch")
		return ""
	}
	return cause
}

func (p *parser) action() action.Type {
	name := action.Type(p.text("action"))
	if name == "" {
		return ""
	}
	if _, ok := action.Lookup(name); !ok {
		p.refuse("action", "is the name of an action, such as workflows_trigger")
		return ""
	}
	return name
}

// time reads a moment in one of several layouts; without a zone it is UTC.
func (p *parser) time(name string) es.Time {
	text := strings.TrimSpace(p.text(name))
	if text == "" {
		return 0
	}
	for _, layout := range [...]string{
		time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly,
	} {
		if t, err := time.Parse(layout, text); err == nil && !es.TimeOf(t).IsZero() {
			return es.TimeOf(t)
		}
	}
	p.refuse(name, "is a time such as 2026-11-24T14:00:00Z, or a date")
	return 0
}
