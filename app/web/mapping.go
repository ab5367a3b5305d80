package web

import (
	"encoding/json"
	"net/url"
	"strings"

	"daybook/domain/action"
	"daybook/domain/rule"
	"daybook/views"
)

// The forms in which a field of an action can be given, as the page has them.
const (
	formPath  = "path"
	formValue = "value"
	formExpr  = "expr"
)

// mappingForm is a mapping as the form shows it.
func mappingForm(m rule.Mapping) views.MappingForm {
	form := views.MappingForm{
		Mapping:    m.Key,
		Key:        m.Key,
		EventType:  m.EventType,
		When:       m.When,
		ActionType: string(m.ActionType),
		Active:     m.Active == rule.On,
	}
	definition, _ := action.Lookup(m.ActionType)
	for _, field := range definition.Fields {
		p, err := rule.ParseParameter(orNothing(m.ActionParameters[field.Name]))
		if err != nil { // of another version: shown as it stands
			p = rule.Parameter{Form: rule.Literal, Value: m.ActionParameters[field.Name]}
		}
		form.Fields = append(form.Fields, fieldOf(field, p))
	}
	return form
}

func orNothing(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// fieldOf is one field as the form shows it.
func fieldOf(field action.Field, p rule.Parameter) views.Field {
	shown := views.Field{Name: field.Name, Required: field.Required, Literal: field.Literal, Form: formPath, Text: p.Text}
	switch p.Form {
	case rule.NotMapped, rule.Bare:
		if field.Literal {
			shown.Form = formValue
		}
	case rule.Path:
		shown.Default = literalText(field, p.Value)
	case rule.Expression:
		shown.Form = formExpr
	case rule.Literal:
		shown.Form, shown.Text = formValue, literalText(field, p.Value)
	}
	return shown
}

// readMapping reads the form of a mapping as it was typed.
func readMapping(values url.Values) views.MappingForm {
	form := views.MappingForm{
		Mapping:    values.Get("mapping"),
		Was:        values.Get("was"),
		Key:        strings.TrimSpace(values.Get("key")),
		EventType:  strings.TrimSpace(values.Get("event_type")),
		When:       strings.TrimSpace(values.Get("when")),
		ActionType: values.Get("action_type"),
		Active:     values.Get("active") == "1",
	}
	definition, _ := action.Lookup(action.Type(form.ActionType))
	for _, field := range definition.Fields {
		form.Fields = append(form.Fields, readField(field, values))
	}
	return form
}

// mappingTyped is the mapping that a form describes. What is wrong with it is
// for the domain to say.
func mappingTyped(form views.MappingForm) rule.Mapping {
	m := rule.Mapping{
		Key:              form.Key,
		EventType:        form.EventType,
		When:             form.When,
		ActionType:       action.Type(form.ActionType),
		ActionParameters: rule.Parameters{},
		Active:           rule.SwitchOf(form.Active),
	}
	definition, _ := action.Lookup(m.ActionType)
	for _, typed := range form.Fields {
		field, ok := definition.Field(typed.Name)
		if !ok {
			continue
		}
		if p := parameterOf(field, typed); p.Form != rule.NotMapped {
			m.ActionParameters[field.Name] = encoded(p)
		}
	}
	return m
}

func readField(field action.Field, values url.Values) views.Field {
	typed := views.Field{
		Name: field.Name, Required: field.Required, Literal: field.Literal,
		Form:    values.Get("form." + field.Name),
		Text:    strings.TrimSpace(values.Get("text." + field.Name)),
		Default: strings.TrimSpace(values.Get("default." + field.Name)),
	}
	switch typed.Form {
	case formPath, formValue, formExpr:
		return typed
	}
	typed.Form = formPath
	if field.Literal {
		typed.Form = formValue
	}
	return typed
}

// parameterOf is a field as a mapping holds it: in the shortest form that says
// it, as people write it by hand. An empty field is not mapped.
func parameterOf(field action.Field, typed views.Field) rule.Parameter {
	switch {
	case typed.Text == "" && (typed.Form != formPath || typed.Default == ""):
		return rule.Parameter{}
	case typed.Form == formExpr:
		return rule.Parameter{Form: rule.Expression, Text: typed.Text}
	case typed.Form == formValue && field.Literal:
		return rule.Parameter{Form: rule.Bare, Text: typed.Text}
	case typed.Form == formValue:
		return rule.Parameter{Form: rule.Literal, Value: literal(field, typed.Text)}
	case typed.Default != "":
		return rule.Parameter{Form: rule.Path, Text: typed.Text, Value: literal(field, typed.Default)}
	case field.Literal:
		return rule.Parameter{Form: rule.Path, Text: typed.Text}
	default:
		return rule.Parameter{Form: rule.Bare, Text: typed.Text}
	}
}

// literal is a typed text as JSON. Fields that hold text hold it as it was
// typed; elsewhere what reads as JSON is that, and anything else is a text.
func literal(field action.Field, text string) json.RawMessage {
	if !holdsText(field) && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return quoted(text)
}

// literalText is what [literal] reads.
func literalText(field action.Field, raw json.RawMessage) string {
	var text string
	if len(raw) == 0 || json.Unmarshal(raw, &text) != nil || string(raw) == "null" {
		return string(raw)
	}
	if !holdsText(field) && json.Valid([]byte(text)) {
		return string(raw) // "5" is not 5
	}
	return text
}

func holdsText(field action.Field) bool {
	switch field.Shape {
	case action.Text, action.Identifier, action.URL, action.Method:
		return true
	default:
		return false
	}
}

func encoded(p rule.Parameter) json.RawMessage {
	raw, err := p.MarshalJSON()
	if err != nil {
		return json.RawMessage("null") // cannot be: texts and valid JSON have a JSON form
	}
	return raw
}

// mappingFieldNamer gives the form's names for refusals about the mapping that
// stands at index; what is wrong with another one is said of the whole form.
func mappingFieldNamer(index int) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if name == "key" {
			return name, true
		}
		at, rest, ok := mappingField(name)
		if !ok || at != index {
			return "", false
		}
		parameter, ok := strings.CutPrefix(rest, "action_parameters.")
		if !ok {
			return rest, true
		}
		parameter, _, _ = strings.Cut(parameter, ".") // .path, .expr, .value
		return "text." + parameter, true
	}
}
