package views

import (
	"net/url"
	"slices"
	"time"

	"daybook/views/ui"
)

// active is a filter that is set, and the log without it.
type active struct{ name, label, value, without string }

// params are the filters as they stand in the URL, in a fixed order.
func (f Filters) params() []struct{ name, label, value string } {
	return []struct{ name, label, value string }{
		{"q", "search", f.Q},
		{"source", "source", f.Source},
		{"type", "type", f.Type},
		{"status", "status", f.Status},
		{"cause", "cause", f.Cause},
		{"object", "object", f.Object},
		{"key", "key", f.Key},
		{"mapping", "mapping", f.Mapping},
		{"action", "action", f.Action},
		{"from", "from", f.From},
		{"to", "to", f.To},
	}
}

// url is the log with these filters, but with the named ones as given; an
// empty value leaves a filter out.
func (f Filters) url(changed map[string]string) string {
	q := url.Values{}
	for _, p := range f.params() {
		value := p.value
		if v, ok := changed[p.name]; ok {
			value = v
		}
		if value != "" {
			q.Set(p.name, value)
		}
	}
	if f.Environment != "" {
		q.Set("environment", f.Environment)
	}
	if len(q) == 0 {
		return "/"
	}
	return "/?" + q.Encode()
}

// active are the filters that are set. The environment is not one of them: it
// is switched in the head.
func (f Filters) active() []active {
	var all []active
	for _, p := range f.params() {
		if p.value != "" {
			all = append(all, active{p.name, p.label, p.value, f.url(map[string]string{p.name: ""})})
		}
	}
	return all
}

// more says that a filter is set that stands in the folded part of the form.
func (f Filters) more() bool {
	return f.Cause != "" || f.Object != "" || f.Key != "" || f.Mapping != "" || f.Action != "" || f.From != "" || f.To != "" || len(f.Errors) > 0
}

// none is the log without any filter.
func (f Filters) none() string { return Filters{Environment: f.Environment}.url(nil) }

// withChosen is offered with chosen in it.
func withChosen(offered []string, chosen string) []string {
	if chosen == "" || slices.Contains(offered, chosen) {
		return offered
	}
	return append(slices.Clone(offered), chosen)
}

// bars are the buckets as the chart draws them; each links to its own stretch.
func (m Events) bars() []ui.Bar {
	bars := make([]ui.Bar, len(m.Chart.Buckets))
	for i, b := range m.Chart.Buckets {
		bars[i] = ui.Bar{
			From: b.From, To: b.To,
			Done: b.Succeeded + b.Processing, Ignored: b.Ignored, Attention: b.Failed + b.Rejected,
			Href: m.Filters.url(map[string]string{"from": urlTime(b.From), "to": urlTime(b.To)}),
		}
	}
	return bars
}

// urlTime is a moment as the API takes it.
func urlTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// tally is what the chart counts, in words.
func (c Chart) tally() (all, failed, rejected int) {
	for _, b := range c.Buckets {
		all += b.Succeeded + b.Ignored + b.Processing + b.Failed + b.Rejected
		failed += b.Failed
		rejected += b.Rejected
	}
	return all, failed, rejected
}

// newDay says that row i begins another day than the row above it.
func newDay(rows []Row, i int) bool {
	return i == 0 || ui.Day(rows[i].At) != ui.Day(rows[i-1].At)
}
