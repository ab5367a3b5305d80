package respond

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"
)

// PathValue is a part of the path, as it is meant. The router works on the
// path as it was sent where that differs from how it would be written here.
func PathValue(r *http.Request, name string) string {
	value := chi.URLParam(r, name)
	if r.URL.RawPath == "" {
		return value
	}
	if plain, err := url.PathUnescape(value); err == nil {
		return plain
	}
	return value
}
