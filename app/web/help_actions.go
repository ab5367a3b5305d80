package web

import (
	"encoding/json"
	"net/http"

	"daybook/app/destination/local"
	"daybook/domain/action"
	"daybook/domain/rule"
	"daybook/domain/template"
	"daybook/views"
)

// showHelpActions is GET /help/actions: the catalogue, for people.
func (s *Web) showHelpActions(w http.ResponseWriter, r *http.Request) error {
	model := views.HelpActions{Page: s.helpPage(r)}
	for _, d := range action.Catalogue() {
		shown := views.HelpAction{Type: string(d.Type), Summary: d.Summary, Local: local.Effect(d.Type)}
		for _, f := range d.Fields {
			shown.Fields = append(shown.Fields, views.HelpField{
				Name: f.Name, Holds: f.Shape.String(), Required: f.Required, Literal: f.Literal, Max: f.Max,
			})
		}
		mapping, of := exampleOf(d)
		shown.Example, shown.ExampleOf = indented(mapping), of
		model.Actions = append(model.Actions, shown)
	}
	return s.render(w, r, http.StatusOK, views.HelpActionsPage(model))
}

// helpPage is the frame of a page that belongs to no environment.
func (s *Web) helpPage(r *http.Request) views.Page {
	p := s.page(r, environmentOf(r))
	p.Environments = nil
	return p
}

// exampleOf is a mapping to the action, and the name of the template that has
// it; no name, if none has and it was made up.
func exampleOf(d action.Definition) (example rule.Mapping, of string) {
	for _, t := range template.All() {
		for _, m := range t.DefaultMappings {
			if m.ActionType == d.Type {
				return m, t.Name
			}
		}
	}
	example = rule.Mapping{
		Key: exampleKey(d.Type), EventType: "project.*", When: `body.status == "open"`,
		ActionType: d.Type, ActionParameters: rule.Parameters{},
	}
	for _, f := range d.Fields {
		example.ActionParameters[f.Name] = exampleField(f)
	}
	return example, ""
}

func exampleKey(t action.Type) string {
	return rule.DeriveKeys([]rule.Mapping{{EventType: "project.*", ActionType: t}})[0].Key
}

// exampleField fills a field in the form that suits it.
func exampleField(f action.Field) json.RawMessage {
	given := rule.Parameter{Form: rule.Bare, Text: "body.project." + f.Name}
	switch f.Name {
	case "key":
		given.Text = "project-members"
	case "collection":
		given = rule.Parameter{Form: rule.Literal, Value: json.RawMessage(`"projects"`)}
	case "recipients", "members":
		given.Text = "body.project.people[*].id"
	case "tenant":
		given = rule.Parameter{Form: rule.Path, Text: "body.account", Value: json.RawMessage(`"acme"`)}
	case "url":
		given.Text = "https://example.com/projects"
	case "method":
		given.Text = "POST"
	case "headers":
		given = rule.Parameter{Form: rule.Literal, Value: json.RawMessage(`{"X-Sent-By":"daybook"}`)}
	case "body":
		given = rule.Parameter{Form: rule.Expression, Text: `{"id": body.project.id, "open": true}`}
	}
	return encoded(given)
}

// indented writes a mapping as people write one.
func indented(m rule.Mapping) []byte {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil // cannot be: a mapping is data that was JSON
	}
	return text
}
