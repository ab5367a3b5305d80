package template_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daybook/domain/es"
	"daybook/domain/template"
)

const overridden = `{
  "id": "evt_1",
  "data": {
    "object": {
      "amount_due": 4900,
      "big": 12345678901234567890.10,
      "customer": null,
      "lines": {
        "data": [
          {
            "amount": 4900
          },
          {
            "amount": 100
          }
        ]
      },
      "metadata": {},
      "tags": []
    }
  },
  "type": "invoice.paid"
}
`

func TestOverride(t *testing.T) {
	t.Parallel()

	for name, tt := range map[string]struct {
		path     string
		value    any
		old, new string // what is replaced in the body
	}{
		"a number":          {"data.object.amount_due", 9900, `"amount_due": 4900`, `"amount_due": 9900`},
		"a JSON number":     {"data.object.amount_due", json.Number("12345678901234567890"), `"amount_due": 4900`, `"amount_due": 12345678901234567890`},
		"a float from JSON": {"data.object.amount_due", 9900.0, `"amount_due": 4900`, `"amount_due": 9900`},
		"a string": {"data.object.amount_due", "a \"b\" <c>", `4900,
      "big"`, `"a \"b\" <c>",
      "big"`},
		"null":       {"data.object.amount_due", nil, `"amount_due": 4900`, `"amount_due": null`},
		"with body.": {"body.type", "x", `"invoice.paid"`, `"x"`},
		"an object": {"data.object.metadata", map[string]any{"b": 1, "a": []int{2}}, `"metadata": {}`, `"metadata": {
        "a": [
          2
        ],
        "b": 1
      }`},
		"an entry": {"data.object.lines.data[1].amount", 7, `"amount": 100`, `"amount": 7`},
		"a whole entry": {"data.object.lines.data[1]", 7, `{
            "amount": 100
          }`, `7`},
		"a new field": {"data.object.paid", true, `"tags": []
`, `"tags": [],
      "paid": true
`},
		"in an empty object": {"data.object.metadata.plan", "pro", `"metadata": {}`, `"metadata": {
        "plan": "pro"
      }`},
		"in place of null": {"data.object.customer.id", "cus_1", `"customer": null`, `"customer": {
        "id": "cus_1"
      }`},
		"a new way": {"account.owner.name", "Kim", `"invoice.paid"
`, `"invoice.paid",
  "account": {
    "owner": {
      "name": "Kim"
    }
  }
`},
		"a name of its own": {`data.object.metadata.größe "x"`, 1, `"metadata": {}`, `"metadata": {
        "größe \"x\"": 1
      }`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(overridden, tt.old) != 1 {
				t.Fatalf("%s is not in the body once", tt.old)
			}
			got, err := template.Override([]byte(overridden), map[string]any{tt.path: tt.value})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Replace(overridden, tt.old, tt.new, 1), string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOverrideKeepsTheLayout(t *testing.T) {
	t.Parallel()

	for body, want := range map[string]string{
		`{"a":1}`:                             `{"a":1,"b":{"c":[1,{"d":2}]}}`,
		`{}`:                                  `{"b":{"c":[1,{"d":2}]}}`,
		` {"a" : 1 }`:                         ` {"a" : 1,"b":{"c":[1,{"d":2}]} }`,
		`{"a":1,"b":2,"b":3}`:                 `{"a":1,"b":2,"b":{"c":[1,{"d":2}]}}`,
		"{\n\t\"a\": 1\n}":                    "{\n\t\"a\": 1,\n\t\"b\": {\n\t\t\"c\": [\n\t\t\t1,\n\t\t\t{\n\t\t\t\t\"d\": 2\n\t\t\t}\n\t\t]\n\t}\n}",
		"{\"a\": \"\xff\", \"\\u0062\":null}": "{\"a\": \"\xff\", \"\\u0062\":{\"c\":[1,{\"d\":2}]}}",
	} {
		got, err := template.Override([]byte(body), map[string]any{"b": map[string]any{"c": []any{1, map[string]any{"d": 2}}}})
		if err != nil || string(got) != want {
			t.Errorf("%q\n got %q, %v\nwant %q", body, got, err, want)
		}
	}
}

func TestOverrideSeveral(t *testing.T) {
	t.Parallel()

	got, err := template.Override([]byte(`{"a":null}`), map[string]any{"a.y": 2, "a.x": 1, "a": map[string]any{"w": 0}})
	if want := `{"a":{"w":0,"x":1,"y":2}}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	if got, err = template.Override([]byte(overridden), nil); err != nil || string(got) != overridden {
		t.Errorf("nothing overridden: %s, %v", got, err)
	}
}

func TestOverrideAtItsLimits(t *testing.T) {
	t.Parallel()

	hundred := map[string]any{}
	for i := range template.MaxOverrides {
		hundred[fmt.Sprintf("f%d", i)] = i
	}
	for name, overrides := range map[string]map[string]any{
		"100 fields": hundred,
		"32 steps":   {"a" + strings.Repeat(".a", 31): 1},
		"512 bytes":  {strings.Repeat("x", 512): 1},
	} {
		if _, err := template.Override([]byte(overridden), overrides); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOverrideRefuses(t *testing.T) {
	t.Parallel()

	many := map[string]any{}
	for i := range 101 {
		many[fmt.Sprintf("f%d", i)] = i
	}
	for name, tt := range map[string]struct {
		body      string
		overrides map[string]any
		field     string
		says      string
	}{
		"into a number":    {overridden, map[string]any{"data.object.amount_due.cents": 1}, "overrides.data.object.amount_due.cents", "amount_due is a number"},
		"into a string":    {overridden, map[string]any{"type.x": 1}, "overrides.type.x", "override type as a whole"},
		"name into a list": {overridden, map[string]any{"data.object.tags.x": 1}, "overrides.data.object.tags.x", "tags is a list"},
		"entry of object":  {overridden, map[string]any{"data[0]": 1}, "overrides.data[0]", "data is an object"},
		"beyond the list":  {overridden, map[string]any{"data.object.lines.data[2].amount": 1}, "overrides.data.object.lines.data[2].amount", "no entry [2]: it has 2"},
		"entry of nothing": {overridden, map[string]any{"data.object.new[0]": 1}, "overrides.data.object.new[0]", "no list for [0]"},
		"entry of null":    {overridden, map[string]any{"data.object.customer[0]": 1}, "overrides.data.object.customer[0]", "no list"},
		"no path":          {overridden, map[string]any{"": 1}, "overrides", "empty name"},
		"an empty name":    {overridden, map[string]any{"data..object": 1}, "overrides.data..object", "empty name"},
		"a wildcard":       {overridden, map[string]any{"data.object.tags[*]": 1}, "overrides.data.object.tags[*]", "number from 0"},
		"a sign":           {overridden, map[string]any{"data.object.tags[-1]": 1}, "overrides.data.object.tags[-1]", "number from 0"},
		"an open bracket":  {overridden, map[string]any{"data.object.tags[0": 1}, "overrides.data.object.tags[0", "without its ]"},
		"a large index":    {overridden, map[string]any{"tags[10000]": 1}, "overrides.tags[10000]", "number from 0"},
		"a long path":      {overridden, map[string]any{strings.Repeat("x", 513): 1}, "overrides." + strings.Repeat("x", 200), "512 bytes"},
		"not UTF-8":        {overridden, map[string]any{"a\xff": 1}, "overrides.a\xff", "UTF-8"},
		"33 steps":         {overridden, map[string]any{"a" + strings.Repeat(".a", 32): 1}, "overrides.a" + strings.Repeat(".a", 32), "32 steps"},
		"no JSON value":    {overridden, map[string]any{"x": math.Inf(1)}, "overrides.x", "not JSON"},
		"101 fields":       {overridden, many, "overrides", "100 at most"},
		"a list":           {`[]`, map[string]any{"x": 1}, "overrides", "not a JSON object"},
		"no JSON":          {`{`, map[string]any{"x": 1}, "overrides", "not a JSON object"},
		"two objects":      {`{}{}`, map[string]any{"x": 1}, "overrides", "not a JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := template.Override([]byte(tt.body), tt.overrides)
			var refusal *es.Refusal
			if !errors.As(err, &refusal) || got != nil {
				t.Fatalf("%v, %s", err, got)
			}
			if refusal.Code != es.Invalid || refusal.Field != tt.field || !strings.Contains(refusal.Message, tt.says) {
				t.Errorf("refused %s: %s; want %s: %q", refusal.Field, refusal.Message, tt.field, tt.says)
			}
		})
	}
}

// An override that is made is seen by who reads the body, leaves the rest of it
// alone, keeps the layout, and made again changes nothing.
func TestLawOverride(t *testing.T) {
	t.Parallel()
	samples := stripe(t).SampleTypes

	rapid.Check(t, func(rt *rapid.T) {
		body := sample(t, stripe(t), rapid.SampledFrom(samples).Draw(rt, "type"), seed(t, stripe(t), nil))
		path := rapid.StringMatching(`(data\.object\.|data\.)?(metadata|customer|id|new|a)(\.[a-c]){0,3}`).Draw(rt, "path")
		value := rapid.Custom(drawJSON).Draw(rt, "value")

		got, err := template.Override(body, map[string]any{path: value})
		if err != nil {
			rt.Skip(err) // into a string, say
		}
		again, err := template.Override(got, map[string]any{path: value})
		if err != nil || string(again) != string(got) {
			rt.Fatalf("made again: %v\n%s\n%s", err, got, again)
		}
		want := decode(t, body)
		put(want, strings.Split(path, "."), throughJSON(t, value))
		if diff := cmp.Diff(want, decode(t, got)); diff != "" {
			rt.Fatalf("%s (-want +got):\n%s", path, diff)
		}
		pretty, err := json.MarshalIndent(json.RawMessage(got), "", "  ")
		if err != nil {
			rt.Fatal(err)
		}
		if string(pretty)+"\n" != string(got) {
			rt.Fatalf("%s: the layout is gone:\n%s", path, got)
		}
	})
}

func drawJSON(t *rapid.T) any {
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Int32().Draw(t, "number")
	case 3:
		return rapid.StringMatching(`[a-zé"\\ ]{0,5}`).Draw(t, "string")
	case 4:
		return rapid.SliceOfN(rapid.Custom(drawJSON), 0, 2).Draw(t, "list")
	default:
		return rapid.MapOfN(rapid.StringMatching(`[a-c]`), rapid.Custom(drawJSON), 0, 2).Draw(t, "object")
	}
}

func put(object map[string]any, path []string, value any) {
	if len(path) == 1 {
		object[path[0]] = value
		return
	}
	inner, ok := object[path[0]].(map[string]any)
	if !ok {
		inner = map[string]any{}
		object[path[0]] = inner
	}
	put(inner, path[1:], value)
}

func throughJSON(t testing.TB, value any) any {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"": value})
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, raw)[""]
}

// Whatever the path and the body, the answer is a JSON object or a refusal.
func FuzzOverride(f *testing.F) {
	f.Add(overridden, "data.object.lines.data[1].amount", `7`)
	f.Add(`{"a":[[1],{}]}`, "a[0][0]", `{"b":[]}`)
	f.Add(`{"a":{"b":null}}`, "body.a.b.c.d", `"x"`)
	f.Add("{\n \"a\":1}", "b", `[]`)

	f.Fuzz(func(t *testing.T, body, path, value string) {
		if !json.Valid([]byte(value)) {
			t.Skip()
		}
		got, err := template.Override([]byte(body), map[string]any{path: json.RawMessage(value)})
		var refusal *es.Refusal
		switch {
		case err == nil && json.Valid([]byte(got)) && len(got) > 0:
		case errors.As(err, &refusal) && refusal.Message != "":
		default:
			t.Errorf("%s, %v", got, err)
		}
	})
}
