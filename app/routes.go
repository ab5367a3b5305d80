package app

import (
	"context"
	"net/http"

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
	return mux
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
