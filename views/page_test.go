package views_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"daybook/static"
	"daybook/views/viewstest"
)

var update = flag.Bool("update", false, "write the goldens")

// TestGolden compares every sample page with the page it was when somebody
// last looked at it. Run with -update to renew, and read the difference.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, sample := range viewstest.Samples() {
		t.Run(sample.Name, func(t *testing.T) {
			t.Parallel()
			page := strings.ReplaceAll(render(t, sample.Page), static.Base(), "/static")
			got := indent(t, page)
			file := filepath.Join("testdata", sample.Name+".golden.html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("read golden: %v (run with -update)", err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("the page changed (-golden +now):\n%s", diff)
			}
		})
	}
}

// TestGoldensAreOfSamples finds goldens whose sample is gone.
func TestGoldensAreOfSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.golden.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".golden.html")
		if !slices.ContainsFunc(viewstest.Samples(), func(s viewstest.Sample) bool { return s.Name == name }) {
			t.Errorf("%s has no sample", file)
		}
	}
}

// TestEveryPageKeepsTheRules is about what all pages have in common: what the
// content security policy and people who use no mouse, or no eyes, rely on.
func TestEveryPageKeepsTheRules(t *testing.T) {
	t.Parallel()
	for _, sample := range viewstest.Samples() {
		t.Run(sample.Name, func(t *testing.T) {
			t.Parallel()
			page := parse(t, render(t, sample.Page))
			for _, fault := range slices.Concat(page.policy(), page.access(), page.links()) {
				t.Error(fault)
			}
			if sample.Name != "login" && len(page.with("a", "href", "#main")) != 1 {
				t.Error("no link skips to the content")
			}
		})
	}
}

// TestTheRulesSeeFaults shows that each rule can fail.
func TestTheRulesSeeFaults(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		`<p style="color:red">`, `<p onclick="x()">`, `<p hx-on:click="x()">`, `<style>p{}</style>`, `<script>x()</script>`,
		`<script src="https://elsewhere/x.js"></script>`, `<a href="javascript:x()">x</a>`, `<a href="https://elsewhere/">x</a>`,
		`<a href="/nowhere">x</a>`, `<form method="post" action="https://elsewhere/"></form>`, `<p id="a"></p><p id="a"></p>`,
		`<input name="q">`, `<h1>second</h1>`, `<label for="none">x</label>`, `<p aria-describedby="none"></p>`, `<a href="/x"></a>`,
		`<button></button>`, `<p hx-vals="js:{}">`,
	} {
		page := parse(t, `<!doctype html><html lang="en"><head><title>t</title></head><body><h1>h</h1>`+bad+`</body></html>`)
		if len(slices.Concat(page.policy(), page.access(), page.links())) == 0 {
			t.Errorf("no rule minds %s", bad)
		}
	}
	clean := parse(t, `<!doctype html><html lang="en"><head><title>t</title></head><body><h1>h</h1></body></html>`)
	if faults := slices.Concat(clean.policy(), clean.access(), clean.links()); len(faults) > 0 {
		t.Errorf("a clean page has faults: %v", faults)
	}
}

func render(t *testing.T, page templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := page.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// indent sets one element or text a line, so that differences can be read.
func indent(t *testing.T, page string) string {
	t.Helper()
	var b strings.Builder
	depth := 0
	line := func(s string) {
		b.WriteString(strings.Repeat(" ", depth) + s + "\n")
	}
	tokens := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := tokens.Next()
		token := tokens.Token()
		switch kind {
		case html.ErrorToken:
			return b.String()
		case html.StartTagToken:
			line(token.String())
			if !strings.Contains(" meta link input wbr br hr img ", " "+token.Data+" ") {
				depth++
			}
		case html.EndTagToken:
			depth = max(depth-1, 0)
			line(token.String())
		case html.TextToken:
			if strings.TrimSpace(token.Data) != "" {
				line(token.String())
			}
		default:
			line(token.String())
		}
	}
}
