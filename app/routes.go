package app

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"daybook/static"
)

// routes says what answers where. Webhooks and what monitors ask may come
// under any name; the pages and the API guard themselves.
func routes(ingest, api, pages, metrics http.Handler, h health) http.Handler {
	mux := chi.NewRouter()
	mux.Handle("/in/{token}", ingest)
	mux.Get("/healthz", h.alive)
	mux.Get("/readyz", h.ready)
	mux.Method(http.MethodGet, "/metrics", metrics)
	mux.Mount("/api/v1", api)
	mux.Handle("/static/*", static.Handler())
	mux.Mount("/", pages)
	return mux
}
