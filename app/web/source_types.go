package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"daybook/app/respond"
	"daybook/domain/template"
	"daybook/projections/eventlog"
	"daybook/views"
)

// typeRows is how many event types the tab types lists.
const typeRows = 200

// showTypes is GET /sources/{key}/{env}/types?q=&show=: the event types that
// were received, the newest first, and those that the provider is known to send.
func (s *Web) showTypes(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	head, err := s.sourceHead(at)
	if err != nil {
		return err
	}
	counted, err := s.Events.EventTypes(r.Context(), at.Key, at.Environment)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	model := views.SourceTypes{
		Page: s.sourcePage(r, at, "types"), Source: head, Q: query.Get("q"), Show: query.Get("show"), Seen: len(counted),
	}
	for _, t := range typesOf(at, counted) {
		switch {
		case !isShown(t, model.Q, model.Show):
		case len(model.Types) == typeRows:
			model.More++
		default:
			model.Types = append(model.Types, t)
		}
	}
	return s.render(w, r, http.StatusOK, views.SourceTypesPage(model))
}

// typesOf are all event types that something is known of: those that were
// received, the newest first, then the others by name.
func typesOf(at place, counted []eventlog.TypeCount) []views.EventType {
	types := map[string]*views.EventType{}
	named := func(name string) *views.EventType {
		t, ok := types[name]
		if !ok {
			t = &views.EventType{Name: name}
			types[name] = t
		}
		return t
	}
	if tmpl, ok := template.Get(at.state.Template); ok {
		for _, name := range tmpl.EventTypes() {
			named(name).Known = true
		}
	}
	for _, c := range counted {
		t := named(c.Type)
		t.Count, t.LastAt = c.Count, moment(c.LastAt)
		t.Succeeded, t.Failed, t.Ignored, t.Processing = c.Statuses.Succeeded, c.Statuses.Failed, c.Statuses.Ignored, c.Statuses.Processing
	}
	for _, name := range at.env.Settings.DisabledEventTypes {
		named(name).Disabled = true
	}
	all := make([]views.EventType, 0, len(types))
	for name, t := range types {
		t.LogURL = logPath(eventlog.Filter{Source: at.Key, Environment: at.Environment, Type: name}, "")
		t.NewURL = sourcePath(at.Place, "mappings?"+url.Values{"new": {"1"}, "event_type": {name}}.Encode())
		for _, m := range at.env.Mappings {
			if m.For(name) {
				t.Mappings++
			}
		}
		all = append(all, *t)
	}
	slices.SortFunc(all, func(a, b views.EventType) int {
		return cmp.Or(b.LastAt.Compare(a.LastAt), strings.Compare(a.Name, b.Name))
	})
	return all
}

// isShown reports whether a type is among those that are asked for.
func isShown(t views.EventType, q, show string) bool {
	if !strings.Contains(strings.ToLower(t.Name), strings.ToLower(strings.TrimSpace(q))) {
		return false
	}
	switch show {
	case "seen":
		return t.Count > 0
	case "unseen":
		return t.Count == 0
	case "off":
		return t.Disabled
	default:
		return true
	}
}

// switchType is POST …/types with type and active ("1" or "0"); q and show lead
// back to the list that was looked at.
func (s *Web) switchType(w http.ResponseWriter, r *http.Request) error {
	at, err := s.place(r)
	if err != nil {
		return err
	}
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	active := values.Get("active")
	if active != "1" && active != "0" {
		return respond.Invalid("active", "say 1 to switch the type on, 0 to switch it off")
	}
	if err := s.Sources.SwitchEventType(r.Context(), at.Place, values.Get("type"), active == "1", person); err != nil {
		return err
	}
	query := url.Values{}
	for _, name := range []string{"q", "show"} {
		if value := values.Get(name); value != "" {
			query.Set(name, value)
		}
	}
	see(w, r, typeSwitched.with(withQuery(sourcePath(at.Place, "types"), query, "")))
	return nil
}
