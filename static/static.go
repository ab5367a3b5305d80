// Package static holds what the browser loads besides the pages: style sheets,
// scripts, pictures, and the vendored htmx.
//
// The names of the assets contain a hash of the whole tree,
// /static/3f9a0c12b4de/css/app.css, so every asset may be cached for ever and
// a new build is seen at once. Because the hash stands in the path and not in
// the file names, relative imports between modules keep working.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed css js vendor/*.js img
var files embed.FS

// tree is the hash of all assets, computed once.
var tree = sync.OnceValue(func() string {
	hash, err := treeHash(files)
	if err != nil {
		panic(fmt.Sprintf("hash the embedded assets: %v", err)) // cannot fail: the tree is in the binary
	}
	return hash
})

// treeHash is 12 hex digits over the names and contents of all files.
func treeHash(fsys fs.FS) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(data))
		sum.Write(data)
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil))[:12], err
}

// Base is the path under which all assets stand, without a slash at the end.
func Base() string { return "/static/" + tree() }

// Path is where the browser finds an asset: Path("css/app.css").
func Path(name string) string { return Base() + "/" + name }

// Handler serves GET and HEAD of everything under /static/. An unknown name,
// a directory, and a hash of another build are all 404.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "assets are only read", http.StatusMethodNotAllowed)
			return
		}
		name, current := strings.CutPrefix(r.URL.Path, Base()+"/")
		kind, known := contentType(name)
		if !current || !known || !fs.ValidPath(name) {
			notFound(w)
			return
		}
		data, err := files.ReadFile(name)
		if err != nil {
			notFound(w)
			return
		}
		header.Set("Content-Type", kind)
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
		header.Set("ETag", `"`+tree()+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	})
}

// notFound must not be cached: the next build may have this very name.
func notFound(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "no such asset", http.StatusNotFound)
}

// contentType is fixed here, because a machine's own table of types may say
// something else, and scripts of another type are refused under nosniff.
func contentType(name string) (string, bool) {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8", true
	case ".js":
		return "text/javascript; charset=utf-8", true
	case ".svg":
		return "image/svg+xml", true
	default:
		return "", false
	}
}
