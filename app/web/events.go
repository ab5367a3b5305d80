package web

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"daybook/app/configuration"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections"
	"daybook/projections/eventlog"
	"daybook/views"
	"daybook/views/ui"
)

const (
	pageRows   = 50 // of the log
	chartBars  = 120
	maxOffered = 300 // values that a filter offers
)

// showEvents is GET /: the event log. Its filters are the API's. What cannot be
// read of them is said, and left out.
func (s *Web) showEvents(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	filter, problems := readFilter(query)
	after := query.Get(afterParameter)
	listed, err := s.Events.List(r.Context(), filter, pageRows, after)
	if errors.Is(err, projections.ErrInvalidCursor) {
		problems.add(afterParameter, "the page is not one of this log, so this is the newest")
		after = ""
		listed, err = s.Events.List(r.Context(), filter, pageRows, "")
	}
	if err != nil {
		return err
	}
	now := s.Now()
	span := chartSpan(filter, listed.Items, now)
	histogram, err := s.Events.Histogram(r.Context(), filter, span.from, span.to, chartBars)
	if err != nil {
		return err
	}
	offered, err := s.offers(r, filter)
	if err != nil {
		return err
	}
	model := views.Events{
		Page:       s.widePage(r, filter.Environment),
		Filters:    typedFilters(query, filter, offered, problems),
		Rows:       rowsOf(listed.Items, filter.Environment == ""),
		Chart:      chartOf(histogram),
		Total:      listed.Total,
		Paged:      after != "",
		HasSources: len(s.Configuration.SourceKeys()) > 0,
		TestURL:    testURL(s.Configuration, filter),
	}
	if notice := filterNotice(problems, listed); notice != nil {
		model.Notice = notice
	}
	if listed.Next != "" {
		model.OlderURL = logPath(filter, listed.Next)
	}
	if !model.Paged && filter.To.IsZero() {
		model.TailURL = tailPath(filter, listed.Applied)
	}
	return s.render(w, r, http.StatusOK, views.EventsPage(model))
}

// readFilter reads the filters of an address. Those that cannot be read are
// left out, and named.
func readFilter(query url.Values) (eventlog.Filter, fieldErrors) {
	problems := fieldErrors{}
	filter, err := eventlog.ParseFilter(query)
	if err == nil {
		return filter, problems
	}
	rest := maps.Clone(query)
	for _, refusal := range es.RefusalsOf(err) {
		problems.add(refusal.Field, refusal.Message)
		rest.Del(refusal.Field)
	}
	filter, err = eventlog.ParseFilter(rest)
	if err == nil {
		return filter, problems
	}
	// What is left contradicts itself: from and to.
	for _, refusal := range es.RefusalsOf(err) {
		problems.add(refusal.Field, refusal.Message)
	}
	rest.Del("from")
	rest.Del("to")
	filter, _ = eventlog.ParseFilter(rest) // nothing in it is wrong any more
	return filter, problems
}

// filterNotice says what was left out, or how far the page looked.
func filterNotice(problems fieldErrors, listed eventlog.Page) *views.Notice {
	if len(problems) > 0 {
		var said []string
		for _, name := range slices.Sorted(maps.Keys(problems)) {
			said = append(said, name+": "+strings.ToLower(problems[name][:1])+problems[name][1:])
		}
		return &views.Notice{Bad: true, Text: "Not everything in the address could be used. " + strings.Join(said, " ")}
	}
	if listed.Partial {
		return &views.Notice{Text: fmt.Sprintf("The log was searched back to %s. “Older” goes on from there.", spoken(listed.LookedTo))}
	}
	return nil
}

// offers are what the selects of the filters hold.
type offers struct{ sources, types, mappings []string }

func (s *Web) offers(r *http.Request, filter eventlog.Filter) (offers, error) {
	var o offers
	seen, err := s.Events.EventTypes(r.Context(), filter.Source, filter.Environment)
	if err != nil {
		return o, err
	}
	for _, t := range seen[:min(len(seen), maxOffered)] {
		o.types = append(o.types, t.Type)
	}
	for _, key := range s.Configuration.SourceKeys() {
		state, _ := s.Configuration.Source(key)
		for slug, env := range state.Environments {
			if filter.Environment != "" && filter.Environment != slug {
				continue
			}
			o.sources = append(o.sources, key)
			if filter.Source != "" && filter.Source != key {
				continue
			}
			for _, m := range env.Mappings {
				o.mappings = append(o.mappings, m.Key)
			}
		}
	}
	o.sources, o.mappings = distinct(o.sources), distinct(o.mappings)
	return o, nil
}

// distinct sorts names, drops doubles, and keeps no more than are offered.
func distinct(names []string) []string {
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), maxOffered)]
}

// typedFilters are the filters as the form shows them: as they were typed,
// also where they could not be used.
func typedFilters(query url.Values, filter eventlog.Filter, o offers, problems fieldErrors) views.Filters {
	return views.Filters{
		Source: query.Get("source"), Environment: filter.Environment, Type: query.Get("type"),
		Status: query.Get("status"), Cause: query.Get("cause"), Object: query.Get("object"), Key: query.Get("key"),
		Mapping: query.Get("mapping"), Action: query.Get("action"), Q: query.Get("q"),
		From: query.Get("from"), To: query.Get("to"),
		Sources: o.sources, Types: o.types, Mappings: o.mappings, Actions: actionTypes(),
		Errors: problems,
	}
}

// stretch is a span of time.
type stretch struct{ from, to es.Time }

// chartSpan is what the chart shows: what the filters ask for, else the
// shortest usual span, up to now, that holds all rows of the page.
func chartSpan(filter eventlog.Filter, items []eventlog.Item, now time.Time) stretch {
	span := stretch{filter.From, filter.To}
	if span.to.IsZero() {
		span.to = es.TimeOf(now)
	}
	if !span.from.IsZero() {
		return span
	}
	oldest := span.to
	if n := len(items); n > 0 {
		oldest = min(oldest, items[n-1].ReceivedAt)
	}
	const day = 24 * time.Hour
	for _, usual := range []time.Duration{time.Hour, 6 * time.Hour, day, 7 * day, 30 * day, 365 * day} {
		span.from = span.to.Add(-usual)
		if oldest >= span.from {
			break
		}
	}
	return span
}

func chartOf(h eventlog.Histogram) views.Chart {
	var chart views.Chart
	for _, b := range h.Buckets {
		chart.Buckets = append(chart.Buckets, views.Bucket{
			From: b.From.Time(), To: b.To.Time(),
			Succeeded: b.Succeeded, Ignored: b.Ignored, Processing: b.Processing, Failed: b.Failed, Rejected: b.Rejected,
		})
	}
	if n := len(chart.Buckets); n > 0 {
		chart.From, chart.To = chart.Buckets[0].From, chart.Buckets[n-1].To
	}
	return chart
}

// logPath is the log with these filters, after a cursor.
func logPath(filter eventlog.Filter, after string) string {
	return withQuery("/", filter.Values(), after)
}

// tailPath is the stream of rows that change after a position.
func tailPath(filter eventlog.Filter, after es.Position) string {
	text, _ := after.MarshalText() // cannot fail
	return withQuery("/tail", filter.Values(), string(text))
}

func withQuery(path string, query url.Values, after string) string {
	if after != "" {
		query.Set(afterParameter, after)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// testURL is the page of a source that can send a test event; empty if none
// can that the filters show.
func testURL(c *configuration.Configuration, filter eventlog.Filter) string {
	for _, key := range c.SourceKeys() {
		if filter.Source != "" && filter.Source != key {
			continue
		}
		state, _ := c.Source(key)
		for _, slug := range c.Environments() {
			_, connected := state.Environments[slug]
			if connected && (filter.Environment == "" || filter.Environment == slug) {
				return sourcePath(sources.Place{Key: key, Environment: slug}, "events")
			}
		}
	}
	return ""
}

// rowsOf are items as rows. Their environment is only said where rows of
// several can stand together.
func rowsOf(items []eventlog.Item, mixed bool) []views.Row {
	rows := make([]views.Row, len(items))
	for i, item := range items {
		rows[i] = rowOf(item, mixed)
	}
	return rows
}

func rowOf(item eventlog.Item, mixed bool) views.Row {
	row := views.Row{
		ID:     item.ID,
		At:     item.ReceivedAt.Time(),
		Status: string(item.Status),
		Type:   item.EventType,
		Object: item.ObjectID,
		Source: item.Source,
		What:   withKey(whatOf(item), item.Summary.KeyProblem),
	}
	if mixed {
		row.Environment = item.Environment
	}
	if item.Kind == eventlog.KindRejection {
		row.Count = item.Deliveries
		return row
	}
	row.Deliveries = item.Deliveries
	if !item.WorkedAt.IsZero() && row.Status != "processing" {
		row.Took = item.WorkedAt.Sub(item.ReceivedAt)
	}
	return row
}

// whatOf says in one line what happened to an item.
func whatOf(item eventlog.Item) ui.Line {
	switch {
	case item.Kind == eventlog.KindRejection:
		return views.RejectedLine(item.Cause, "")
	case item.Reason != "" && item.Status != "failed":
		return views.IgnoredLine(string(item.Reason), item.EventType, item.Summary.Mapping, because(item.Summary.Because))
	}
	var said []ui.Line
	if item.Status == "failed" && item.Summary.Because != "" {
		said = append(said, ui.Line{
			{Text: item.Summary.Mapping, Kind: ui.Strong}, {Text: " failed: "}, {Text: item.Summary.Because, Kind: ui.Hit},
		})
	}
	for _, a := range item.Summary.Actions {
		said = append(said, views.ActionLine(string(a.Type), a.Name, a.Target, string(a.Status), a.Note))
	}
	if more := item.Actions.Total - len(item.Summary.Actions); more > 0 && len(item.Summary.Actions) > 0 {
		said = append(said, ui.Line{{Text: fmt.Sprintf("%d more", more), Kind: ui.Faint}})
	}
	if len(said) == 0 && item.Summary.Explanation != "" {
		said = append(said, ui.Text(item.Summary.Explanation))
	}
	return views.JoinLines(said...)
}

// withKey adds to what happened that the idempotency key could not be used.
func withKey(line ui.Line, problem webhook.KeyProblem) ui.Line {
	if problem == "" {
		return line
	}
	noted := ui.Line{{Text: "no key: ", Kind: ui.Faint}, {Text: strings.ReplaceAll(string(problem), "_", " "), Kind: ui.Hit}}
	if len(line) == 0 {
		return noted
	}
	return views.JoinLines(line, noted)
}
