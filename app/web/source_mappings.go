package web

import (
	"net/http"
	"net/url"
	"slices"

	"daybook/app/respond"
	"daybook/domain/action"
	"daybook/domain/rule"
	"daybook/domain/template"
	"daybook/views"
)

// showMappings is GET /sources/{key}/{env}/mappings; ?edit= opens a mapping,
// ?new=1 a new one.
func (s *Web) showMappings(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	var form *views.MappingForm
	switch {
	case query.Get("new") != "":
		opened := newMapping(action.Type(query.Get("action_type")), query.Get("event_type"))
		form = &opened
	case query.Get("edit") != "":
		i := indexOf(at.env.Mappings, query.Get("edit"))
		if i < 0 {
			return respond.NotFound()
		}
		opened := mappingForm(at.env.Mappings[i])
		form = &opened
	}
	return s.mappingsPage(w, r, http.StatusOK, at, form)
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

func (s *Web) mappingsPage(w http.ResponseWriter, r *http.Request, status int, at place, form *views.MappingForm) error {
	head, err := s.sourceHead(at)
	if err != nil {
		return err
	}
	model := views.SourceMappings{Page: s.sourcePage(r, at, "mappings"), Source: head, Form: form}
	for _, m := range at.env.Mappings {
		line := mappingLine(m)
		line.Paused = at.env.PausedBecause(m.Key)
		model.Mappings = append(model.Mappings, line)
	}
	if form != nil {
		form.ActionTypes = actionTypes()
		if tmpl, ok := template.Get(at.state.Template); ok {
			form.EventTypes = tmpl.EventTypes()
		}
	}
	return s.render(w, r, status, views.SourceMappingsPage(model))
}

// mappingLine is a mapping in the list.
func mappingLine(m rule.Mapping) views.Mapping {
	line := views.Mapping{
		Key: m.Key, EventType: m.EventType, When: m.When, ActionType: string(m.ActionType), Active: m.Active == rule.On,
	}
	for _, field := range mappingForm(m).Fields {
		if field.Text != "" || field.Default != "" {
			line.Fields = append(line.Fields, field)
		}
	}
	return line
}

func actionTypes() []string {
	all := action.Catalogue()
	names := make([]string, len(all))
	for i, d := range all {
		names[i] = string(d.Type)
	}
	return names
}

func indexOf(mappings []rule.Mapping, key string) int {
	return slices.IndexFunc(mappings, func(m rule.Mapping) bool { return m.Key == key })
}

// saveMapping is POST …/mappings. With do=fields it only shows the fields of
// the chosen action, with what was typed so far.
func (s *Web) saveMapping(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	mapping, form := readMapping(values)
	if values.Get("do") == "fields" {
		return s.mappingsPage(w, r, http.StatusOK, at, &form)
	}
	err = s.Sources.SaveMapping(r.Context(), at.Place, mapping, form.Mapping, person)
	if err == nil {
		see(w, r, mappingSaved.with(sourcePath(at.Place, "mappings")))
		return nil
	}
	index := len(at.env.Mappings)
	if form.Mapping != "" {
		index = indexOf(at.env.Mappings, form.Mapping)
	}
	status, problems, ok := refused(err, mappingFieldNamer(index))
	if !ok {
		return err
	}
	form.Errors = problems
	return s.mappingsPage(w, r, status, at, &form)
}

// switchMapping is POST …/mappings/{mapping}/switch with active, 1 or 0.
func (s *Web) switchMapping(w http.ResponseWriter, r *http.Request) error {
	return s.changeMapping(w, r, mappingSwitched, func(at place, key string, values url.Values) error {
		active := values.Get("active")
		if active != "1" && active != "0" {
			return respond.Invalid("active", "say 1 to switch the mapping on, 0 to switch it off")
		}
		return s.Sources.SwitchMapping(r.Context(), at.Place, key, active == "1", person)
	})
}

// removeMapping is POST …/mappings/{mapping}/remove.
func (s *Web) removeMapping(w http.ResponseWriter, r *http.Request) error {
	return s.changeMapping(w, r, mappingRemoved, func(at place, key string, _ url.Values) error {
		return s.Sources.RemoveMapping(r.Context(), at.Place, key, person)
	})
}

func (s *Web) changeMapping(w http.ResponseWriter, r *http.Request, what done, do func(place, string, url.Values) error) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	if err := do(at, respond.PathValue(r, "mapping"), values); err != nil {
		return err
	}
	see(w, r, what.with(sourcePath(at.Place, "mappings")))
	return nil
}
