package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"daybook/app/respond"
	"daybook/app/sources"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/template"
	"daybook/views"
)

// showNewSource is GET /sources/new: the templates, or with ?template= the form.
func (s *Web) showNewSource(w http.ResponseWriter, r *http.Request) error {
	env := s.orFirst(environmentOf(r))
	model := views.SourceNew{Page: s.page(r, env)}
	key := r.URL.Query().Get("template")
	if key == "" {
		model.Templates = templateCards()
		return s.render(w, r, http.StatusOK, views.SourceNewPage(model))
	}
	tmpl, ok := template.Get(key)
	if !ok {
		return respond.NotFound()
	}
	form := emptySource(tmpl, env, s.Configuration.Environments())
	form.Name, form.Key = s.freeName(tmpl, env)
	model.Chosen = &form
	return s.render(w, r, http.StatusOK, views.SourceNewPage(model))
}

// createSource is POST /sources/new.
func (s *Web) createSource(w http.ResponseWriter, r *http.Request) error {
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	tmpl, ok := template.Get(values.Get("template"))
	if !ok {
		return respond.NotFound()
	}
	asked, form := readSource(tmpl, values, s.Configuration.Environments())
	err = s.create(r, asked)
	if err == nil {
		see(w, r, sourceCreated.with(sourcePath(asked.at, "events")))
		return nil
	}
	status, problems, ok := refused(err, asked.field)
	if !ok {
		return err
	}
	form.Errors = problems
	return s.render(w, r, status, views.SourceNewPage(views.SourceNew{Page: s.page(r, asked.at.Environment), Chosen: &form}))
}

// create makes the source and adds its secret. Whatever is wrong is found out, all
// of it, before anything is made.
func (s *Web) create(r *http.Request, asked newSource) error {
	refusals := s.Sources.Check(asked.at, asked.put)
	if asked.secret != "" {
		refusals = append(refusals, es.RefusalsOf(sources.CheckSecret(asked.put.Template, asked.secret))...)
	}
	if len(refusals) > 0 {
		return refusals
	}
	if _, err := s.Sources.Put(r.Context(), asked.at, asked.put, person); err != nil {
		return err
	}
	if asked.secret == "" {
		return nil
	}
	_, err := s.Sources.AddSecret(r.Context(), asked.at, asked.secret, person)
	return err
}

// freeName is a name and a key that no source of the environment has: those of
// the template, or with a number after them. A source that is elsewhere and
// was made from the template is meant.
func (s *Web) freeName(tmpl template.Template, env string) (name, key string) {
	name, key = tmpl.Name, tmpl.Key
	for n := 2; ; n++ {
		state, _ := s.Configuration.Source(key)
		_, connected := state.Environments[env]
		if !connected && (len(state.Environments) == 0 || state.Template == tmpl.Key) {
			return name, key
		}
		name, key = tmpl.Name+" "+strconv.Itoa(n), tmpl.Key+"-"+strconv.Itoa(n)
	}
}

// newSource is what a form asks for.
type newSource struct {
	at     sources.Place
	put    sources.Put
	secret string
	// mappings are the keys of the chosen mappings, in the order in which they
	// are put.
	mappings []string
}

// readSource reads the form: what it asks for, and itself as it was typed.
func readSource(tmpl template.Template, values url.Values, environments []string) (newSource, views.SourceForm) {
	form := emptySource(tmpl, values.Get("environment"), environments)
	form.Name, form.Key = values.Get("name"), strings.TrimSpace(values.Get("key"))
	asked := newSource{
		at:     sources.Place{Key: form.Key, Environment: form.Environment},
		secret: strings.TrimSpace(values.Get("secret")),
	}
	mappings := []rule.Mapping{}
	for i, m := range tmpl.DefaultMappings {
		choice := &form.Mappings[i]
		choice.On = values.Get("on."+m.Key) == "1"
		if choice.TakesWorkflow {
			choice.Workflow = strings.TrimSpace(values.Get("workflow." + m.Key))
			m = withWorkflow(m, choice.Workflow)
		}
		if choice.On {
			mappings = append(mappings, m)
			asked.mappings = append(asked.mappings, m.Key)
		}
	}
	asked.put = sources.Put{Name: &form.Name, Template: tmpl.Key, Mappings: &mappings, IfNew: true}
	return asked, form
}

// emptySource is the form as it is first shown: everything of the template, on.
func emptySource(tmpl template.Template, env string, environments []string) views.SourceForm {
	form := views.SourceForm{
		Template:     templateCard(tmpl),
		Name:         tmpl.Name,
		Key:          tmpl.Key,
		Environment:  env,
		Environments: environments,
	}
	for _, m := range tmpl.DefaultMappings {
		choice := views.MappingChoice{Mapping: m.Key, EventType: m.EventType, ActionType: string(m.ActionType), ID: bareText(m.ActionParameters["id"]), When: m.When, On: true}
		if m.ActionType == action.WorkflowsTrigger {
			choice.TakesWorkflow, choice.Workflow = true, bareText(m.ActionParameters["key"])
		}
		form.Mappings = append(form.Mappings, choice)
	}
	return form
}

// withWorkflow is a mapping that triggers another workflow.
func withWorkflow(m rule.Mapping, workflow string) rule.Mapping {
	m.ActionParameters = maps.Clone(m.ActionParameters)
	m.ActionParameters["key"] = quoted(workflow)
	return m
}

// field gives the form's name of what a refusal is about.
func (n newSource) field(name string) (string, bool) {
	switch name {
	case "key", "name", "environment", "secret":
		return name, true
	}
	index, rest, ok := mappingField(name)
	if !ok || index >= len(n.mappings) || !strings.HasPrefix(rest, "action_parameters.key") {
		return "", false
	}
	return "workflow." + n.mappings[index], true
}

// mappingField takes apart mappings[2].when.
func mappingField(name string) (index int, rest string, ok bool) {
	number, ok := strings.CutPrefix(name, "mappings[")
	if !ok {
		return 0, "", false
	}
	number, rest, ok = strings.Cut(number, "].")
	if !ok {
		return 0, "", false
	}
	index, err := strconv.Atoi(number)
	return index, rest, err == nil && index >= 0
}

// bareText is a parameter that is a string, and empty for any other.
func bareText(raw json.RawMessage) string {
	p, err := rule.ParseParameter(raw)
	if err != nil || p.Form != rule.Bare {
		return ""
	}
	return p.Text
}

// quoted is a text as JSON.
func quoted(text string) json.RawMessage {
	raw, err := rule.Parameter{Form: rule.Bare, Text: text}.MarshalJSON()
	if err != nil {
		return json.RawMessage(`""`) // cannot be: every text has a JSON form
	}
	return raw
}

func templateCards() []views.Template {
	var cards []views.Template
	for _, t := range template.All() {
		cards = append(cards, templateCard(t))
	}
	return cards
}

func templateCard(t template.Template) views.Template {
	card := views.Template{
		Key: t.Key, Name: t.Name, Description: t.Description, Categories: t.Categories,
		SecretHint: t.SigningHint, WebsiteURL: t.WebsiteURL, DocsURL: t.WebhookDocsURL,
	}
	if scheme, ok := signature.Lookup(t.SignatureScheme); ok {
		about := scheme.About()
		card.Way, card.Sent = about.Way, !about.Signs
	}
	return card
}
