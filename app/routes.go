package app

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"daybook/static"
)

// routes says what answers where. Webhooks and what monitors ask may come
// under any name; the pages and the API guard themselves.
func routes(ingest, api, pages, metrics http.Handler, h health) http.Handler {
	mux := chi.NewRouter()
	mux.Handle("/in/{token}", ingest)
	mux.Handle("/in/*", ingest)                                        // an address that was copied with too little or too much
	for _, method := range []string{http.MethodGet, http.MethodHead} { // some monitors ask by HEAD
		mux.MethodFunc(method, "/healthz", h.alive)
		mux.MethodFunc(method, "/readyz", h.ready)
		mux.Method(method, "/metrics", metrics)
	}
	mux.Mount("/api/v1", api)
	mux.Handle("/static/*", static.Handler())
	mux.Mount("/", pages)
	mux.MethodNotAllowed(unheardOf(ingest, api, pages))
	return mux
}

// unheardOf answers methods that the router knows nothing of, which it mounts
// nowhere: as what stands at the path answers those that it does not take.
func unheardOf(ingest, api, pages http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		below, inAPI := strings.CutPrefix(r.URL.Path, "/api/v1/")
		switch {
		case strings.HasPrefix(r.URL.Path, "/in/"):
			ingest.ServeHTTP(w, r)
		case inAPI:
			chi.RouteContext(r.Context()).RoutePath = "/" + below
			api.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	}
}

// withEnd ends the answers that go on for ever when live ends. The others have
// time to be finished.
func withEnd(live context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/tail" && r.URL.Path != "/api/v1/tail" {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(live, cancel)()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
