package web

import (
	"net/http"
	"net/url"

	"daybook/app/respond"
	"daybook/domain/rule"
	"daybook/views"
)

// showMappings is GET /sources/{key}/{env}/mappings: the list, or the editor of
// the mapping that the query names.
func (s *Web) showMappings(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	if form, err := openMapping(at, r.URL.Query()); form != nil || err != nil {
		if err != nil {
			return err
		}
		return s.editorPage(w, r, http.StatusOK, at, editing{form: *form, sample: r.URL.Query().Get("sample")})
	}
	head, err := s.sourceHead(at)
	if err != nil {
		return err
	}
	model := views.SourceMappings{Page: s.sourcePage(r, at, "mappings"), Source: head}
	for _, m := range at.env.Mappings {
		line := mappingLine(m)
		line.Paused = at.env.PausedBecause(m.Key)
		model.Mappings = append(model.Mappings, line)
	}
	return s.render(w, r, http.StatusOK, views.SourceMappingsPage(model))
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

// resumeMapping is POST …/mappings/{mapping}/resume.
func (s *Web) resumeMapping(w http.ResponseWriter, r *http.Request) error {
	return s.changeMapping(w, r, mappingResumed, func(at place, key string, _ url.Values) error {
		return s.Sources.ResumeMapping(r.Context(), at.Place, key, person)
	})
}

// moveMapping is POST …/mappings/{mapping}/move with direction, up or down.
func (s *Web) moveMapping(w http.ResponseWriter, r *http.Request) error {
	return s.changeMapping(w, r, mappingMoved, func(at place, key string, values url.Values) error {
		by, ok := map[string]int{"up": -1, "down": 1}[values.Get("direction")]
		if !ok {
			return respond.Invalid("direction", "say up or down")
		}
		return s.Sources.MoveMapping(r.Context(), at.Place, key, by, person)
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
