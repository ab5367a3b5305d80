package web_test

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"daybook/app/destination/local"
	"daybook/domain/action"
	"daybook/domain/expression"
	"daybook/domain/rule"
	"daybook/domain/template"
)

// TestHelpActions: the page has every action of the catalogue with every field,
// and its examples are mappings that can be saved.
func TestHelpActions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.get("/help/actions").is(http.StatusOK)
	examples := regexp.MustCompile(`(?s)<pre class="raw">(.*?)</pre>`).FindAllStringSubmatch(page.body, -1)
	catalogue := action.Catalogue()
	if len(examples) != len(catalogue) {
		t.Fatalf("%d examples of %d actions", len(examples), len(catalogue))
	}
	for i, d := range catalogue {
		section := sectionOf(t, page, string(d.Type))
		says := []string{d.Summary, html.EscapeString(local.Effect(d.Type))}
		for _, f := range d.Fields {
			says = append(says, "<code>"+f.Name+"</code>", f.Shape.String())
		}
		for _, text := range says {
			if !strings.Contains(section, text) {
				t.Errorf("the section of %s lacks %q", d.Type, text)
			}
		}
		var example rule.Mapping
		if err := json.Unmarshal([]byte(html.UnescapeString(examples[i][1])), &example); err != nil {
			t.Errorf("the example of %s: %v", d.Type, err)
		}
		if _, problems := rule.Compile(rule.Definition{Mappings: []rule.Mapping{example}}); len(problems) > 0 || example.ActionType != d.Type {
			t.Errorf("the example of %s cannot be saved: %v", d.Type, problems)
		}
	}
}

// sectionOf is the part of a page with that id.
func sectionOf(t *testing.T, page answer, id string) string {
	t.Helper()
	_, from, found := strings.Cut(page.body, `<section class="sheet" id="`+id+`"`)
	section, _, _ := strings.Cut(from, "</section>")
	if !found {
		t.Errorf("the page has no section %s", id)
	}
	return section
}

// TestHelpMappings: every function, operator, reason and template stands on the
// page, and the limits with their numbers.
func TestHelpMappings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.get("/help/mappings").is(http.StatusOK)
	has := func(section string, texts ...string) {
		t.Helper()
		part := sectionOf(t, page, section)
		for _, text := range texts {
			if !strings.Contains(part, html.EscapeString(text)) {
				t.Errorf("the section %s lacks %q", section, text)
			}
		}
	}
	for _, g := range expression.Functions() {
		for _, f := range g.Examples {
			has("functions", f.Source, f.Value)
		}
	}
	for _, o := range expression.Operators() {
		has("expressions", o.Source, o.Value)
	}
	has("forms", `{"path":"body.account","default":"acme"}`, `{"value":{"plan":"pro"}}`, `{"expr":`)
	has("paths", "lines[1].price", "4000", "[900,4000]", `["a","b","c"]`, `"msg_1"`, "body.data.object.nothing")
	has("wildcards", "invoice.*")
	has("limits", "100,000", "4,096", "6,291,456", "200", "512", "2,097,152", "128", "500")
	for _, reason := range []rule.Reason{
		rule.NoMapping, rule.ConditionFalse, rule.ConditionFailed, rule.MappingPaused, rule.Inactive, rule.TypeDisabled, rule.EventTypeMissing, rule.WrongMode,
	} {
		if !strings.Contains(page.body, `id="reason-`+string(reason)+`"`) {
			t.Errorf("the page does not explain %s", reason)
		}
	}
	for _, tmpl := range template.All() {
		has("templates", tmpl.Name, tmpl.DefaultSettings.EventTypePath, tmpl.SignatureScheme)
		for _, m := range tmpl.DefaultMappings {
			has("templates", m.EventType, string(m.ActionType))
		}
	}
}
