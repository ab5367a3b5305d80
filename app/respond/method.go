package respond

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// Methods are those that routes take at a path.
func Methods(routes chi.Routes, path string) []string {
	var taken []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		if routes.Match(chi.NewRouteContext(), method, path) {
			taken = append(taken, method)
		}
	}
	return taken
}

// MethodNotAllowed is the problem of a method that its path does not take. It
// says in the header Allow which ones it does.
func MethodNotAllowed(w http.ResponseWriter, allowed ...string) error {
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return &Problem{
		Status: http.StatusMethodNotAllowed, Code: "method_not_allowed",
		Message: "this path takes " + strings.Join(allowed, " or "),
	}
}
