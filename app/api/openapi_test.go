package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"

	"daybook/app/api"
)

// document is openapi.json, as far as the tests read it.
type document struct {
	Paths      map[string]map[string]operation
	Components struct {
		Parameters map[string]parameter
		Responses  map[string]response
		Schemas    map[string]schema
	}
}

type operation struct {
	OperationID string
	Parameters  []parameter
	Responses   map[string]response
	Security    *[]any
}

type parameter struct {
	Ref  string `json:"$ref"`
	Name string
	In   string
}

type response struct {
	Ref     string `json:"$ref"`
	Content map[string]struct{ Schema *schema }
}

// schema is the part of JSON Schema that the document uses.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Enum                 []any
	Properties           map[string]schema
	Required             []string
	AdditionalProperties any
	Items                *schema
	OneOf, AnyOf         []schema
}

var openAPI = sync.OnceValue(func() document {
	raw, err := os.ReadFile("openapi.json")
	if err != nil {
		panic(err)
	}
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		panic(err)
	}
	return d
})

// problem says what is wrong with a value; it is empty if nothing is.
func (d document) problem(s schema, v any, where string) string {
	if s.Ref != "" {
		named, ok := d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
		if !ok {
			return where + ": there is no " + s.Ref
		}
		return d.problem(named, v, where)
	}
	if variants := slices.Concat(s.OneOf, s.AnyOf); len(variants) > 0 {
		var problems []string
		for _, variant := range variants {
			problems = append(problems, d.problem(variant, v, where))
		}
		if slices.Contains(problems, "") {
			return ""
		}
		return strings.Join(problems, " / ")
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		return fmt.Sprintf("%s is %v, not one of %v", where, v, s.Enum)
	}
	if kinds := typesOf(s.Type); kinds != nil && !slices.ContainsFunc(kinds, func(kind string) bool { return isA(kind, v) }) {
		return fmt.Sprintf("%s is %v, not %v", where, v, kinds)
	}
	switch v := v.(type) {
	case map[string]any:
		return d.objectProblem(s, v, where)
	case []any:
		for i, entry := range v {
			if s.Items == nil {
				break
			}
			if p := d.problem(*s.Items, entry, fmt.Sprintf("%s[%d]", where, i)); p != "" {
				return p
			}
		}
	}
	return ""
}

func (d document) objectProblem(s schema, v map[string]any, where string) string {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return where + " lacks " + name
		}
	}
	for name, member := range v {
		of, declared := s.Properties[name]
		switch {
		case declared:
		case closed(s):
			return where + " has " + name + ", which is not declared"
		case s.AdditionalProperties != nil:
			remarshal(s.AdditionalProperties, &of)
		}
		if p := d.problem(of, member, where+"."+name); p != "" {
			return p
		}
	}
	return ""
}

// closed reports whether a schema allows no other members.
func closed(s schema) bool {
	allowed, ok := s.AdditionalProperties.(bool)
	return ok && !allowed
}

func remarshal(from, into any) {
	raw, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		panic(err)
	}
}

func typesOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var names []string
		for _, name := range v {
			names = append(names, fmt.Sprint(name))
		}
		return names
	default:
		return nil
	}
}

func isA(kind string, v any) bool {
	switch v := v.(type) {
	case nil:
		return kind == "null"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "integer" && v == float64(int64(v))
	default:
		return map[reflect.Kind]string{reflect.String: "string", reflect.Map: "object", reflect.Slice: "array"}[reflect.TypeOf(v).Kind()] == kind
	}
}

// fits fails the test unless JSON is as a schema says.
func fits(t testing.TB, what, name string, raw []byte) {
	t.Helper()
	fitsSchema(t, what, schema{Ref: "#/components/schemas/" + name}, raw)
}

func fitsSchema(t testing.TB, what string, s schema, raw []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if p := openAPI().problem(s, v, "it"); p != "" {
		t.Errorf("%s is not as openapi.json says: %s\n%.600s", what, p, raw)
	}
}

// find returns the operation for a request; nil if there is none.
func (d document) find(method, path string) *operation {
	for template, operations := range d.Paths {
		if op, ok := operations[strings.ToLower(method)]; ok && pattern(template).MatchString(path) {
			return &op
		}
	}
	return nil
}

func pattern(template string) *regexp.Regexp {
	parts := regexp.MustCompile(`\{[a-z]+\}`).Split(template, -1)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("^" + strings.Join(parts, "[^/]+") + "$")
}

// described fails the test unless openapi.json says of an answer what it is.
func described(t testing.TB, r *http.Request, a answer) {
	t.Helper()
	what := fmt.Sprintf("%s %s: %d", r.Method, r.URL, a.status)
	op := openAPI().find(r.Method, r.URL.EscapedPath())
	if op == nil || a.status == http.StatusMisdirectedRequest {
		return // an error about the path, the method or the host
	}
	of, ok := op.Responses[strconv.Itoa(a.status)]
	if !ok {
		t.Errorf("%s is not declared: %.300s", what, a.body)
		return
	}
	if of.Ref != "" {
		of = openAPI().Components.Responses[strings.TrimPrefix(of.Ref, "#/components/responses/")]
	}
	mediaType, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	content, ok := of.Content[mediaType]
	switch {
	case !ok && (len(of.Content) > 0 || len(a.body) > 0):
		t.Errorf("%s is %q, not declared", what, mediaType)
	case ok && content.Schema != nil && mediaType == "application/json":
		fitsSchema(t, what, *content.Schema, bytes.TrimSpace(a.body))
	}
	if a.status < 300 {
		answered().Store(op.OperationID, true)
	}
}

// outside are the paths that are not of the API.
func outside() []string { return []string{"/healthz", "/in/{token}", "/metrics", "/readyz"} }

func TestEveryAnswerToAWebhookIsDescribed(t *testing.T) {
	t.Parallel()
	said := slices.Sorted(maps.Keys(openAPI().Paths["/in/{token}"]["post"].Responses))
	if want := []string{"200", "400", "401", "404", "405", "408", "413", "415", "429", "431", "503"}; !slices.Equal(said, want) {
		t.Errorf("ingest answers %v, and %v are described", want, said)
	}
}

func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	routes := map[string]bool{}
	err := chi.Walk(api.Routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes[strings.ToLower(method)+" /api/v1"+route] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	ids := map[string]bool{}
	for path, operations := range openAPI().Paths {
		for method, op := range operations {
			if ids[op.OperationID] {
				t.Errorf("two operations are called %s", op.OperationID)
			}
			ids[op.OperationID] = true
			if free := op.Security != nil; free != slices.Contains(outside(), path) {
				t.Errorf("%s: needs a token: %t", path, !free)
			}
			if !slices.Contains(outside(), path) {
				said[method+" "+path] = true
			}
		}
	}
	if !maps.Equal(routes, said) {
		for route := range routes {
			if !said[route] {
				t.Errorf("%s is not in openapi.json", route)
			}
		}
		for route := range said {
			if !routes[route] {
				t.Errorf("%s is in openapi.json and nowhere else", route)
			}
		}
	}
}

func TestEveryParameterIsDescribed(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	for path, operations := range openAPI().Paths {
		rest, ok := strings.CutPrefix(path, "/api/v1")
		if !ok || rest == "/tail" {
			continue
		}
		concrete := strings.NewReplacer("{key}", "stripe", "{slug}", "development", "{name}", "source-stripe", "{id}", "x").Replace(rest)
		for method, op := range operations {
			known := map[string]bool{}
			for _, p := range op.Parameters {
				if p.Ref != "" {
					p = openAPI().Components.Parameters[strings.TrimPrefix(p.Ref, "#/components/parameters/")]
				}
				known[p.Name] = p.In == "query"
			}
			for _, name := range []string{
				"source", "environment", "type", "status", "cause", "object", "key", "mapping", "action", "q", "from", "to",
				"limit", "after", "prefix", "direction", "grace", "destination", "class", "reason", "webhook", "Limit", "x",
			} {
				// Given twice, a parameter that is known is refused too, but not as unknown.
				a := h.do(call{method: strings.ToUpper(method), path: concrete + "?" + name + "=1&" + name + "=2"})
				p := read[problem](t, a)
				if a.status != 422 || len(p.Errors) != 1 || p.Errors[0].Field != name {
					t.Fatalf("%s %s?%s: %d %s", method, path, name, a.status, a.body)
				}
				if taken := p.Errors[0].Message != "there is no such parameter"; taken != known[name] {
					t.Errorf("%s %s takes %s: %t, and openapi.json says %t", method, path, name, taken, known[name])
				}
			}
		}
	}
}
