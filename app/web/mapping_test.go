package web

import (
	"encoding/json"
	"maps"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daybook/domain/action"
	"daybook/domain/rule"
	"daybook/domain/template"
	"daybook/views"
)

// typed is a form as a browser sends it.
func typed(form views.MappingForm) url.Values {
	values := url.Values{
		"mapping": {form.Mapping}, "key": {form.Key}, "event_type": {form.EventType}, "when": {form.When}, "action_type": {form.ActionType},
	}
	if form.Active {
		values.Set("active", "1")
	}
	for _, f := range form.Fields {
		values.Set("form."+f.Name, f.Form)
		values.Set("text."+f.Name, f.Text)
		values.Set("default."+f.Name, f.Default)
	}
	return values
}

// TestAFormSavedAsItStandsChangesNothing holds for every mapping that the
// templates offer.
func TestAFormSavedAsItStandsChangesNothing(t *testing.T) {
	t.Parallel()
	for _, tmpl := range template.All() {
		for _, m := range tmpl.DefaultMappings {
			read := mappingTyped(readMapping(typed(mappingForm(m))))
			if diff := cmp.Diff(m, read); diff != "" {
				t.Errorf("%s changed (-was +is):\n%s", m.Key, diff)
			}
		}
	}
}

// TestFormsAreStable: whatever a mapping holds, what the form shows of it is
// read as it was shown, and means the same to the rules.
func TestFormsAreStable(t *testing.T) {
	t.Parallel()
	texts := rapid.SampledFrom([]string{"a", "body.id", "5", "true", "null", `"x"`, `{"a":1}`, "[1]", "é", "a b", `\`})
	parameter := rapid.OneOf(
		rapid.Custom(func(t *rapid.T) rule.Parameter { return rule.Parameter{Form: rule.Bare, Text: texts.Draw(t, "text")} }),
		rapid.Custom(func(t *rapid.T) rule.Parameter {
			return rule.Parameter{Form: rule.Expression, Text: texts.Draw(t, "text")}
		}),
		rapid.Custom(func(t *rapid.T) rule.Parameter {
			return rule.Parameter{Form: rule.Path, Text: texts.Draw(t, "text"), Value: quoted(texts.Draw(t, "default"))}
		}),
		rapid.Custom(func(t *rapid.T) rule.Parameter {
			return rule.Parameter{Form: rule.Literal, Value: quoted(texts.Draw(t, "value"))}
		}),
		rapid.SampledFrom([]rule.Parameter{
			{Form: rule.Literal, Value: json.RawMessage("5")},
			{Form: rule.Literal, Value: json.RawMessage(`{"a":[1,null]}`)},
			{Form: rule.Literal, Value: json.RawMessage("true")},
			{},
		}),
	)
	rapid.Check(t, func(t *rapid.T) {
		definition := rapid.SampledFrom(action.Catalogue()).Draw(t, "action")
		m := rule.Mapping{Key: "k", EventType: "a.b", ActionType: definition.Type, ActionParameters: rule.Parameters{}}
		for _, f := range definition.Fields {
			if rapid.Bool().Draw(t, f.Name) {
				m.ActionParameters[f.Name] = encoded(parameter.Draw(t, f.Name+" as"))
			}
		}
		shown := mappingForm(m)
		again := readMapping(typed(shown))
		if diff := cmp.Diff(shown, again); diff != "" {
			t.Fatalf("the form comes back differently (-shown +again):\n%s", diff)
		}
		if diff := cmp.Diff(shown.Fields, mappingForm(mappingTyped(again)).Fields); diff != "" {
			t.Fatalf("what was saved is shown differently (-before +after):\n%s", diff)
		}
	})
}

func TestParameters(t *testing.T) {
	t.Parallel()
	text, object, literalField := action.Field{Name: "name", Shape: action.Text}, action.Field{Name: "data", Shape: action.Object},
		action.Field{Name: "key", Shape: action.Identifier, Literal: true, Required: true}
	for name, c := range map[string]struct {
		field action.Field
		typed views.Field
		want  string
	}{
		"a path":                         {text, views.Field{Form: "path", Text: "body.name"}, `"body.name"`},
		"a path with a fallback":         {text, views.Field{Form: "path", Text: "body.name", Default: "Jo"}, `{"path":"body.name","default":"Jo"}`},
		"a fallback that looks like one": {text, views.Field{Form: "path", Text: "body.name", Default: "5"}, `{"path":"body.name","default":"5"}`},
		"a fallback alone":               {text, views.Field{Form: "path", Default: "Jo"}, `{"path":"","default":"Jo"}`},
		"nothing":                        {text, views.Field{Form: "path"}, `null`},
		"an expression":                  {text, views.Field{Form: "expr", Text: "1 + 1"}, `{"expr":"1 + 1"}`},
		"no expression":                  {text, views.Field{Form: "expr", Default: "Jo"}, `null`},
		"text":                           {text, views.Field{Form: "value", Text: "5"}, `{"value":"5"}`},
		"an object":                      {object, views.Field{Form: "value", Text: `{"a": 1}`}, `{"value":{"a":1}}`},
		"no object":                      {object, views.Field{Form: "value", Text: `{"a"`}, `{"value":"{\"a\""}`},
		"a number":                       {object, views.Field{Form: "value", Text: "5"}, `{"value":5}`},
		"a workflow":                     {literalField, views.Field{Form: "value", Text: "dunning"}, `"dunning"`},
		"a workflow by path":             {literalField, views.Field{Form: "path", Text: "body.w"}, `{"path":"body.w"}`},
	} {
		if got := string(encoded(parameterOf(c.field, c.typed))); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestMappingFieldNames(t *testing.T) {
	t.Parallel()
	name := mappingFieldNamer(3)
	for field, want := range map[string]string{
		"mappings[3].when": "when", "mappings[3].event_type": "event_type", "mappings[3].key": "key",
		"mappings[3].action_type":                  "action_type",
		"mappings[3].action_parameters.recipients": "text.recipients",
		"mappings[3].action_parameters.id.path":    "text.id",
		"mappings[3].action_parameters.data.expr":  "text.data",
		"key":                                 "key",
		"mappings[2].when":                    "",
		"mappings":                            "",
		"mappings[x].when":                    "",
		"disabled_event_types[0]":             "",
		"mappings[99999999999999999999].when": "",
		"mappings[-1].when":                   "",
		"settings.tolerance":                  "",
		"mappings[3]":                         "",
		"":                                    "",
		"mappings[3].action_parameters.properties.value": "text.properties",
	} {
		got, known := name(field)
		if got != want || known != (want != "") {
			t.Errorf("%q is %q (%t), want %q", field, got, known, want)
		}
	}
}

func TestWithWorkflowLeavesTheTemplateAlone(t *testing.T) {
	t.Parallel()
	m := rule.Mapping{ActionParameters: rule.Parameters{"key": json.RawMessage(`"a"`), "data": json.RawMessage(`"body"`)}}
	before := maps.Clone(m.ActionParameters)
	changed := withWorkflow(m, `b"`)
	if diff := cmp.Diff(before, m.ActionParameters); diff != "" {
		t.Errorf("the template changed: %s", diff)
	}
	if got := string(changed.ActionParameters["key"]); got != `"b\""` {
		t.Errorf("the key is %s", got)
	}
}
