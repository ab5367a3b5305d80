package static

import (
	"crypto/sha512"
	"encoding/base64"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, method, target string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, nil))
	return w.Result()
}

func TestHandler(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, target string
		status         int
		kind           string
	}{
		"a style sheet":      {"GET", Path("css/app.css"), 200, "text/css; charset=utf-8"},
		"a module":           {"GET", Path("js/app.js"), 200, "text/javascript; charset=utf-8"},
		"a picture":          {"GET", Path("img/icon.svg"), 200, "image/svg+xml"},
		"only the head":      {"HEAD", Path("vendor/htmx.min.js"), 200, "text/javascript; charset=utf-8"},
		"another build":      {"GET", "/static/000000000000/css/app.css", 404, ""},
		"no hash":            {"GET", "/static/css/app.css", 404, ""},
		"unknown name":       {"GET", Path("css/none.css"), 404, ""},
		"a directory":        {"GET", Path("css/"), 404, ""},
		"the root":           {"GET", Base(), 404, ""},
		"above the tree":     {"GET", Path("css/../static.go"), 404, ""},
		"a name with a dot":  {"GET", Path("./css/app.css"), 404, ""},
		"not an asset":       {"GET", Path("vendor/README.md"), 404, ""},
		"a change":           {"POST", Path("css/app.css"), 405, ""},
		"the hash cut short": {"GET", Base()[:len(Base())-1] + "/css/app.css", 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := get(t, c.method, c.target)
			if res.StatusCode != c.status {
				t.Fatalf("status %d, want %d", res.StatusCode, c.status)
			}
			if res.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Error("without nosniff")
			}
			if c.status != 200 {
				if strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
					t.Error("a refusal would be cached for ever")
				}
				return
			}
			if got := res.Header.Get("Content-Type"); got != c.kind {
				t.Errorf("Content-Type %q, want %q", got, c.kind)
			}
			if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
				t.Errorf("Cache-Control %q", got)
			}
		})
	}
}

func TestHandlerAnswersNotModified(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), "GET", Path("css/app.css"), nil)
	r.Header.Set("If-None-Match", get(t, "GET", Path("css/app.css")).Header.Get("ETag"))
	Handler().ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Fatalf("status %d, want 304", w.Code)
	}
}

func TestEveryFileIsServed(t *testing.T) {
	t.Parallel()
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if res := get(t, "GET", Path(name)); res.StatusCode != 200 {
			t.Errorf("%s: status %d", name, res.StatusCode)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheHashIsOfNamesAndContents(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, tree := range map[string]fstest.MapFS{
		"one":       {"a.css": {Data: []byte("x")}},
		"content":   {"a.css": {Data: []byte("y")}},
		"name":      {"b.css": {Data: []byte("x")}},
		"one more":  {"a.css": {Data: []byte("x")}, "b.css": {Data: []byte("")}},
		"moved cut": {"a.css": {Data: []byte("")}, "b.css": {Data: []byte("x")}},
	} {
		hash, err := treeHash(tree)
		if err != nil {
			t.Fatal(err)
		}
		if len(hash) != 12 {
			t.Errorf("%q is not 12 digits", hash)
		}
		if other, taken := seen[hash]; taken {
			t.Errorf("%s and %s have one hash", name, other)
		}
		seen[hash] = name
	}
}

// TestVendored compares every vendored file with the hash written down when it
// was taken from its package.
func TestVendored(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| ([^ ]+) \\|.*`([A-Za-z0-9+/=]{64})` \\|$").FindAllStringSubmatch(string(readme), -1) {
		want[m[1]] = m[2]
	}
	entries, err := fs.ReadDir(files, "vendor")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(want) {
		t.Errorf("%d files, %d hashes", len(entries), len(want))
	}
	for _, entry := range entries {
		data, err := files.ReadFile("vendor/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		sum := sha512.Sum384(data)
		if got := base64.StdEncoding.EncodeToString(sum[:]); got != want[entry.Name()] {
			t.Errorf("%s has hash %s, README says %s", entry.Name(), got, want[entry.Name()])
		}
	}
}
