// Package api is the HTTP interface for programs, /api/v1. It translates: a
// request into a command or a question, the answer into JSON. What can be
// asked is decided elsewhere, and openapi.json says all of it.
package api

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"daybook/app/access"
	"daybook/app/command"
	"daybook/app/configuration"
	"daybook/app/detail"
	"daybook/app/rebuild"
	"daybook/app/replay"
	"daybook/app/respond"
	"daybook/app/sources"
	"daybook/app/tail"
	"daybook/app/trigger"
	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/projections/directory"
	"daybook/projections/eventlog"
	"daybook/projections/streams"
)

// Config is what the API is made of; all of it is needed.
type Config struct {
	Access        *access.Access
	Store         es.Store
	Configuration *configuration.Configuration
	Sources       *sources.Sources
	Events        *eventlog.Log
	Streams       *streams.List
	Directory     *directory.Directory
	Details       *detail.Reader
	Tail          *tail.Tail
	Replay        *replay.Replayer
	Trigger       *trigger.Trigger
	Rebuild       *rebuild.Rebuilder
	Now           func() time.Time
	Logger        *slog.Logger
}

// API answers /api/v1.
type API struct {
	Config
	environments command.Handler[environment.State, environment.Command, environment.Event]
}

// New returns the API.
func New(c Config) *API {
	return &API{Config: c, environments: command.Handler[environment.State, environment.Command, environment.Event]{
		Store: c.Store, Decider: environment.Decider(), Codec: environment.Codec(), Now: c.Now,
	}}
}

// Handler returns the routes, to be mounted at /api/v1.
func (a *API) Handler() http.Handler {
	r := chi.NewRouter()
	r.Use(a.authenticate)
	r.NotFound(a.handle(func(http.ResponseWriter, *http.Request) error { return respond.NotFound() }))
	r.MethodNotAllowed(a.handle(methodNotAllowed))

	r.Get("/sources", a.handle(a.listSources))
	r.Get("/sources/{key}", a.handle(a.getSource))
	r.Put("/sources/{key}", a.handle(a.putSource))
	r.Delete("/sources/{key}", a.handle(a.deleteSource))
	r.Post("/sources/{key}/rotate", a.handle(a.rotate))
	r.Post("/sources/{key}/trigger", a.handle(a.trigger))
	r.Get("/sources/{key}/event_types", a.handle(a.eventTypes))
	r.Get("/sources/{key}/secrets", a.handle(a.listSecrets))
	r.Post("/sources/{key}/secrets", a.handle(a.addSecret))
	r.Delete("/sources/{key}/secrets/{id}", a.handle(a.revokeSecret))
	r.Get("/templates", a.handle(a.listTemplates))
	r.Get("/templates/{key}", a.handle(a.getTemplate))

	r.Get("/events", a.handle(a.listEvents))
	r.Get("/events/{id}", a.handle(a.getEvent))
	r.Get("/events/{id}/raw", a.handle(a.getRaw))
	r.Post("/events/{id}/replay", a.handle(a.replay))
	r.Get("/streams", a.handle(a.listStreams))
	r.Get("/streams/{name}", a.handle(a.getStream))
	r.Get("/tail", a.handle(a.tail))

	r.Get("/directory/users", a.handle(a.listUsers))
	r.Get("/directory/workflow_runs", a.handle(a.listRuns))
	r.Get("/environments", a.handle(a.listEnvironments))
	r.Put("/environments/{slug}", a.handle(a.putEnvironment))
	r.Post("/rebuild", a.handle(a.startRebuild))
	r.Get("/rebuild/{id}", a.handle(a.getRebuild))
	r.Get("/openapi.json", a.handle(openAPI))
	return r
}

// handle makes a handler of a function that may fail.
func (a *API) handle(do func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(w, r); err != nil {
			respond.Error(w, r, a.Logger, err)
		}
	}
}

// authenticate lets in who has the admin token or a session. A wrong token is
// not made good by a session.
func (a *API) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		present, ok := a.Access.Bearer(r)
		switch {
		case ok, !present && a.Access.Session(r):
			next.ServeHTTP(w, r)
		case present && !a.Access.MayFail():
			w.Header().Set("Retry-After", "1")
			respond.Error(w, r, a.Logger, &respond.Problem{Status: http.StatusTooManyRequests, Code: "rate_limited", Message: "too many wrong tokens; wait a second"})
		default:
			w.Header().Set("WWW-Authenticate", "Bearer")
			respond.Error(w, r, a.Logger, respond.Unauthorized())
		}
	})
}

func methodNotAllowed(http.ResponseWriter, *http.Request) error {
	return &respond.Problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Message: "this is not done with this method; openapi.json says what is"}
}

// actor is who does what is done through the API, until there are people.
const actor = "admin"

// list is the shape of every list.
type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

// listOf returns items as a list; next is empty at the end.
func listOf[T any](items []T, next string) list[T] {
	if items == nil {
		items = []T{}
	}
	l := list[T]{Items: items}
	if next != "" {
		l.Next = &next
	}
	return l
}
