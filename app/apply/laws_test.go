package apply_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"daybook/app/apply"
	"daybook/app/declaration"
	"daybook/app/sources"
	"daybook/domain/action"
	"daybook/domain/rule"
)

// What is exported, as YAML and as JSON, changes nothing when it is applied.
func TestAnExportChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := open(t)
		for range rapid.IntRange(1, 3).Draw(t, "puts") {
			randomPut(t, r)
		}
		for _, view := range r.service.All("") {
			written, err := declaration.Write(view)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(map[string]any{"source": view})
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{string(written), string(raw)} {
				if got := r.planned(text, r.options()); got != "" {
					t.Fatalf("it would change\n%s\n%s", got, text)
				}
			}
		}
	})
}

// An export that is applied to nothing makes the same again.
func TestAnExportIsTheWholeSource(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from, to := open(t), open(t)
		for range rapid.IntRange(1, 3).Draw(t, "puts") {
			randomPut(t, from)
			randomPut(t, to)
		}
		for _, view := range from.service.All("") {
			if there, err := to.service.View(sources.Place{Key: view.Key}); err == nil && there.PreconfiguredProvider != view.PreconfiguredProvider {
				continue // a source keeps its template
			}
			written, err := declaration.Write(view)
			if err != nil {
				t.Fatal(err)
			}
			to.apply(string(written), to.options())
			if got := to.planned(string(written), to.options()); got != "" {
				t.Fatalf("applied twice it would change\n%s", got)
			}
			again, err := to.service.View(sources.Place{Key: view.Key})
			if err != nil {
				t.Fatal(err)
			}
			for slug, env := range view.EnvironmentSettings {
				a, b := env, again.EnvironmentSettings[slug]
				a.Settings.Endpoint, b.Settings.Endpoint = "", ""
				a.UpdatedAt, b.UpdatedAt = 0, 0
				if x, y := asJSON(t, a), asJSON(t, b); x != y {
					t.Fatalf("%s\n%s", x, y)
				}
			}
		}
	})
}

func asJSON(t *rapid.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// randomPut changes a source; what is refused is a part of life.
func randomPut(t *rapid.T, r *rig) {
	at := sources.Place{
		Key:         rapid.SampledFrom([]string{"stripe", "b"}).Draw(t, "key"),
		Environment: rapid.SampledFrom([]string{"development", "production"}).Draw(t, "environment"),
	}
	if rapid.IntRange(0, 4).Draw(t, "leave") == 0 {
		if err := r.service.Disconnect(context.Background(), at, "admin"); err != nil {
			t.Logf("refused: %s", err)
		}
		return
	}
	settings := asJSON(t, map[string]any{
		"tolerance":            rapid.SampledFrom([]string{"1m", "90s", "1h"}).Draw(t, "tolerance"),
		"livemode":             rapid.SampledFrom([]any{nil, true, false}).Draw(t, "livemode"),
		"idempotency_key_path": rapid.SampledFrom([]any{nil, "body.id", "sha256(body)"}).Draw(t, "key path"),
		"preprocess":           rapid.SampledFrom([]any{nil, "{\"a\": body.b,\n\n  \"c\": 1}\n"}).Draw(t, "preprocess"),
		"disabled_event_types": rapid.SampledFrom([][]string{{}, {"a.*", "no"}}).Draw(t, "disabled"),
	})
	put := sources.Put{Settings: json.RawMessage(settings), Template: rapid.SampledFrom([]string{"", "stripe", "custom"}).Draw(t, "template")}
	if rapid.Bool().Draw(t, "described") {
		put.Name = new(rapid.SampledFrom([]string{"no", "0x1F", "Our: Stripe #1", "😀"}).Draw(t, "name"))
		put.Description = new(rapid.SampledFrom([]string{"", "null", "two\nlines", "- a"}).Draw(t, "description"))
	}
	if rapid.Bool().Draw(t, "mapped") {
		put.Mappings = new(randomMappings(t))
	}
	if _, err := r.service.Put(context.Background(), at, put, "admin"); err != nil {
		t.Logf("refused: %s", err)
	}
}

func randomMappings(t *rapid.T) []rule.Mapping {
	mappings := []rule.Mapping{}
	for i := range rapid.IntRange(0, 4).Draw(t, "mappings") {
		m := rule.Mapping{
			EventType:  rapid.SampledFrom([]string{"*", "invoice.*", "on", "customer.created", "a:b"}).Draw(t, "type"),
			When:       rapid.SampledFrom([]string{"", "body.a", "body.a == \"x\" &&\n\t body.b", "true\n", "body.x != '\u2028<&>'"}).Draw(t, "when"),
			ActionType: action.WorkflowsTrigger,
			Active:     rule.SwitchOf(rapid.Bool().Draw(t, "active")),
			ActionParameters: rule.Parameters{
				"key":        json.RawMessage(`"a"`),
				"recipients": json.RawMessage(`"body.id"`),
				"data":       randomParameter(t),
			},
		}
		if rapid.Bool().Draw(t, "keyed") {
			m.Key = fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"m", "0", "1e"}).Draw(t, "mapping key"), i)
		}
		mappings = append(mappings, m)
	}
	return mappings
}

func randomParameter(t *rapid.T) json.RawMessage {
	return json.RawMessage(rapid.SampledFrom([]string{
		`null`, `"body"`, `{"expr":"{\"a\": 1}"}`, `{ "path" : "body.a", "default": {"b": 9007199254740993, "a": [1e6, -0, 1.50, true, null, "no", "\u2028<\/>"]} }`,
		`{"value":{"":{},"x":[],"yes":"yes","012":12}}`, `{"value":{"n":9223372036854775807,"f":0.10,"t":"\ud83d\ude00","nested":{"a":{"b":[[]]}}}}`,
	}).Draw(t, "parameter"))
}

// Whatever is declared: once it is applied there is nothing left to do.
func TestApplyingTwiceIsApplyingOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := open(t)
		for range rapid.IntRange(0, 4).Draw(t, "puts") {
			randomPut(t, r)
		}
		for _, view := range r.service.All("") { // what is declared below is made from stripe
			if view.PreconfiguredProvider != "stripe" {
				t.Skip("of another template")
			}
		}
		o := r.options()
		o.Prune = rapid.Bool().Draw(t, "prune")
		text := rapid.SampledFrom([]string{
			"key: stripe\nenvironments: {development: {secrets: ['${env:A}']}}\n",
			"key: stripe\nname: Our\nenvironments: {development: {mappings: []}, production: {settings: {livemode: true}, secrets: []}}\n",
			"key: b\ntemplate: stripe\nenvironments: {production: {secrets: ['${env:A}', '${env:B}', '${env:A}']}}\n",
		})
		for range 2 {
			r.apply(text.Draw(t, "text"), o)
		}
		last := text.Draw(t, "text")
		r.apply(last, o)
		if got := r.planned(last, o); got != "" {
			t.Fatalf("there is still to be done\n%s", got)
		}
	})
}

var _ apply.Server = apply.Local{}
