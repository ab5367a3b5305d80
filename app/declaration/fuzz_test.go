package declaration_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"daybook/app/declaration"
)

// FuzzParse reads anything: it ends, what it finds wrong stands in the file,
// and what it takes is JSON that others can read.
func FuzzParse(f *testing.F) {
	f.Add([]byte(placed))
	f.Add([]byte("key: a\nenvironments: &e {development: {secrets: ['${env:A}']}}\n---\nkey: b\nenvironments: {production: null}\n"))
	f.Add([]byte(`{"source":{"key":"a","environment_settings":{"development":{"settings":{"x":[1e6,-0,"\ud83d\ude00",null]},"mappings":[{"is_deleted":true}]}}}}`))
	f.Add([]byte("key: |2-\n   a\n? b\n: >\n  c\nd: !!x &y *z\n<<: {}\n"))
	f.Add([]byte("a: &x [*x]\n%YAML 1.1\n\uFEFF"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file := declaration.Parse("f", raw)
		if len(file.Sources) == 0 && len(file.Problems) == 0 {
			t.Fatal("neither sources nor problems")
		}
		for _, p := range file.Problems {
			if p.Message == "" || p.Line < 0 || p.Column < 0 || p.Line > len(raw)+2 || p.Column > len(raw)+2 {
				t.Fatalf("%+v", p)
			}
		}
		for _, d := range file.Sources {
			for _, e := range d.Environments {
				check(t, d, e)
			}
		}
	})
}

func check(t *testing.T, d declaration.Declaration, e declaration.Environment) {
	t.Helper()
	if e.Settings != nil && !json.Valid(e.Settings) {
		t.Fatalf("settings %q", e.Settings)
	}
	if e.Mappings == nil {
		return
	}
	for _, m := range *e.Mappings {
		for name, raw := range m.ActionParameters {
			if !json.Valid(raw) {
				t.Fatalf("%s: %q", name, raw)
			}
			if p := d.Locate(e.Slug, "mappings[0].action_parameters."+name, "bad (line 2, column 3)"); p.File == "" {
				t.Fatalf("%s is nowhere", name)
			}
		}
	}
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
