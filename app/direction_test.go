package app_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A layer says what the Go files of a folder, and of the folders in it, may
// import. Where layers lie in one another the innermost speaks.
type layer struct {
	folder string
	allow  []string // import paths, each with all below it
	deny   []string // of those, the ones that are not allowed after all
	tests  bool     // test code, which may import test code
}

const (
	standard = "the standard library"
	anything = "any module"
)

// The direction of the house: domain → nothing of ours; projections → domain;
// views and static → nothing of ours; app → everything; nothing → app.
func layers() []layer {
	impure := []string{
		"crypto/rand", "database/sql", "io/ioutil", "log", "math/rand", "net/http", "os", "syscall",
	}
	return []layer{
		{
			folder: "domain",
			allow: []string{
				standard, "daybook/domain",
				"github.com/expr-lang/expr", "github.com/go-json-experiment/json",
				"github.com/google/uuid", "golang.org/x/mod/sumdb/tlog",
			},
			deny: impure,
		},
		{folder: "domain/es", allow: []string{standard, "github.com/google/uuid"}, deny: impure},
		// A secret is a slog.LogValuer, so that it cannot be logged; it logs nothing.
		{folder: "domain/signature", allow: []string{standard, "daybook/domain"}, deny: without(impure, "log")},
		{folder: "projections", allow: []string{standard, "daybook/domain", "daybook/projections", "modernc.org/sqlite"}},
		{folder: "views", allow: []string{
			standard, "daybook/views/ui", "github.com/a-h/templ", "github.com/go-json-experiment/json/jsontext",
		}},
		{folder: "static", allow: []string{standard}},
		{folder: "app", allow: []string{standard, "daybook", anything}, deny: testModules()},
	}
}

// testModules are those that must never be linked into the binary.
func testModules() []string {
	return []string{
		"github.com/chromedp", "github.com/google/go-cmp", "github.com/rogpeppe/go-internal",
		"github.com/standard-webhooks/standard-webhooks", "github.com/stripe/stripe-go", "go.uber.org/goleak",
		"golang.org/x/tools", "pgregory.net/rapid",
	}
}

// forTests is the layer of the tests of l: they may also import the modules for
// tests, the whole of the layer, a log to project (projections), and what a page
// is drawn with (views).
func (l layer) forTests() layer {
	widened := layer{folder: l.folder, tests: true, allow: slices.Concat(l.allow, testModules(), []string{
		"daybook/" + l.folder, "golang.org/x/net/html",
	})}
	switch l.folder {
	case "projections":
		widened.allow = append(widened.allow, "daybook/app/store/memory", "github.com/google/uuid")
	case "views":
		widened.allow = append(widened.allow, "daybook/static")
	}
	return widened
}

// isTestCode tells test files, and the folders that hold only what tests share:
// their names end in test, as in net/http/httptest.
func isTestCode(file string) bool {
	return strings.HasSuffix(file, "_test.go") || strings.HasSuffix(path.Dir(file), "test")
}

// objection says why a file of l must not import importPath; it is empty if it may.
func (l layer) objection(importPath string) string {
	holds := func(rule string) bool {
		switch rule {
		case standard:
			return isStandard(importPath)
		case anything:
			return !isStandard(importPath) && !within(importPath, "daybook")
		default:
			return within(importPath, rule)
		}
	}
	if !l.tests && strings.HasSuffix(importPath, "test") {
		return fmt.Sprintf("%s must not import %s: it is for tests only", l.folder, importPath)
	}
	if i := slices.IndexFunc(l.deny, holds); i >= 0 {
		return fmt.Sprintf("%s must not import %s: %s is denied to it", l.folder, importPath, l.deny[i])
	}
	if !slices.ContainsFunc(l.allow, holds) {
		return fmt.Sprintf("%s must not import %s: it may import %s", l.folder, importPath, strings.Join(l.allow, ", "))
	}
	return ""
}

// layerOf returns the innermost layer that holds folder.
func layerOf(folder string) (layer, bool) {
	var found layer
	for _, l := range layers() {
		if within(folder, l.folder) && len(l.folder) > len(found.folder) {
			found = l
		}
	}
	return found, found.folder != ""
}

// TestDirection reads the imports of every Go file, whatever its build tags.
// It reads them itself rather than asking the go command, so that the test
// cache sees which files the answer depends on.
func TestDirection(t *testing.T) {
	t.Parallel()
	const top = ".."
	files := 0
	err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipUnlessCode(name, entry.Name())
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		relative, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		files++
		checkFile(t, name, filepath.ToSlash(relative))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 2 {
		t.Fatalf("%d Go files were found under %s: nothing was checked", files, top)
	}
}

func skipUnlessCode(name, base string) error {
	if name != ".." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules") {
		return filepath.SkipDir
	}
	return nil
}

func checkFile(t *testing.T, name, relative string) {
	t.Helper()
	l, ok := layerOf(path.Dir(relative))
	if !ok {
		t.Errorf("%s: Go code lives in app, domain, projections, views and static", relative)
		return
	}
	if isTestCode(relative) {
		l = l.forTests()
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		t.Errorf("%s: %v", relative, err)
		return
	}
	for _, spec := range file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Errorf("%s: %v", relative, err)
			continue
		}
		if objection := l.objection(importPath); objection != "" {
			t.Errorf("%s: %s", relative, objection)
		}
	}
}

func TestObjection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		folder, importPath string
		test, allowed      bool
	}{
		{folder: "domain/webhook", importPath: "strings", allowed: true},
		{folder: "domain/webhook", importPath: "daybook/domain/es", allowed: true},
		{folder: "domain/webhook", importPath: "daybook/domainish"},
		{folder: "domain/webhook", importPath: "daybook/views"},
		{folder: "domain/webhook", importPath: "daybook/app/store/memory", test: true},
		{folder: "domain/webhook", importPath: "net/http"},
		{folder: "domain/webhook", importPath: "os/exec"},
		{folder: "domain/webhook", importPath: "log/slog"},
		{folder: "domain/webhook", importPath: "pgregory.net/rapid"},
		{folder: "domain/webhook", importPath: "pgregory.net/rapid", test: true, allowed: true},
		{folder: "domain/signature", importPath: "log/slog", allowed: true},
		{folder: "domain/es", importPath: "daybook/domain/webhook"},
		{folder: "domain/rule", importPath: "github.com/expr-lang/expr/vm", allowed: true},
		{folder: "projections/eventlog", importPath: "daybook/domain/webhook", allowed: true},
		{folder: "projections/eventlog", importPath: "daybook/app"},
		{folder: "projections/eventlog", importPath: "daybook/app/store/memory"},
		{folder: "projections/eventlog", importPath: "daybook/app/store/memory", test: true, allowed: true},
		{folder: "views", importPath: "daybook/views/ui", allowed: true},
		{folder: "views", importPath: "daybook/domain/es"},
		{folder: "views", importPath: "daybook/views/viewstest"},
		{folder: "views/viewstest", importPath: "daybook/static", test: true, allowed: true},
		{folder: "static", importPath: "github.com/a-h/templ"},
		{folder: "app/web", importPath: "daybook/views", allowed: true},
		{folder: "app/web", importPath: "github.com/go-chi/chi/v5", allowed: true},
		{folder: "app/web", importPath: "github.com/stripe/stripe-go/v82/webhook"},
		{folder: "app/web", importPath: "daybook/app/store/storetest"},
		{folder: "app/web", importPath: "net/http/httptest"},
		{folder: "app/store/memory", importPath: "daybook/app/store/storetest", test: true, allowed: true},
		{folder: "app/store/storetest", importPath: "pgregory.net/rapid", test: true, allowed: true},
	} {
		l, ok := layerOf(c.folder)
		if !ok {
			t.Errorf("%s is in no layer", c.folder)
			continue
		}
		if c.test {
			l = l.forTests()
		}
		if objection := l.objection(c.importPath); (objection == "") != c.allowed {
			t.Errorf("%s importing %s (test: %t): objection %q, allowed should be %t",
				c.folder, c.importPath, c.test, objection, c.allowed)
		}
	}
	if l, ok := layerOf("internal/things"); ok {
		t.Errorf("internal/things is in layer %s, should be in none", l.folder)
	}
}

// within reports whether name is parent or lies below it.
func within(name, parent string) bool {
	return name == parent || strings.HasPrefix(name, parent+"/")
}

// isStandard tells the standard library by its first element, which has no dot.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return first != "daybook" && !strings.Contains(first, ".")
}

func without(list []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == one })
}
