package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"daybook/app/respond"
	"daybook/domain/action"
	"daybook/domain/fieldpath"
	"daybook/domain/rule"
	"daybook/domain/template"
	"daybook/projections/eventlog"
	"daybook/views"
)

// What the form of a mapping is sent for. Anything but saving shows it again,
// with what was typed.
const (
	doSave = "save"
	doDry  = "dry"
)

// maxSuggested is how many paths are offered.
const maxSuggested = 300

// dryBeside is how long a dry run may take that nobody asked for, but that comes
// with the page.
const dryBeside = 500 * time.Millisecond

// editing is a mapping on its way through the editor.
type editing struct {
	form   views.MappingForm
	do     string
	sample string // the id of the webhook that it is tried on; empty for the newest
	pasted string // a payload to try it on instead
	live   bool   // somebody is typing: what costs more is asked for later
}

// openMapping returns the form of the mapping that a query names: one that is
// there, a copy, or a new one; nil where it names none.
func openMapping(at place, query url.Values) (*views.MappingForm, error) {
	switch {
	case query.Get("new") != "":
		form := newMapping(action.Type(query.Get("action_type")), query.Get("event_type"))
		return &form, nil
	case query.Get("duplicate") != "":
		m, err := mappingOf(at, query.Get("duplicate"))
		if err != nil {
			return nil, err
		}
		form := mappingForm(m)
		form.Mapping, form.Key = "", copiedKey(at.env.Mappings, m.Key)
		return &form, nil
	case query.Get("edit") != "":
		m, err := mappingOf(at, query.Get("edit"))
		if err != nil {
			return nil, err
		}
		form := mappingForm(m)
		form.Was = stateOf(m)
		return &form, nil
	default:
		return nil, nil
	}
}

// stateOf stands for a mapping as it is.
func stateOf(m rule.Mapping) string {
	raw, err := json.Marshal(m)
	if err != nil {
		return "" // it is not compared then
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// overtaken says what somebody else did to the mapping since it was opened, and
// makes the form ready to be saved all the same; nil where nobody did.
func overtaken(at place, form *views.MappingForm) fieldErrors {
	if form.Mapping == "" {
		return nil
	}
	i := indexOf(at.env.Mappings, form.Mapping)
	if i < 0 {
		form.Mapping, form.Was = "", ""
		return fieldErrors{"": "Somebody removed this mapping since you opened it. Save again to make it anew."}
	}
	now := stateOf(at.env.Mappings[i])
	if form.Was == "" || form.Was == now {
		return nil
	}
	form.Was = now
	return fieldErrors{"": "Somebody changed this mapping since you opened it; its history shows how. Save again to put yours in its place."}
}

func mappingOf(at place, key string) (rule.Mapping, error) {
	i := indexOf(at.env.Mappings, key)
	if i < 0 {
		return rule.Mapping{}, respond.NotFound()
	}
	return at.env.Mappings[i], nil
}

func indexOf(mappings []rule.Mapping, key string) int {
	return slices.IndexFunc(mappings, func(m rule.Mapping) bool { return m.Key == key })
}

// newMapping is the form of a mapping that is not there yet.
func newMapping(actionType action.Type, eventType string) views.MappingForm {
	if _, ok := action.Lookup(actionType); !ok {
		actionType = action.WorkflowsTrigger
	}
	form := mappingForm(rule.Mapping{EventType: eventType, ActionType: actionType})
	form.Mapping = ""
	return form
}

// copiedKey is a key for a copy: that of the original, with what makes it one
// of its own.
func copiedKey(mappings []rule.Mapping, key string) string {
	const suffix, longest = "-copy", 63
	wanted := key[:min(len(key), longest-len(suffix)-len("-99"))] + suffix
	if indexOf(mappings, wanted) < 0 {
		return wanted
	}
	for n := 2; ; n++ {
		if numbered := wanted + "-" + strconv.Itoa(n); indexOf(mappings, numbered) < 0 {
			return numbered
		}
	}
}

// postMapping is POST …/mappings.
func (s *Web) postMapping(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	e := editing{
		form:   readMapping(values),
		do:     values.Get("do"),
		sample: cmp.Or(values.Get("show"), values.Get("sample"), r.URL.Query().Get("sample")),
		pasted: values.Get("payload"),
		live:   r.Header.Get("HX-Request") == "true",
	}
	if e.do != doSave {
		return s.editorPage(w, r, http.StatusOK, at, e)
	}
	if e.form.Errors = overtaken(at, &e.form); e.form.Errors != nil {
		return s.editorPage(w, r, http.StatusConflict, at, e)
	}
	err = s.Sources.SaveMapping(r.Context(), at.Place, mappingTyped(e.form), e.form.Mapping, person)
	if err == nil {
		see(w, r, mappingSaved.with(sourcePath(at.Place, "mappings")))
		return nil
	}
	index := len(at.env.Mappings)
	if e.form.Mapping != "" {
		index = indexOf(at.env.Mappings, e.form.Mapping)
	}
	status, problems, ok := refused(err, mappingFieldNamer(index))
	if !ok {
		return err
	}
	e.form.Errors = problems
	return s.editorPage(w, r, status, at, e)
}

// editorPage draws the editor: the form, what it is tried on, and what comes of
// it.
func (s *Web) editorPage(w http.ResponseWriter, r *http.Request, status int, at place, e editing) error {
	head, err := s.sourceHead(at)
	if err != nil {
		return err
	}
	seen, err := s.Events.EventTypes(r.Context(), at.Key, at.Environment)
	if err != nil {
		return err
	}
	e.form.ActionTypes = actionTypes()
	e.form.EventTypes = offeredTypes(at.state.Template, seen)
	e.form.Paused = at.env.PausedBecause(e.form.Mapping)
	slices.SortStableFunc(e.form.Fields, func(a, b views.Field) int { return cmp.Compare(optional(a), optional(b)) })
	model := views.MappingEditor{Page: s.sourcePage(r, at, "mappings"), Source: head, Form: e.form}
	if e.form.Mapping != "" {
		query := url.QueryEscape(e.form.Mapping)
		model.HistoryURL = sourcePath(at.Place, "history?mapping="+query)
		model.DuplicateURL = sourcePath(at.Place, "mappings?duplicate="+query)
		model.RemoveURL = sourcePath(at.Place, "mappings/"+url.PathEscape(e.form.Mapping)+"/remove")
	}
	if err := s.tryMapping(r.Context(), &model, at, e, seen); err != nil {
		return err
	}
	return s.render(w, r, status, views.MappingPage(model))
}

// tryMapping tries the mapping of the form on a sample, and on the webhooks that
// came.
func (s *Web) tryMapping(ctx context.Context, model *views.MappingEditor, at place, e editing, seen []eventlog.TypeCount) error {
	mapping := mappingTyped(e.form)
	tried, err := s.sampleFor(ctx, at, mapping, e)
	if err != nil {
		return err
	}
	model.Sample = tried.Sample
	var preview *rule.Preview
	if tried.input != nil {
		previewed := at.env.Definition().Preview(mapping, *tried.input)
		preview, model.Sample.Paths = &previewed, fieldpath.Suggest(previewed.Document, maxSuggested)
	}
	model.Said, model.Outcome = saidOf(mapping, e.form, preview, seen)
	model.Sample.Hits = readPlaces(mapping)
	if e.do == doDry || !e.live {
		within := time.Duration(0)
		if e.do != doDry {
			within = dryBeside
		}
		model.Dry, err = s.dryRun(ctx, at, mapping, e.form.Mapping, within)
	}
	return err
}

// optional sorts the fields that are required before those that are not.
func optional(f views.Field) int {
	if f.Required {
		return 0
	}
	return 1
}

// offeredTypes are the event types that are offered: those that came, then
// those that the provider is known to send.
func offeredTypes(templateKey string, seen []eventlog.TypeCount) []string {
	var offered []string
	known := map[string]bool{}
	for _, t := range seen {
		offered, known[t.Type] = append(offered, t.Type), true
	}
	tmpl, _ := template.Get(templateKey)
	for _, t := range tmpl.EventTypes() {
		if !known[t] {
			offered = append(offered, t)
		}
	}
	return offered
}

func actionTypes() []string {
	all := action.Catalogue()
	names := make([]string, len(all))
	for i, d := range all {
		names[i] = string(d.Type)
	}
	return names
}
