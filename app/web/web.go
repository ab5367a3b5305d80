package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

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
	"daybook/app/worker"
	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/actions"
	"daybook/projections/directory"
	"daybook/projections/eventlog"
	"daybook/projections/streams"
)

// Config is what the pages are made of; all of it is needed.
type Config struct {
	Access        *access.Access
	Hosts         access.Hosts
	Store         es.Store
	Configuration *configuration.Configuration
	Sources       *sources.Sources
	Environments  *environments.Environments
	ReadModels    *projections.Runner
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
	// Lanes says how it stands with the destinations that this instance sent to.
	Lanes  func() []worker.Lane
	House  House
	Now    func() time.Time
	Logger *slog.Logger
}

// House is what the page /system tells of this Daybook.
type House struct {
	Version     string
	Store       string // embedded, esdb
	StoreDetail string // the file, or an address without its password
	LogID       string
	Instance    string
	PublicURL   string
	StartedAt   time.Time
}

// Web serves the pages. Make one with [New].
type Web struct {
	Config
	buffers sync.Pool // of *bytes.Buffer
}

// New returns the pages.
func New(c Config) *Web {
	return &Web{Config: c, buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
}

// Handler returns the routes, to be mounted at /. It guards itself by
// [SecurityHeaders], [OwnHost] and [OwnOrigin].
func (s *Web) Handler() http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.GetHead, SecurityHeaders, OwnHost(s.Hosts, s.Refuse), OwnOrigin(s.House.PublicURL, s.Refuse))
	r.NotFound(s.withSession(s.handle(notFound)).ServeHTTP)
	r.MethodNotAllowed(s.handle(methodNotAllowed))

	r.Get("/favicon.ico", icon)
	r.Get("/login", s.handle(s.showLogin))
	r.Post("/login", s.handle(s.login))
	r.Post("/logout", s.handle(s.logout))
	r.Group(func(r chi.Router) {
		r.Use(s.withSession)
		s.readingRoutes(r)
		s.sourceRoutes(r)
		r.Get("/environments/{slug}", s.handle(s.showEnvironment))
		r.Post("/environments/{slug}", s.handle(s.saveDestination))
		r.Post("/environments/{slug}/rotate", s.handle(s.rotateSigningSecret))
	})
	return r
}

// readingRoutes are the pages that show what is there.
func (s *Web) readingRoutes(r chi.Router) {
	r.Get("/", s.handle(s.showEvents))
	r.Get("/events/{id}", s.handle(s.showEvent))
	r.Post("/events/{id}/replan", s.handle(s.replanEvent))
	r.Get("/actions", s.handle(s.showActions))
	r.Get("/actions/retry", s.handle(s.confirmRetries))
	r.Post("/actions/retry", s.handle(s.retryMany))
	r.Post("/actions/{id}/retry", s.handle(s.retryAction))
	r.Post("/actions/{id}/skip", s.handle(s.skipAction))
	r.Get("/destinations/{env}", s.handle(s.showDestination))
	r.Get("/streams", s.handle(s.showStreams))
	r.Get("/streams/{name}", s.handle(s.showStream))
	r.Get("/directory", s.handle(s.showDirectory))
	r.Get("/help/actions", s.handle(s.showHelpActions))
	r.Get("/help/mappings", s.handle(s.showHelpMappings))
	r.Get("/system", s.handle(s.showSystem))
	r.Post("/system/rebuild", s.handle(s.startRebuild))
	r.Get("/system/alerts", s.handle(s.showAlerts))
	r.Post("/system/alerts", s.handle(s.saveAlertSettings))
	r.Post("/system/alerts/{id}/acknowledge", s.handle(s.acknowledgeAlert))
	r.Post("/system/alerts/{id}/resolve", s.handle(s.resolveAlert))
	r.Get("/tail", s.handle(s.tail))
}

// sourceRoutes are the pages on which sources are made and configured.
func (s *Web) sourceRoutes(r chi.Router) {
	r.Get("/sources", s.handle(s.showSources))
	r.Get("/sources/new", s.handle(s.showNewSource))
	r.Post("/sources/new", s.handle(s.createSource))
	r.Route("/sources/{key}/{env}", func(r chi.Router) {
		r.Get("/", s.handle(s.showSourceEvents))
		r.Head("/", s.handle(s.showSourceEvents)) // the bare path of a Route seems to take HEAD, so GetHead leaves it alone
		r.Get("/events", s.handle(s.showSourceEvents))
		r.Post("/trigger", s.handle(s.sendTestEvent))
		r.Get("/mappings", s.handle(s.showMappings))
		r.Post("/mappings", s.handle(s.postMapping))
		r.Post("/mappings/{mapping}/switch", s.handle(s.switchMapping))
		r.Post("/mappings/{mapping}/resume", s.handle(s.resumeMapping))
		r.Post("/mappings/{mapping}/move", s.handle(s.moveMapping))
		r.Post("/mappings/{mapping}/remove", s.handle(s.removeMapping))
		r.Get("/types", s.handle(s.showTypes))
		r.Post("/types", s.handle(s.switchType))
		r.Get("/history", s.handle(s.showHistory))
		r.Post("/history/{revision}/restore", s.handle(s.restoreRevision))
		r.Get("/settings", s.handle(s.showSettings))
		r.Post("/settings", s.handle(s.saveSettings))
		r.Post("/secrets", s.handle(s.addSecret))
		r.Post("/secrets/{id}/revoke", s.handle(s.revokeSecret))
		r.Post("/rotate", s.handle(s.rotateAddress))
		r.Post("/delete", s.handle(s.deleteSource))
	})
}

func notFound(http.ResponseWriter, *http.Request) error { return respond.NotFound() }

func methodNotAllowed(http.ResponseWriter, *http.Request) error {
	return &respond.Problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Message: "this address takes another method"}
}
