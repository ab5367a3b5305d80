package template_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"daybook/domain/fieldpath"
	"daybook/domain/rule"
	"daybook/domain/template"
	"daybook/domain/value"
	"daybook/domain/webhook"
)

// Every sample of every template is typed and keyed by the template's own
// settings, as it would be at the door; and each default mapping finds all of
// its fields in some sample.
func TestEveryTemplateFitsItsSamples(t *testing.T) {
	t.Parallel()
	for _, each := range template.All() {
		t.Run(each.Key, func(t *testing.T) {
			t.Parallel()
			if n := len(each.SampleTypes); n < 3 {
				t.Errorf("only %d samples", n)
			}
			if each.SigningHint == "" || len(each.Guides("u")) == 0 || each.Description == "" {
				t.Error("a word is missing: hint, guide or description")
			}
			rules := rulesOf(t, each)
			resolved := map[string]bool{}
			for _, eventType := range each.SampleTypes {
				in := input(t, each, eventType)
				for _, planned := range rules.Evaluate(in).Actions {
					if planned.Problem != nil {
						t.Errorf("%s: %s cannot be carried out: %s", eventType, planned.MappingKey, planned.Problem.Message)
					}
					checkFields(t, each, planned)
					resolved[planned.MappingKey] = true
				}
			}
			for _, mapping := range each.DefaultMappings {
				if !resolved[mapping.Key] {
					t.Errorf("%s: no sample leads to it", mapping.Key)
				}
			}
		})
	}
}

// input reads a sample as the door does, and fails unless it says what it is.
func input(t *testing.T, of template.Template, eventType string) rule.Input {
	t.Helper()
	request, err := of.Request(eventType, template.Seed{Now: now, NewID: of.IDs(rand.NewPCG(1, 2).Uint64)})
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][]string{}
	for name, text := range request.Headers {
		lines[name] = []string{text}
		if strings.ContainsAny(text, "{}") {
			t.Errorf("%s: a placeholder is left in %s: %s", eventType, name, text)
		}
	}
	if strings.Contains(string(request.Body), "{{") {
		t.Errorf("%s: a placeholder is left: %s", eventType, request.Body)
	}
	paths := pathsOf(t, of)
	decoded, err := value.Decode(request.Body, &paths)
	if err != nil || len(decoded.Flaws) > 0 {
		t.Fatalf("%s: %v, %v", eventType, err, decoded.Flaws)
	}
	receipt := paths.ReadReceipt(request.Body, decoded.Value, webhook.KeptHeaders(lines, nil))
	if receipt.EventType != eventType {
		t.Errorf("%s is read as %q", eventType, receipt.EventType)
	}
	if wanted := of.DefaultSettings.IdempotencyKeyPath; (wanted == "") != (receipt.KeyProblem == webhook.KeyOff) || wanted != "" && receipt.KeyProblem != "" {
		t.Errorf("%s: no key at %s: %s", eventType, wanted, receipt.KeyProblem)
	}
	if of.DefaultSettings.TimestampPath != "" && receipt.OccurredAt.Sub(now).Abs().Seconds() > 1 {
		t.Errorf("%s: occurred at %s, not now", eventType, receipt.OccurredAt)
	}
	return rule.Input{Body: decoded.Value, Headers: receipt.Headers, Event: rule.Event{Type: receipt.EventType}}
}

func pathsOf(t *testing.T, of template.Template) webhook.Paths {
	t.Helper()
	settings := of.DefaultSettings
	parse := func(text string) *fieldpath.Path {
		if text == "" || text == "sha256(body)" {
			return nil
		}
		path, err := fieldpath.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return &path
	}
	preprocess, err := rule.NewPreprocess(settings.Preprocess)
	if err != nil {
		t.Fatalf("preprocess: %v", err)
	}
	return webhook.Paths{
		EventType: *parse(settings.EventTypePath), Timestamp: parse(settings.TimestampPath),
		Key: parse(settings.IdempotencyKeyPath), HashesBody: settings.IdempotencyKeyPath == "sha256(body)",
		Preprocess: preprocess,
	}
}

func rulesOf(t *testing.T, of template.Template) *rule.Rules {
	t.Helper()
	rules, problems := rule.Compile(rule.Definition{Mappings: of.DefaultMappings, Preprocess: of.DefaultSettings.Preprocess})
	if len(problems) > 0 {
		t.Fatalf("the default mappings cannot be used: %+v", problems)
	}
	return rules
}

// checkFields finds fields of a mapping that came out as nothing.
func checkFields(t *testing.T, of template.Template, planned rule.Planned) {
	t.Helper()
	i := slices.IndexFunc(of.DefaultMappings, func(m rule.Mapping) bool { return m.Key == planned.MappingKey })
	var payload map[string]any
	if err := json.Unmarshal(planned.Payload, &payload); err != nil {
		t.Fatal(err)
	}
	for name := range of.DefaultMappings[i].ActionParameters {
		if found := payload[name]; found == nil || found == "" {
			t.Errorf("%s: %s leads to nothing in the sample", planned.MappingKey, name)
		}
	}
}

// What is fresh is fresh in the headers too, and what a story shares is shared.
func TestEveryRequestIsAnother(t *testing.T) {
	t.Parallel()
	for _, each := range template.All() {
		s := template.Seed{Now: now, NewID: each.IDs(rand.NewPCG(1, 2).Uint64)}
		first, err := each.Request(each.SampleTypes[0], s)
		if err != nil {
			t.Fatal(err)
		}
		second, err := each.Request(each.SampleTypes[0], s)
		if err != nil {
			t.Fatal(err)
		}
		path, isHeader := strings.CutPrefix(each.DefaultSettings.IdempotencyKeyPath, "headers.")
		if !isHeader {
			if string(first.Body) == string(second.Body) {
				t.Errorf("%s: two samples are one", each.Key)
			}
			continue
		}
		for name, text := range first.Headers {
			if strings.EqualFold(name, path) && text == second.Headers[name] {
				t.Errorf("%s: two samples have one %s", each.Key, name)
			}
		}
	}
}

// A template that has a list of event types has each once, and among them those
// that its mappings are for.
func TestEventTypesOfEveryTemplate(t *testing.T) {
	t.Parallel()
	for _, each := range template.All() {
		types := each.EventTypes()
		if unique := slices.Compact(slices.Sorted(slices.Values(types))); len(unique) != len(types) {
			t.Errorf("%s: %d types stand twice", each.Key, len(types)-len(unique))
		}
		for _, mapping := range each.DefaultMappings {
			if len(types) > 0 && !slices.Contains(types, mapping.EventType) {
				t.Errorf("%s: %s is not among the event types", each.Key, mapping.EventType)
			}
		}
	}
}

// The provider's own words stand in quotation marks, which pages replace.
func TestQuotesAreInPairs(t *testing.T) {
	t.Parallel()
	for _, each := range template.All() {
		for _, guide := range each.Guides("https://daybook.example.com/in/abc") {
			for _, step := range guide.Steps {
				if strings.Count(step.Text, "“") != strings.Count(step.Text, "”") || strings.Contains(step.Text, "{") {
					t.Errorf("%s: %s", each.Key, step.Text)
				}
			}
		}
	}
}
