// Package api is the HTTP interface for programs, /api/v1. It translates: a
// request into a command or a question, the answer into JSON. What can be
// asked is decided elsewhere, and openapi.json says all of it.
package api

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"daybook/app/access"
	"daybook/app/alerts"
	"daybook/app/configuration"
	"daybook/app/detail"
	"daybook/app/environments"
	"daybook/app/rebuild"
	"daybook/app/rehearse"
	"daybook/app/replay"
	"daybook/app/respond"
	"daybook/app/sources"
	"daybook/app/steer"
	"daybook/app/tail"
	"daybook/app/trigger"
	"daybook/domain/es"
	"daybook/projections/actions"
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
	Environments  *environments.Environments
	Events        *eventlog.Log
	Streams       *streams.List
	Directory     *directory.Directory
	Details       *detail.Reader
	Tail          *tail.Tail
	Replay        *replay.Replayer
	Rehearse      *rehearse.Rehearser
	Trigger       *trigger.Trigger
	Rebuild       *rebuild.Rebuilder
	Alerts        *alerts.Alerts
	Actions       *actions.List
	Steering      *steer.Steering
	Now           func() time.Time
	Logger        *slog.Logger
}

// API answers /api/v1.
type API struct{ Config }

// New returns the API.
func New(c Config) *API {
	return &API{c}
}

// Handler returns the routes, to be mounted at /api/v1.
func (a *API) Handler() http.Handler { return a.routes() }

// routes says what answers where, and which query parameters each call takes.
func (a *API) routes() chi.Router {
	r := chi.NewRouter()
	r.Use(a.authenticate)
	r.NotFound(a.handle(func(http.ResponseWriter, *http.Request) error { return respond.NotFound() }, anything))
	r.MethodNotAllowed(a.handle(methodNotAllowed(r), anything))

	r.Get("/sources", a.handle(a.listSources, only("environment", "limit", "after")))
	r.Get("/sources/{key}", a.handle(a.getSource, only("environment")))
	r.Put("/sources/{key}", a.handle(a.putSource, only("environment")))
	r.Delete("/sources/{key}", a.handle(a.deleteSource, only("environment")))
	r.Post("/sources/{key}/rotate", a.handle(a.rotate, only("environment")))
	r.Post("/sources/{key}/trigger", a.handle(a.trigger, only("environment")))
	r.Post("/sources/{key}/rehearse", a.handle(a.rehearse, only("environment")))
	r.Get("/sources/{key}/event_types", a.handle(a.eventTypes, only("environment", "limit", "after")))
	r.Get("/sources/{key}/history", a.handle(a.listHistory, only("environment", "mapping", "limit", "after")))
	r.Get("/sources/{key}/history/{revision}", a.handle(a.getHistory, only("environment")))
	r.Post("/sources/{key}/history/{revision}/restore", a.handle(a.restore, only("environment")))
	r.Get("/sources/{key}/secrets", a.handle(a.listSecrets, only("environment", "limit", "after")))
	r.Post("/sources/{key}/secrets", a.handle(a.addSecret, only("environment")))
	r.Delete("/sources/{key}/secrets/{id}", a.handle(a.revokeSecret, only("environment", "grace")))
	r.Get("/templates", a.handle(a.listTemplates, only("limit", "after")))
	r.Get("/templates/{key}", a.handle(a.getTemplate, only()))

	r.Get("/events", a.handle(a.listEvents, filtersAnd("limit", "after")))
	r.Get("/events/{id}", a.handle(a.getEvent, only()))
	r.Get("/events/{id}/raw", a.handle(a.getRaw, only()))
	r.Post("/events/{id}/replay", a.handle(a.replay, only()))
	r.Post("/events/{id}/replan", a.handle(a.replan, only()))
	r.Get("/actions", a.handle(a.listActions, only(append(actions.Parameters(), "limit", "after")...)))
	r.Post("/actions/{id}/retry", a.handle(a.retryAction, only()))
	r.Post("/actions/{id}/skip", a.handle(a.skipAction, only()))
	r.Post("/actions/retry", a.handle(a.retryActions, only()))
	r.Get("/actions/retry/{id}", a.handle(a.getRetry, only()))
	r.Get("/streams", a.handle(a.listStreams, only("prefix", "limit", "after")))
	r.Get("/streams/{name}", a.handle(a.getStream, only("from", "direction", "limit", "after")))
	r.Get("/tail", a.handle(a.tail, filtersAnd("after")))

	a.directoryRoutes(r)
	r.Get("/environments", a.handle(a.listEnvironments, only("limit", "after")))
	r.Put("/environments/{slug}", a.handle(a.putEnvironment, only()))
	r.Get("/alerts", a.handle(a.listAlerts, only("environment", "status", "limit", "after")))
	r.Post("/alerts/{id}/acknowledge", a.handle(a.acknowledgeAlert, only()))
	r.Post("/alerts/{id}/resolve", a.handle(a.resolveAlert, only()))
	r.Get("/alerts/settings", a.handle(a.listAlertSettings, only("limit", "after")))
	r.Put("/alerts/settings", a.handle(a.putAlertSettings, only("environment")))
	r.Post("/environments/{slug}/rotate", a.handle(a.rotateSigningSecret, only()))
	r.Post("/rebuild", a.handle(a.startRebuild, only()))
	r.Get("/rebuild/{id}", a.handle(a.getRebuild, only()))
	r.Get("/openapi.json", a.handle(openAPI, only()))
	return r
}

// directoryRoutes are the lists of what the local destination holds.
func (a *API) directoryRoutes(r chi.Router) {
	list := func(path string, answer func(http.ResponseWriter, *http.Request) error, filters ...string) {
		r.Get("/directory/"+path, a.handle(answer, only(append(filters, "environment", "q", "limit", "after")...)))
	}
	list("users", listDirectory(inDirectory("id"), a.Directory.Users), "id")
	list("objects", listDirectory(inDirectory("id"), a.Directory.Objects), "collection", "id")
	list("tenants", listDirectory(inDirectory("id"), a.Directory.Tenants), "id")
	list("audiences", listDirectory(inDirectory("key"), a.Directory.Audiences), "key")
	list("workflow_runs", listDirectory(inDirectory("recipient"), a.Directory.Runs), "status", "recipient")
	list("subscriptions", listDirectory(ofLinks("object", "recipient"), a.Directory.Subscriptions), "collection", "object", "recipient")
	list("members", listDirectory(ofLinks("audience", "user"), a.Directory.Members), "audience", "user")
}

// handle makes a handler of a function that may fail. The function is called
// if the query is one that the call takes.
func (a *API) handle(do func(http.ResponseWriter, *http.Request) error, takes func(parameter string) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := checkQuery(r, takes)
		if err == nil {
			err = do(w, r)
		}
		if err != nil {
			a.Refuse(w, r, err)
		}
	}
}

// Refuse answers a request with an error, as JSON.
func (a *API) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	respond.Error(w, r, a.Logger, err)
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
			a.Refuse(w, r, &respond.Problem{Status: http.StatusTooManyRequests, Code: "rate_limited", Message: "too many wrong tokens; wait a second"})
		default:
			w.Header().Set("WWW-Authenticate", "Bearer")
			a.Refuse(w, r, respond.Unauthorized())
		}
	})
}

// methodNotAllowed refuses a method, and says which ones the path takes.
func methodNotAllowed(routes chi.Routes) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		path := chi.RouteContext(r.Context()).RoutePath
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			if routes.Match(chi.NewRouteContext(), method, path) {
				allowed = append(allowed, method)
			}
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return &respond.Problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Message: "this path takes " + strings.Join(allowed, " or ")}
	}
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
