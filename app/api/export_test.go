package api

import "github.com/go-chi/chi/v5"

// Routes lets the tests see the routes.
func Routes() chi.Routes { return New(Config{}).routes() }
