package declaration_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/app/declaration"
)

// one reads a file that declares one source in development, and is right.
func one(t *testing.T, text string) declaration.Environment {
	t.Helper()
	file := declaration.Parse("f.yaml", []byte(text))
	if len(file.Problems) > 0 || len(file.Sources) != 1 {
		t.Fatalf("%v\n%s", file.Problems, text)
	}
	env, ok := file.Sources[0].Environment("development")
	if !ok {
		t.Fatalf("no environment\n%s", text)
	}
	return env
}

// literal reads text as the value of a field in YAML, and returns it as JSON.
func literal(t *testing.T, text string) string {
	t.Helper()
	env := one(t, "key: a\nenvironments:\n  development:\n    settings:\n      x: "+text+"\n")
	return strings.TrimSuffix(strings.TrimPrefix(string(env.Settings), `{"x":`), "}")
}

func TestWhatStandsInAFileIsCarriedToJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"9223372036854775807": "9223372036854775807", "123456789012345678901234567890": "123456789012345678901234567890",
		"1e6": "1e6", "-0": "-0", "1.50": "1.50", "0": "0", "1E+400": "1E+400",
		"true": "true", "false": "false", "null": "null", "~": "null", "": "null",
		`"1"`: `"1"`, `'no'`: `"no"`, `"true"`: `"true"`, `""`: `""`, `'~'`: `"~"`,
		"body.type": `"body.type"`, "2026-11-25": `"2026-11-25"`, "1.2.3": `"1.2.3"`, "=": `"="`, "24h": `"24h"`, "1s": `"1s"`,
		"a # comment":    `"a"`,
		`"\u00e9\n"`:     `"é\n"`,
		"[1, a, {b: 2}]": `[1,"a",{"b":2}]`,
		"{no: 1, 012: 2, true: 3, null: 4, 1.0: 5}":       `{"no":1,"012":2,"true":3,"null":4,"1.0":5}`,
		"{a: &x [1, {b: c}], d: *x, e: [*x]}":             `{"a":[1,{"b":"c"}],"d":[1,{"b":"c"}],"e":[[1,{"b":"c"}]]}`,
		"|\n        one\n          two\n":                 `"one\n  two\n"`,
		">-\n        one\n        two\n\n        three\n": `"one two\nthree"`,
	} {
		if got := literal(t, text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func TestWhatReadersOfYAMLDisagreeOnIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"yes", "No", "on", "OFF", "y", "N", "True", "FALSE", "Null", "NULL", "0x1F", "0o17", "017", "00", "1_000", ".5", "5.", "+1", "0b101",
		".inf", "-.INF", ".NaN", "12:30", "1:30:00", "01.5", "+.5e3", "-1_0",
	} {
		file := declaration.Parse("f.yaml", []byte("key: a\nenvironments:\n  development:\n    settings:\n      x: "+text+"\n"))
		if len(file.Problems) != 1 || file.Problems[0].Position != (declaration.Position{Line: 5, Column: 10}) || !strings.Contains(file.Problems[0].Message, "quotes") {
			t.Errorf("%s: %v", text, file.Problems)
		}
		if got := literal(t, `"`+text+`"`); got != `"`+text+`"` {
			t.Errorf("in quotes %s is %s", text, got)
		}
	}
}

func TestMistakesAreFoundAllAtOnceWithTheirPlaces(t *testing.T) {
	t.Parallel()
	const begin = "key: a\nenvironments:\n  development:\n"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":         {"", `f.yaml: the file declares no source; begin with key: and environments:`},
		"comments":        {"# nothing\n---\n", `f.yaml: the file declares no source; begin with key: and environments:`},
		"no source":       {"- a\n", `f.yaml:1:1: an object belongs here, not a list`},
		"not YAML":        {begin + "   x: [\n", `f.yaml:5:1: the file is not YAML: did not find expected node content (while parsing a flow node)`},
		"not indented":    {"key: a\n name: b\n", `f.yaml:2:6: the file is not YAML: mapping values are not allowed in this context`},
		"tabs":            {"key: a\n\tname: b\n", `f.yaml:2:1: the file is not YAML: found a tab character that violates indentation (while scanning a plain scalar)`},
		"a control":       {"key: a\nname: b\x01\n", `f.yaml:2:8: the file is not YAML: control characters are not allowed (value: 1)`},
		"not UTF-8":       {"key: a\nname: é\xff\n", `f.yaml:2:8: the file is not YAML: invalid leading UTF-8 octet (value: 255)`},
		"no anchor":       {"key: *a\n", `f.yaml:1:6: the file is not YAML: unknown anchor 'a' referenced`},
		"twice":           {"key: a\nkey: b\nenvironments: {development: {}}\n", `f.yaml:2:1: "key" stands twice; give it once`},
		"twice in JSON":   {"{\"key\": \"a\",\n \"key\": \"b\"}", `f.yaml:2:2: "key" stands twice; give it once`},
		"half of JSON":    {"{\"key\": \"a\",\n", `f.yaml:2:1: the file begins with { and is not JSON: unexpected EOF`},
		"flow, not JSON":  {"{key: a}\n", `f.yaml:1:2: the file begins with { and is not JSON: invalid character 'k' at start of value`},
		"after JSON":      {"{\"key\": \"a\", \"environments\": {\"b\": {}}}\n{}", `f.yaml:2:1: something stands after the object; one file holds one`},
		"a tag":           {"key: !!str a\nenvironments: {development: {}}\n", "f.yaml:1:6: tags are not read; leave \"!!str\" out, and put text in quotes\nf.yaml:1:6: key: text belongs here, not null"},
		"a merge":         {"key: a\nenvironments: {development: &x {}, production: {<<: *x}}\n", `f.yaml:2:49: merge keys are not read; write the fields out, or use an alias for all of them`},
		"its own anchor":  {"key: a\nenvironments: &x {development: {settings: *x}}\n", `f.yaml:2:32: values are nested over 100 deep here; an alias must not stand within its own anchor`},
		"a list as name":  {"key: a\n? [b]\n: c\nenvironments: {development: {}}\n", `f.yaml:2:3: the name of a field is text, not a list or an object`},
		"no key":          {"name: b\nenvironments: {development: {}}\n", `f.yaml:1:1: key: say which source this is: key: stripe`},
		"a bad key":       {"key: A b\nenvironments: {development: {}}\n", `f.yaml:1:6: key: a key is lower-case letters, digits, - and _, at most 63, and begins with a letter or digit`},
		"a number as key": {"key: 5\nenvironments: {development: {}}\n", `f.yaml:1:6: key: text belongs here, not a number; put it in quotes`},
		"no environment":  {"key: a\n", `f.yaml:1:1: environments: name the environments that the source is in: environments: {development: {}}`},
		"none named":      {"key: a\nenvironments: {}\n", `f.yaml:2:15: environments: name an environment at least: {development: {}}`},
		"a bad one":       {"key: a\nenvironments: {Prod uction: {}}\n", `f.yaml:2:16: environments: "Prod uction" cannot be an environment; its name is lower-case letters, digits, - and _`},
		"both words":      {"key: a\ntemplate: stripe\npreconfigured_provider: stripe\nenvironments: {development: {}}\n", `f.yaml:3:1: preconfigured_provider: template and preconfigured_provider are the same; give one of them`},
		"declared twice":  {begin + "---\nkey: b\nenvironments: {development: {}}\n---\n" + begin, `f.yaml:8:6: key: the source a is declared in line 1 already; put all of its environments there`},
		"a slip":          {begin + "    mapings: []\n", `f.yaml:4:5: environments.development: there is no field "mapings" here; did you mean mappings?`},
		"settings":        {begin + "    settings: [a]\n", `f.yaml:4:15: environments.development.settings: settings are an object, not a list`},
		"mappings": {begin + "    mappings:\n    - event_type: 5\n      active: maybe\n      when: [a]\n      actoin_type: b\n    - text\n", strings.Join([]string{
			`f.yaml:5:19: environments.development.mappings[0].event_type: text belongs here, not a number; put it in quotes`,
			`f.yaml:6:15: environments.development.mappings[0].active: true or false belongs here, not text`,
			`f.yaml:7:13: environments.development.mappings[0].when: text belongs here, not a list`,
			`f.yaml:8:7: environments.development.mappings[0]: there is no field "actoin_type" here; did you mean action_type?`,
			`f.yaml:9:7: environments.development.mappings[1]: an object belongs here, not text`,
		}, "\n")},
		"secrets": {begin + "    secrets:\n    - whsec_never_told\n    - ${env:A B}\n    - ${vault:x}\n    - x${env:A}\n    - {a: b}\n", strings.Join([]string{
			`f.yaml:5:7: environments.development.secrets[0]: a secret does not stand in a file; write ${env:NAME} or ${file:path}, and put the secret there`,
			`f.yaml:6:7: environments.development.secrets[1]: "A B" cannot be the name of a variable`,
			`f.yaml:7:7: environments.development.secrets[2]: a secret does not stand in a file; write ${env:NAME} or ${file:path}, and put the secret there`,
			`f.yaml:8:7: environments.development.secrets[3]: a secret does not stand in a file; write ${env:NAME} or ${file:path}, and put the secret there`,
			`f.yaml:9:7: environments.development.secrets[4]: a secret does not stand in a file; write ${env:NAME} or ${file:path}, and put the secret there`,
		}, "\n")},
		"one secret": {begin + "    secrets: whsec_never_told\n", `f.yaml:4:14: environments.development.secrets: secrets are a list of references, such as [${env:STRIPE_SECRET}]`},
	} {
		if diff := cmp.Diff(c.want, declaration.Parse("f.yaml", []byte(c.text)).Problems.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What is made to be expensive ends soon, and says that it is too much.
func TestAFileIsBounded(t *testing.T) {
	t.Parallel()
	bomb := "key: a\nx0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
	for i := range 12 {
		bomb += fmt.Sprintf("x%d: &x%d [%s*x%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*x%d, ", i), 9), i)
	}
	for name, text := range map[string]string{
		"aliases":         bomb,
		"lists":           "key: " + strings.Repeat("[", 500_000),
		"lists in lists":  strings.Repeat("- ", 500_000),
		"objects":         strings.Repeat("? ", 500_000),
		"JSON":            `{"key":` + strings.Repeat("[", 1_000_000),
		"objects of JSON": strings.Repeat(`{"a":`, 200_000),
		"many values":     "key: a\nx: [" + strings.Repeat("1,", 450_000) + "1]",
		"many of JSON":    `{"x":[` + strings.Repeat("1,", 450_000) + "1]}",
		"many sources":    strings.Repeat("---\nkey: a\n", 2000),
		"one long name":   "key: a\n" + strings.Repeat("x", 900_000) + ": b\n",
		"large":           strings.Repeat("#", declaration.MaxFile+1),
	} {
		file := declaration.Parse("f.yaml", []byte(text))
		if len(file.Problems) == 0 || len(file.Problems) > 50 || len(file.Problems.Error()) > 20_000 {
			t.Errorf("%s: %d problems", name, len(file.Problems))
		}
	}
}

// A short alias stands for a long text: a file of some kilobytes must not become
// gigabytes.
func TestAliasesUnfoldToSoMuch(t *testing.T) {
	t.Parallel()
	const before = "key: a\nenvironments:\n  development:\n    mappings:\n    - event_type: a\n      action_type: users_identify\n      action_parameters:\n"
	long := "&t " + strings.Repeat("t", 60_000)
	for name, parameters := range map[string]string{
		"texts": "        id: " + long + "\n        name: {value: [" + strings.Repeat("*t , ", 100) + "]}\n",
		"names": "        id: {? " + long + "\n          : 1}\n        name: {value: [" + strings.Repeat("{*t : 1}, ", 100) + "]}\n",
	} {
		file := declaration.Parse("f.yaml", []byte(before+parameters))
		if len(file.Problems) != 1 || !strings.Contains(file.Problems[0].Message, "holds too much") {
			t.Errorf("%s: %v", name, file.Problems)
		}
		if few := strings.Replace(before+parameters, strings.Repeat("t", 60_000), "short", 1); len(declaration.Parse("f.yaml", []byte(few)).Problems) > 0 {
			t.Errorf("%s: a short one is refused", name)
		}
	}
}

func TestKnocksWords(t *testing.T) {
	t.Parallel()
	file := declaration.Parse("knock.json", []byte(`{"source": {"key": "custom", "name": null, "preconfigured_provider": "custom_http", "custom_image_url": null,
		"created_at": "x", "updated_at": "y", "environment_settings": {"development": {"updated_at": "z",
		"settings": {"endpoint": "e", "preprocess_script": null},
		"mappings": [
			{"event_type": "a", "action_type": "users_identify", "action_parameters": {"id": "body.id", "name": null}, "active": false, "is_deleted": false, "created_at": "1", "updated_at": "2"},
			{"event_type": "b", "action_type": "users_identify", "action_parameters": null, "is_deleted": true}]}}}}`))
	if len(file.Problems) > 0 || len(file.Sources) != 1 {
		t.Fatal(file.Problems)
	}
	d := file.Sources[0]
	env, _ := d.Environment("development")
	if d.Key != "custom" || d.Template != "custom_http" || d.Name != nil || len(*env.Mappings) != 1 || (*env.Mappings)[0].EventType != "a" || env.Secrets != nil {
		t.Errorf("%+v %+v", d, env)
	}
	if string(env.Settings) != `{"endpoint":"e","preprocess_script":null}` {
		t.Errorf("settings %s", env.Settings)
	}
}
