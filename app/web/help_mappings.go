package web

import (
	"encoding/json"
	"net/http"

	"daybook/app/worker"
	"daybook/domain/action"
	"daybook/domain/expression"
	"daybook/domain/fieldpath"
	"daybook/domain/rule"
	"daybook/domain/template"
	"daybook/domain/value"
	"daybook/views"
	"daybook/views/ui"
)

// showHelpMappings is GET /help/mappings: how mappings are written.
func (s *Web) showHelpMappings(w http.ResponseWriter, r *http.Request) error {
	model := views.HelpMappings{
		Page: s.helpPage(r), Forms: helpForms(), Body: []byte(helpBody), Paths: helpPaths(),
		ExpressionBody: []byte(expression.ExampleBody), Operators: helpExamples(expression.Operators()), Wildcards: helpWildcards(),
		Limits: helpLimits(), Reasons: helpReasons(),
	}
	for _, g := range expression.Functions() {
		model.Functions = append(model.Functions, views.HelpGroup{Name: g.Name, Examples: helpExamples(g.Examples)})
	}
	for _, t := range template.All() {
		model.Templates = append(model.Templates, helpTemplate(t))
	}
	return s.render(w, r, http.StatusOK, views.HelpMappingsPage(model))
}

func helpExamples(of []expression.Example) []views.HelpExample {
	all := make([]views.HelpExample, len(of))
	for i, e := range of {
		all[i] = views.HelpExample{Name: e.Name, Source: e.Source, Gives: e.Value}
	}
	return all
}

// helpForms are the forms of a field, written as the configuration has them.
func helpForms() []views.HelpExample {
	forms := []struct {
		form  rule.Parameter
		means string
	}{
		{rule.Parameter{Form: rule.Bare, Text: "body.data.object.customer"}, "what stands at that path; in fields that are literals, the text itself"},
		{rule.Parameter{Form: rule.Path, Text: "body.account"}, "what stands at that path, in every field"},
		{rule.Parameter{Form: rule.Path, Text: "body.account", Value: json.RawMessage(`"acme"`)}, "the same, and the default where there is nothing or null"},
		{rule.Parameter{Form: rule.Expression, Text: "body.data.object.amount_due / 100"}, "what the expression gives"},
		{rule.Parameter{Form: rule.Literal, Value: json.RawMessage(`{"plan":"pro"}`)}, "the value itself: any JSON"},
		{rule.Parameter{}, "the field is not mapped"},
	}
	all := make([]views.HelpExample, len(forms))
	for i, f := range forms {
		all[i] = views.HelpExample{Source: string(encoded(f.form)), Means: f.means}
	}
	return all
}

// helpBody is what the examples of paths are followed in.
const helpBody = `{"id":"evt_1","type":"order.paid","data":{"object":{"customer":"cus_1","lines":[{"price":900,"tags":["a"]},{"price":4000,"tags":["b","c"]}]}}}`

// helpPaths are paths and what they lead to, which is looked up.
func helpPaths() []views.HelpExample {
	body, err := value.Decode([]byte(helpBody))
	if err != nil {
		return nil // cannot be: it is a constant
	}
	doc := fieldpath.Document{
		Body: body.Value, Headers: map[string]any{"svix-id": "msg_1"},
		Event:      map[string]any{"type": "order.paid", "source": "shop"},
		Preprocess: map[string]any{"customer": "cus_1"},
	}
	paths := []struct{ path, means string }{
		{"body.data.object.customer", "a member of the payload"},
		{"data.object.customer", "the same: body. may be left out"},
		{"body.data.object.lines[1].price", "an entry of a list, counted from 0"},
		{"body.data.object.lines[*].price", "that of every entry, as a list"},
		{"body.data.object.lines[*].tags[*]", "lists within lists become one"},
		{"body.data.object.nothing", "there is nothing: a required field without a default parks its action"},
		{"body", "the whole payload"},
		{"headers.Svix-Id", "a header; its name in any case"},
		{"event.type", "what Daybook knows of the webhook: id, type, key, source, environment, received_at"},
		{"preprocess.customer", "what the source's preprocess expression gives"},
	}
	all := make([]views.HelpExample, len(paths))
	for i, p := range paths {
		all[i] = views.HelpExample{Source: p.path, Gives: followed(p.path, doc), Means: p.means}
	}
	return all
}

// followed is what a path leads to, as JSON; empty where it is nothing, or long.
func followed(text string, doc fieldpath.Document) string {
	const most = 60
	path, err := fieldpath.Parse(text)
	if err != nil {
		return ""
	}
	v, found := path.Resolve(doc)
	if !found {
		return ""
	}
	written, err := value.AppendCanonical(nil, v, most)
	if err != nil || len(written) > most {
		return ""
	}
	return string(written)
}

func helpWildcards() []views.HelpExample {
	return []views.HelpExample{
		{Source: "invoice.paid", Means: "this type alone"},
		{Source: "invoice.*", Means: "all types that begin so: * stands for any text, dots included, and for none"},
		{Source: "*.deleted", Means: "all types that end so"},
		{Source: "customer.*.created", Means: "all types that begin and end so"},
		{Source: "*", Means: "every type"},
	}
}

// helpLimits are what rules may be and cost, from where it is decided.
func helpLimits() []ui.Fact {
	fact := func(label string, n int, unit string) ui.Fact {
		return ui.Fact{Label: label, Value: ui.Line{{Text: ui.Count(n)}, {Text: " " + unit}}}
	}
	return []ui.Fact{
		fact("mappings", rule.MaxMappings, "for a source in an environment"),
		fact("event type", rule.MaxEventType, "bytes"),
		fact("wildcards", rule.MaxWildcards, "in one event type"),
		fact("path", fieldpath.MaxLength, "bytes"),
		fact("path parts", fieldpath.MaxSegments, "names and entries"),
		fact("expression", expression.MaxSource, "bytes"),
		fact("brackets", expression.MaxNesting, "deep, in an expression"),
		fact("parts", expression.MaxNodes, "of an expression: names, values, operators, calls"),
		fact("literal", rule.MaxLiteral, "bytes in one field"),
		fact("steps", expression.MaxSteps, "of one mapping, for its condition and fields together"),
		fact("memory", expression.MaxBytes, "bytes of one mapping"),
		fact("all steps", expression.MaxTotalSteps, "of all mappings of one webhook"),
		fact("all memory", expression.MaxTotalBytes, "bytes of all mappings of one webhook"),
		fact("payload", value.MaxDepth, "deep"),
		fact("request", action.MaxPayload, "bytes"),
		fact("in a row", worker.PauseAfter, "times out of its budget, and a mapping is paused until it is saved changed"),
	}
}

// helpTemplate is what a template gives to a source.
func helpTemplate(t template.Template) views.HelpTemplate {
	shown := views.HelpTemplate{Key: t.Key, Name: t.Name}
	settings := t.DefaultSettings
	for _, f := range []struct{ label, text string }{
		{"Type", settings.EventTypePath},
		{"Time", settings.TimestampPath},
		{"Key", settings.IdempotencyKeyPath},
		{"Prepared", settings.Preprocess},
		{"Signed", t.SignatureScheme},
	} {
		if f.text != "" {
			shown.Paths = append(shown.Paths, ui.Fact{Label: f.label, Value: ui.Line{{Text: f.text, Kind: ui.Code}}})
		}
	}
	for _, m := range t.DefaultMappings {
		parameters, err := json.Marshal(m.ActionParameters)
		if err != nil {
			parameters = nil // cannot be: they are JSON
		}
		shown.Mappings = append(shown.Mappings, views.HelpMapping{
			EventType: m.EventType, ActionType: string(m.ActionType), Parameters: parameters,
		})
	}
	return shown
}
