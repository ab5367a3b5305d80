package declaration_test

import (
	"strings"
	"testing"

	"daybook/app/declaration"
)

const placed = `key: stripe
name: "Our"
environments:
  development:
    settings:
      tolerance: 5m
      preprocess: |
          {"a": body.b,
           "c": nope}
      disabled_event_types: [a, b c]
    mappings:
      - event_type: gone
        is_deleted: true
      - event_type: invoice.*
        when: 'body.a ++ 1'
        action_type: users_identify
        action_parameters:
          id: {expr: "\"é\" + nope"}
          name: >-
            body.x
            + 1
          email: body..x
`

// What is found wrong later is led back to where it stands.
func TestLocate(t *testing.T) {
	t.Parallel()
	d := declaration.Parse("f.yaml", []byte(placed)).Sources[0]
	for _, c := range []struct{ field, message, want string }{
		{"name", "bad", "f.yaml:2:7: name: bad"},
		{"description", "bad", "f.yaml:1:1: description: bad"},
		{"preconfigured_provider", "bad", "f.yaml:1:1: preconfigured_provider: bad"},
		{"environment", "bad", "f.yaml:4:3: environments.development: bad"},
		{"settings.tolerance", "bad", "f.yaml:6:18: environments.development.settings.tolerance: bad"},
		{"settings.livemode", "bad", "f.yaml:5:5: environments.development.settings.livemode: bad"},
		{"settings.preprocess", "bad (line 2, column 7)", "f.yaml:9:17: environments.development.settings.preprocess: bad"},
		{"settings.preprocess", "bad (line 1, column 1)", "f.yaml:8:11: environments.development.settings.preprocess: bad"},
		{"settings.preprocess", "bad (line 7, column 1)", "f.yaml:7:19: environments.development.settings.preprocess: bad (line 7, column 1)"},
		{"settings.disabled_event_types[1]", "bad", "f.yaml:10:33: environments.development.settings.disabled_event_types[1]: bad"},
		{"mappings[0].event_type", "bad", "f.yaml:14:21: environments.development.mappings[1].event_type: bad"},
		{"mappings[0].when", "bad (line 1, column 8)", "f.yaml:15:23: environments.development.mappings[1].when: bad"},
		{"mappings[0].action_parameters.id.expr", "bad (line 1, column 7)", "f.yaml:18:22: environments.development.mappings[1].action_parameters.id.expr: bad (line 1, column 7)"},
		{"mappings[0].action_parameters.name", "bad (line 1, column 8)", "f.yaml:19:17: environments.development.mappings[1].action_parameters.name: bad (line 1, column 8)"},
		{"mappings[0].action_parameters.email", "bad (line 1, column 6)", "f.yaml:22:23: environments.development.mappings[1].action_parameters.email: bad"},
		{"mappings[0].action_parameters.avatar", "bad", "f.yaml:17:9: environments.development.mappings[1].action_parameters.avatar: bad"},
		{"mappings[7].when", "bad", "f.yaml:11:5: environments.development.mappings[7].when: bad"},
		{"mappings", "bad", "f.yaml:11:5: environments.development.mappings: bad"},
		{"mappings[", "bad", "f.yaml:11:5: environments.development.mappings[]: bad"},
	} {
		if got := d.Locate("development", c.field, c.message).Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	if got := d.Locate("production", "settings.x", "bad").Error(); got != "f.yaml:1:1: settings.x: bad" {
		t.Error(got)
	}
}

func TestLocateInJSON(t *testing.T) {
	t.Parallel()
	d := declaration.Parse("f.json", []byte(`{"key": "a", "environment_settings": {"development": {
	"mappings": [{"event_type": "x",
		"when": "é && nope"}]}}}`)).Sources[0]
	got := d.Locate("development", "mappings[0].when", "bad (line 1, column 6)").Error()
	if got != "f.json:3:17: environment_settings.development.mappings[0].when: bad" {
		t.Error(got)
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "good", "whsec_of_the_file_0123\n")
	write(t, dir, "large", strings.Repeat("x", 5000))
	write(t, dir, "short", "x")
	text := "key: a\nenvironments:\n  development: {secrets: ['${env:A}', '${file:good}', '${env:SAME}']}\n" +
		"  production: {secrets: ['${env:EMPTY}', '${env:NONE}', '${file:large}', '${file:short}', '${file:no/such}', '${file:.}']}\n"
	d := declaration.Parse("f.yaml", []byte(text)).Sources[0]
	variables := map[string]string{"A": "whsec_of_the_environment", "SAME": "whsec_of_the_environment", "EMPTY": ""}
	secrets, err := d.Resolve(declaration.Resolver{Dir: dir, Variable: func(name string) (string, bool) {
		text, ok := variables[name]
		return text, ok
	}})
	got := secrets["development"]
	if len(got) != 2 || got[0].Secret.Reveal() != "whsec_of_the_environment" || got[1].Secret.Reveal() != "whsec_of_the_file_0123" || got[1].Text != "${file:good}" {
		t.Errorf("found %v", got)
	}
	if err == nil {
		t.Fatal("what cannot be found is no problem")
	}
	lines := strings.Split(err.Error(), "\n")
	for i, want := range []string{
		"f.yaml:4:26: environments.production.secrets[0]: the variable EMPTY is not set",
		"f.yaml:4:42: environments.production.secrets[1]: the variable NONE is not set",
		"f.yaml:4:57: environments.production.secrets[2]: ",
		"f.yaml:4:74: environments.production.secrets[3]: ${file:short}: the secret is too short",
		"f.yaml:4:91: environments.production.secrets[4]: open ",
		"f.yaml:4:110: environments.production.secrets[5]: ",
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Errorf("want %s, got\n%s", want, err)
		}
	}
}
