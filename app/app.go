// Package app puts a Daybook together: it is the only package that knows every
// other. [New] makes the parts in the order in which they depend on each
// other, [App.Run] serves until its context ends, and stops them in the order
// that loses nothing.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"daybook/app/access"
	"daybook/app/alerts"
	"daybook/app/api"
	"daybook/app/configuration"
	"daybook/app/destination/book"
	"daybook/app/destination/egress"
	"daybook/app/detail"
	"daybook/app/environments"
	"daybook/app/identity"
	"daybook/app/ingest"
	"daybook/app/metrics"
	"daybook/app/readmodel"
	"daybook/app/rebuild"
	"daybook/app/rehearse"
	"daybook/app/replay"
	"daybook/app/sources"
	"daybook/app/steer"
	"daybook/app/tail"
	"daybook/app/trigger"
	"daybook/app/web"
	"daybook/app/worker"
	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/actions"
	"daybook/projections/directory"
	"daybook/projections/eventlog"
	"daybook/projections/streams"
	"daybook/projections/worklist"
)

// App is a Daybook that was put together. Make one with [New], then
// [App.Run] it or [App.Close] it.
type App struct {
	config        Config
	store         es.Store
	unlock        func() error // lets others into the data directory; nil if the store does that
	protocol      *protocol    // nil if no EventStoreDB client is served
	configuration *configuration.Configuration
	readModels    *projections.Runner
	destinations  *book.Book
	environments  *environments.Environments
	worker        *worker.Worker
	ingest        *ingest.Handler
	rebuild       *rebuild.Rebuilder
	steering      *steer.Steering
	access        *access.Access
	sources       *sources.Sources
	alerts        *alerts.Alerts
	messenger     *egress.Client // sends the messages about alerts
	listener      net.Listener
	server        *http.Server

	endLive     context.CancelFunc // ends the answers that never end by themselves
	cutRequests context.CancelFunc // ends all requests
}

// What takes how long at most. Stopping takes drainTimeout and closeTimeout
// together, or what the worker needs to finish, whichever is longer; CONTRACT
// promises 10 s.
const (
	openTimeout  = 30 * time.Second
	readyTimeout = 2 * time.Second
	drainTimeout = 4 * time.Second // for requests under way
	closeTimeout = 4 * time.Second // for what ingest has counted
)

// silenceShare is the part of a lease for which nothing moves before another
// instance looks after a webhook.
const silenceShare = 3

// New puts a Daybook together and begins to listen, without answering yet.
func New(ctx context.Context, c Config) (*App, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	for _, warning := range c.warnings() {
		c.Logger.Warn("this configuration is a risk", "why", warning)
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	a := &App{config: c}
	if err := a.assemble(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// assemble makes the parts in the order in which they need each other.
func (a *App) assemble(ctx context.Context) error {
	c := &a.config
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if err := a.openStore(ctx); err != nil {
		return err
	}
	keys, err := openKeyring(ctx, a.store, c.Data, c.MasterKey)
	if err != nil {
		return err
	}
	if c.AdminToken, err = adminToken(c.Data, c.AdminToken); err != nil {
		return err
	}
	logID, err := identity.Open(ctx, a.store, keys, c.Now)
	if err != nil {
		return err
	}
	if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr); err != nil {
		return fmt.Errorf("%w; choose another address with --addr", err)
	}
	if a.protocol, err = a.newProtocol(ctx); err != nil {
		return err
	}
	if c.PublicURL == "" {
		c.PublicURL = a.LocalURL()
	}
	a.configuration = configuration.New(a.store, keys, c.Logger)
	if a.readModels, err = readmodel.Open(ctx, c.Data, a.store, logID, c.Logger); err != nil {
		return err
	}
	a.sources = sources.New(sources.Config{
		Store: a.store, Configuration: a.configuration, Keys: keys, Now: c.Now, PublicURL: c.PublicURL,
	})
	a.destinations = book.New(book.Config{
		Environments: a.configuration, Keys: keys, Now: c.Now, Allowed: c.AllowPrivate, UserAgent: "Daybook/" + c.Version,
	})
	a.environments = environments.New(environments.Config{
		Store: a.store, Configuration: a.configuration, Keys: keys, Now: c.Now, CheckURL: a.destinations.CheckURL,
	})
	instance := uuid.NewString()
	registry := metrics.New()
	a.worker = a.newWorker(instance, metrics.NewWorker(registry))
	if a.ingest, err = a.newIngest(instance, metrics.NewIngest(registry)); err != nil {
		return err
	}
	a.access = access.New(c.AdminToken, keys, c.secure(), c.Now)
	a.rebuild = rebuild.New(a.readModels, c.Now, c.Logger)
	a.steering = steer.New(steer.Config{Store: a.store, Actions: actions.New(a.readModels), WaitFor: a.readModels.WaitFor, Now: c.Now})
	a.alerts = a.newAlerts(keys, instance, metrics.NewAlerts(registry))
	a.server = a.newServer(registry, logID, instance)
	return nil
}

func (a *App) newWorker(instance string, m *metrics.Worker) *worker.Worker {
	return worker.New(worker.Config{
		Store:        a.store,
		Rules:        a.configuration,
		Pauser:       a.sources,
		Destinations: a.destinations,
		Worklist:     worklist.New(a.readModels),
		Changed:      a.readModels.Changed,
		Metrics:      m,
		Logger:       a.config.Logger,
		Now:          a.config.Now,
		Instance:     instance,
		Start:        uuid.NewString(),
		Alone:        a.config.embedded(), // its lock keeps a second process out
		Lease:        a.config.Lease,
		Silence:      a.config.Lease / silenceShare,
	})
}

func (a *App) newIngest(instance string, m *metrics.Ingest) (*ingest.Handler, error) {
	a.listener = ingest.CountLargeHeaders(a.listener, m)
	return ingest.New(ingest.Config{
		Store:          a.store,
		Configuration:  a.configuration,
		Now:            a.config.Now,
		Metrics:        m,
		Logger:         a.config.Logger,
		Instance:       instance,
		TrustedProxies: a.config.TrustedProxies,
		MaxBody:        a.config.MaxBody,
		Accepted: func(w ingest.Accepted) {
			a.worker.Hand(worker.Work{Ref: w.Ref, Loaded: w.Loaded, Body: w.Body})
		},
	})
}

// newServer makes what answers requests of what does the work.
func (a *App) newServer(registry metrics.Registry, logID, instance string) *http.Server {
	c := a.config
	hosts := access.NewHosts(a.Addr(), c.PublicURL)
	details := &detail.Reader{Store: a.store}
	events, list := eventlog.New(a.readModels), streams.New(a.readModels)
	users := directory.New(a.readModels, a.store)
	follow := &tail.Tail{Store: a.store, Runner: a.readModels, Events: events, Logger: c.Logger}
	replayer := replay.New(replay.Config{Store: a.store, Configuration: a.configuration})
	rehearser := rehearse.New(rehearse.Config{Store: a.store, Configuration: a.configuration, Now: c.Now})
	trigger := trigger.New(a.configuration, a.ingest, a.readModels, c.Now)
	rest := api.New(api.Config{
		Access: a.access, Store: a.store, Configuration: a.configuration, Sources: a.sources, Environments: a.environments,
		Events: events, Streams: list, Directory: users, Details: details, Tail: follow, Replay: replayer,
		Rehearse: rehearser, Trigger: trigger, Rebuild: a.rebuild, Actions: actions.New(a.readModels), Steering: a.steering,
		Alerts: a.alerts, Now: c.Now, Logger: c.Logger,
	})
	pages := web.New(web.Config{
		Access: a.access, Store: a.store, Configuration: a.configuration, Sources: a.sources, Environments: a.environments,
		ReadModels: a.readModels, Events: events, Streams: list, Directory: users,
		Details: details, Tail: follow, Replay: replayer, Rehearse: rehearser, Trigger: trigger, Rebuild: a.rebuild,
		Actions: actions.New(a.readModels), Steering: a.steering, Lanes: a.worker.Lanes, Alerts: a.alerts, Now: c.Now, Logger: c.Logger, Hosts: hosts,
		House: web.House{
			Version: c.Version, Store: c.storeName(), StoreDetail: c.storePlace(), LogID: logID,
			Instance: instance, PublicURL: c.PublicURL, StartedAt: c.Now(),
		},
	})
	guarded := web.OwnHost(hosts, rest.Refuse)(web.OwnOrigin(c.PublicURL, rest.Refuse)(rest.Handler()))
	h := health{store: a.store, loaded: a.configuration.Loaded, applied: a.readModels.Applied, logger: c.Logger}
	requests, cutRequests := context.WithCancel(context.Background())
	live, endLive := context.WithCancel(requests)
	a.cutRequests, a.endLive = cutRequests, endLive
	server := &http.Server{
		Handler:     withEnd(live, routes(a.ingest, guarded, pages.Handler(), registry.Handler(), h)),
		BaseContext: func(net.Listener) context.Context { return requests },
		ErrorLog:    slog.NewLogLogger(c.Logger.Handler(), slog.LevelWarn),
	}
	ingest.Limit(server)
	return server
}

// Addr is where the App listens, host:port.
func (a *App) Addr() string { return a.listener.Addr().String() }

// LocalURL is where programs on this machine find the App.
func (a *App) LocalURL() string { return LocalURL(a.Addr()) }

// LocalURL is where programs on this machine find what listens on an address.
func LocalURL(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "http://" + addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// URL is where a browser finds the App: at the public URL where that is https,
// because cookies are for https only then.
func (a *App) URL() string {
	if a.config.secure() {
		return a.config.PublicURL
	}
	return a.LocalURL()
}

// LogInURL is a link that logs a browser in.
func (a *App) LogInURL() string {
	return a.URL() + "/login?code=" + a.access.NewCode(a.config.ReusableLogIn)
}

// AdminToken is the token that was given, or made.
func (a *App) AdminToken() string { return a.config.AdminToken }

// Sources is what can be done to sources.
func (a *App) Sources() *sources.Sources { return a.sources }
