package declaration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"daybook/domain/environment"
	"daybook/domain/nearest"
)

// Parse reads a file that is called name.
func Parse(name string, raw []byte) File {
	r := &reader{file: &text{name: name}}
	if len(raw) > MaxFile {
		r.problem(Position{}, "", fmt.Sprintf("the file has %d bytes; at most %d are read", len(raw), MaxFile))
		return File{Problems: r.problems}
	}
	raw = bytes.TrimPrefix(raw, []byte("\uFEFF"))
	r.file.lines = strings.Split(string(raw), "\n")
	declared := r.declarations(r.documents(raw))
	if len(declared) == 0 && len(r.problems) == 0 {
		r.problem(Position{}, "", "the file declares no source; begin with key: and environments:")
	}
	return File{Sources: declared, Problems: r.problems.Sorted()}
}

// documents reads a file as JSON if it is an object of that, else as YAML.
func (r *reader) documents(raw []byte) []*node {
	if bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		return r.readJSON(raw)
	}
	return r.readYAML(raw)
}

// reader reads one file and gathers what is wrong with it.
type reader struct {
	file     *text
	problems Problems
	deep     bool // that it is too deep was said
}

func (r *reader) problem(at Position, field, message string) {
	r.problems = append(r.problems, Problem{File: r.file.name, Position: at, Field: field, Message: message})
}

// once adds a problem that would repeat itself.
func (r *reader) once(at Position, message string) {
	if !r.deep {
		r.deep = true
		r.problem(at, "", message)
	}
}

func (r *reader) declarations(documents []*node) []Declaration {
	var declared []Declaration
	first := map[string]Position{}
	for _, document := range documents {
		d, ok := r.declaration(document)
		if !ok {
			continue
		}
		if before, twice := first[d.Key]; twice {
			r.problem(d.at("key"), "key", fmt.Sprintf("the source %s is declared in line %d already; put all of its environments there", d.Key, before.Line))
			continue
		}
		first[d.Key] = d.at("key")
		declared = append(declared, d)
	}
	return declared
}

// declaration reads one source; false if there is none to speak of.
func (r *reader) declaration(n *node) (Declaration, bool) {
	if wrapped, ok := n.field("source"); ok && len(n.fields) == 1 {
		n = wrapped.value // as the API gives it
	}
	d := Declaration{file: r.file, root: n}
	ok := r.object(n, "", words{
		"key":                    func(f field, where string) { d.Key = r.text(f, where) },
		"name":                   func(f field, where string) { d.Name = r.textOrNull(f, where) },
		"description":            func(f field, where string) { d.Description = r.textOrNull(f, where) },
		"template":               func(f field, where string) { d.Template = r.template(d, f, where) },
		"preconfigured_provider": func(f field, where string) { d.Template = r.template(d, f, where) },
		"environments":           func(f field, where string) { d.Environments = r.environments(d, f, where) },
		"environment_settings":   func(f field, where string) { d.Environments = r.environments(d, f, where) },
	}, "revision", "created_at", "updated_at", "custom_image_url")
	switch {
	case !ok:
		return d, false
	case d.Key == "":
		if _, given := n.field("key"); !given {
			r.problem(n.at, "key", "say which source this is: key: stripe")
		}
		return d, false
	case !environment.IsSlug(d.Key):
		r.problem(d.at("key"), "key", "a key is lower-case letters, digits, - and _, at most 63, and begins with a letter or digit")
		return d, false
	case len(d.Environments) == 0:
		_, e := n.field("environments")
		_, s := n.field("environment_settings")
		if !e && !s {
			r.problem(n.at, "environments", "name the environments that the source is in: environments: {development: {}}")
		}
	}
	return d, true
}

func (r *reader) template(d Declaration, f field, where string) string {
	if d.Template != "" {
		r.problem(f.at, where, "template and preconfigured_provider are the same; give one of them")
	}
	if text := r.textOrNull(f, where); text != nil {
		return *text
	}
	return ""
}

func (r *reader) environments(d Declaration, f field, where string) []Environment {
	if d.Environments != nil {
		r.problem(f.at, where, "environments and environment_settings are the same; give one of them")
		return d.Environments
	}
	if f.value.kind != isObject || len(f.value.fields) == 0 {
		r.problem(f.value.at, where, "name an environment at least: {development: {}}")
		return nil
	}
	var all []Environment
	for _, named := range f.value.fields {
		at := where + "." + named.name
		if !environment.IsSlug(named.name) {
			r.problem(named.at, where, quote(named.name)+" cannot be an environment; its name is lower-case letters, digits, - and _")
			continue
		}
		all = append(all, r.environment(named, where, at))
	}
	return all
}

func (r *reader) environment(f field, word, where string) Environment {
	e := Environment{Slug: f.name, at: f.at, root: f.value, word: word}
	if f.value.kind == isNull {
		return e // what the template gives
	}
	r.object(f.value, where, words{
		"settings": func(f field, where string) { e.Settings = r.settings(f, where) },
		"mappings": func(f field, where string) { e.Mappings = r.mappings(&e, f, where) },
		"secrets":  func(f field, where string) { e.Secrets = r.secrets(f, where) },
	}, "paused", "created_at", "updated_at")
	return e
}

func (r *reader) settings(f field, where string) json.RawMessage {
	switch f.value.kind {
	case isNull:
		return nil
	case isObject:
		return f.value.json()
	default:
		r.problem(f.value.at, where, "settings are an object, not "+f.value.kind.String())
		return nil
	}
}

// words are the fields that an object may have, and how each is read.
type words map[string]func(f field, where string)

// object reads the fields of an object; others than those known and ignored
// are problems. False if it is none.
func (r *reader) object(n *node, where string, known words, ignored ...string) bool {
	if n.kind != isObject {
		r.problem(n.at, where, "an object belongs here, not "+n.kind.String())
		return false
	}
	for _, f := range n.fields {
		at := strings.TrimPrefix(where+"."+f.name, ".")
		read, ok := known[f.name]
		switch {
		case ok:
			read(f, at)
		case !slices.Contains(ignored, f.name):
			r.problem(f.at, where, noSuchField(f.name, known))
		}
	}
	return true
}

func noSuchField(name string, known words) string {
	names := slices.Sorted(maps.Keys(known))
	if meant, ok := nearest.Name(name, slices.Values(names)); ok {
		return fmt.Sprintf("there is no field %s here; did you mean %s?", quote(name), meant)
	}
	return fmt.Sprintf("there is no field %s here; there are %s", quote(name), strings.Join(names, ", "))
}

func (r *reader) text(f field, where string) string {
	if f.value.kind != isText {
		r.notText(f, where)
		return ""
	}
	return f.value.text
}

func (r *reader) textOrNull(f field, where string) *string {
	switch f.value.kind {
	case isText:
		return &f.value.text
	case isNull:
		return nil
	default:
		r.notText(f, where)
		return nil
	}
}

func (r *reader) notText(f field, where string) {
	message := "text belongs here, not " + f.value.kind.String()
	if f.value.kind == isNumber || f.value.kind == isBoolean {
		message += "; put it in quotes"
	}
	r.problem(f.value.at, where, message)
}
