package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"daybook/app/respond"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/domain/source"
	"daybook/views"
	"daybook/views/ui"
)

// historyRows is how many changes the tab history lists.
const historyRows = 30

// showHistory is GET /sources/{key}/{env}/history?mapping=&after=&at=.
func (s *Web) showHistory(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	var past *sources.Past
	if text := query.Get("at"); text != "" {
		revision, err := selectedRevision(text, at.state.Revision)
		if err != nil {
			return err
		}
		found, err := s.Sources.At(r.Context(), at.Place, revision)
		if err != nil {
			return err
		}
		past = &found
	}
	return s.historyPage(w, r, http.StatusOK, at, past, nil)
}

// restoreRevision is POST …/history/{revision}/restore with settings ("1") and
// mappings ("1").
func (s *Web) restoreRevision(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	revision, err := selectedRevision(respond.PathValue(r, "revision"), at.state.Revision)
	if err != nil {
		return err
	}
	parts := sources.Parts{Settings: values.Get("settings") == "1", Mappings: values.Get("mappings") == "1"}
	changed, err := s.Sources.Restore(r.Context(), at.Place, revision, parts, person)
	if err == nil {
		what := nothingRestored
		if changed {
			what = revisionRestored
		}
		see(w, r, what.with(sourcePath(at.Place, "history")))
		return nil
	}
	status, _, ok := refused(err, func(string) (string, bool) { return "", false })
	if !ok {
		return err
	}
	var problems []string
	for _, refusal := range es.RefusalsOf(err) {
		problems = append(problems, sentence(refusal.Error()))
	}
	past, err := s.Sources.At(r.Context(), at.Place, revision)
	if err != nil {
		return err
	}
	return s.historyPage(w, r, status, at, &past, problems)
}

func (s *Web) historyPage(w http.ResponseWriter, r *http.Request, status int, at place, past *sources.Past, problems []string) error {
	head, err := s.sourceHead(at)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	q := sources.HistoryQuery{Key: at.Key, Environment: at.Environment, Mapping: query.Get("mapping"), Limit: historyRows}
	if after, err := strconv.ParseUint(query.Get(afterParameter), 10, 63); err == nil {
		q.Before = new(es.Revision(after))
	}
	changes, more, err := s.Sources.History(r.Context(), q)
	if err != nil {
		return err
	}
	model := views.SourceHistory{
		Page: s.sourcePage(r, at, "history"), Source: head, Mapping: q.Mapping, PastErrors: problems,
	}
	for _, m := range at.env.Mappings {
		model.Mappings = append(model.Mappings, m.Key)
	}
	for _, c := range changes {
		model.Changes = append(model.Changes, sourceChangeOf(c))
	}
	if q.Before != nil {
		model.NewestURL = historyPath(at.Place, q.Mapping, nil)
	}
	if more {
		model.OlderURL = historyPath(at.Place, q.Mapping, &changes[len(changes)-1].Revision)
	}
	if past != nil {
		model.Past = pastOf(*past)
	}
	return s.render(w, r, status, views.SourceHistoryPage(model))
}

// historyPath is the tab history, of one mapping if that is not empty, from
// before a revision.
func historyPath(at sources.Place, mapping string, before *es.Revision) string {
	query := url.Values{}
	if mapping != "" {
		query.Set("mapping", mapping)
	}
	after := ""
	if before != nil {
		after = strconv.FormatUint(uint64(*before), 10)
	}
	return withQuery(sourcePath(at, "history"), query, after)
}

func sourceChangeOf(c sources.Change) views.SourceChange {
	shown := views.SourceChange{
		Revision: uint64(c.Revision), At: c.At.Time(), Actor: c.Actor, Type: c.Type, Summary: c.Summary,
		Difference: differenceOf(c.Difference),
	}
	if c.Environment != nil {
		shown.Environment = *c.Environment
	}
	shown.HasPast = c.Type != source.TypeCreated && c.Type != source.TypeDisconnected
	if d := c.Difference; len(d.Secrets) == 1 && len(d.Settings)+len(d.Mappings)+len(d.Tokens) == 0 {
		shown.Difference.Keys = nil // the summary says it
	}
	if c.Restores != nil {
		shown.Restores = strconv.FormatUint(uint64(*c.Restores), 10)
	}
	return shown
}

func pastOf(p sources.Past) *views.SourcePast {
	then := source.State{Environments: map[string]source.Environment{"": {Settings: p.Settings, Mappings: p.Mappings}}}
	whole := source.Compare(source.State{}, then, "") // all of it, as what came of nothing
	shown := &views.SourcePast{Change: sourceChangeOf(p.Change), SinceThen: differenceOf(p.SinceThen), Settings: fieldsOf(whole.Settings)}
	for _, m := range whole.Mappings {
		shown.Mappings = append(shown.Mappings, views.MappingDifference{Key: m.Key, Fields: fieldsOf(m.Fields)})
	}
	return shown
}

func differenceOf(d source.Difference) views.SourceDifference {
	shown := views.SourceDifference{Fields: append(fieldsOf(d.Fields), fieldsOf(d.Settings)...)}
	for _, m := range d.Mappings {
		one := views.MappingDifference{Key: m.Key, Change: string(m.Change), Reason: m.Reason, Fields: fieldsOf(m.Fields)}
		if m.Moved {
			one.Place = fmt.Sprintf("from place %d to %d", *m.From+1, *m.To+1)
		}
		shown.Mappings = append(shown.Mappings, one)
	}
	for _, k := range d.Secrets {
		shown.Keys = append(shown.Keys, keyChange("secret", k.Fingerprint, k))
	}
	for _, k := range d.Tokens {
		shown.Keys = append(shown.Keys, keyChange("ingest URL", k.ID, k))
	}
	return shown
}

// keyChange says what became of a secret or a URL.
func keyChange(what, name string, k source.KeyChange) ui.Line {
	line := ui.Line{{Text: what + " "}, {Text: name, Kind: ui.Code}, {Text: " " + string(k.Change)}}
	if k.Change == source.Revoked {
		line = append(line, ui.Span{Text: ", ends " + spoken(k.Until)})
	}
	return line
}

func fieldsOf(changes []source.FieldChange) []views.FieldDifference {
	shown := make([]views.FieldDifference, len(changes))
	for i, c := range changes {
		shown[i] = views.FieldDifference{Name: c.Field, Before: plainValue(c.Before), After: plainValue(c.After)}
	}
	return shown
}

// plainValue is JSON as a person reads it: text without quotes, and nothing for
// null.
func plainValue(raw json.RawMessage) string {
	var text string
	switch {
	case string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &text) == nil && text != "":
		return text
	default:
		return string(raw)
	}
}
