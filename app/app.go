// Package app puts a Daybook together: it is the only package that knows every
// other. [New] makes the parts in the order in which they depend on each
// other, [App.Run] serves until its context ends, and stops them in the order
// that loses nothing.
package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"daybook/app/access"
	"daybook/app/api"
	"daybook/app/configuration"
	"daybook/app/destination/local"
	"daybook/app/detail"
	"daybook/app/identity"
	"daybook/app/ingest"
	"daybook/app/keyring"
	"daybook/app/metrics"
	"daybook/app/readmodel"
	"daybook/app/rebuild"
	"daybook/app/replay"
	"daybook/app/sources"
	"daybook/app/store/embedded"
	"daybook/app/tail"
	"daybook/app/trigger"
	"daybook/app/web"
	"daybook/app/worker"
	"daybook/projections"
	"daybook/projections/directory"
	"daybook/projections/eventlog"
	"daybook/projections/streams"
	"daybook/projections/worklist"
)

// App is a Daybook that was put together. Make one with [New], then
// [App.Run] it or [App.Close] it.
type App struct {
	config        Config
	store         *embedded.Store
	configuration *configuration.Configuration
	readModels    *projections.Runner
	worker        *worker.Worker
	ingest        *ingest.Handler
	rebuild       *rebuild.Rebuilder
	access        *access.Access
	sources       *sources.Sources
	listener      net.Listener
	server        *http.Server
}

// How long stopping may take.
const (
	stopTimeout  = 9 * time.Second // for everything; CONTRACT promises 10
	drainTimeout = 4 * time.Second // for requests under way
	openTimeout  = 30 * time.Second
	readyTimeout = 2 * time.Second
)

// New puts a Daybook together and begins to listen, without answering yet.
func New(ctx context.Context, c Config) (*App, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	for _, warning := range c.warnings() {
		c.Logger.Warn(warning)
	}
	a := &App{config: c}
	if err := a.assemble(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) assemble(ctx context.Context) error {
	c := &a.config
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	var err error
	if a.store, err = embedded.Open(ctx, c.Data, embedded.Options{Now: c.Now}); err != nil {
		return err
	}
	keys, adminToken, err := secrets(c)
	if err != nil {
		return err
	}
	logID, err := identity.Open(ctx, a.store, keys, c.Now)
	if err != nil {
		return err
	}
	if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr); err != nil {
		return fmt.Errorf("listen on %s: %w; choose another with --addr", c.Addr, err)
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + reachable(a.listener.Addr().String())
	}
	registry := metrics.New()
	instance := uuid.NewString()

	a.configuration = configuration.New(a.store, keys, c.Logger)
	if a.readModels, err = readmodel.Open(ctx, c.Data, a.store, logID, c.Logger); err != nil {
		return err
	}
	a.worker = worker.New(worker.Config{
		Store:       a.store,
		Rules:       a.configuration,
		Destination: local.Destination{},
		Worklist:    worklist.New(a.readModels),
		Changed:     a.readModels.Changed,
		Metrics:     metrics.NewWorker(registry),
		Logger:      c.Logger,
		Now:         c.Now,
		Instance:    instance,
		Start:       uuid.NewString(),
		Alone:       true, // the store's lock keeps a second process out
	})
	ingestMetrics := metrics.NewIngest(registry)
	a.ingest, err = ingest.New(ingest.Config{
		Store:          a.store,
		Configuration:  a.configuration,
		Now:            c.Now,
		Metrics:        ingestMetrics,
		Logger:         c.Logger,
		Instance:       instance,
		TrustedProxies: c.TrustedProxies,
		MaxBody:        c.MaxBody,
		Accepted: func(w ingest.Accepted) {
			a.worker.Hand(worker.Work{Ref: w.Ref, Loaded: w.Loaded, Body: w.Body})
		},
	})
	if err != nil {
		return err
	}
	a.listener = ingest.CountLargeHeaders(a.listener, ingestMetrics)
	a.access = access.New(adminToken, keys, c.secure(), c.Now)
	a.rebuild = rebuild.New(a.readModels, c.Now, c.Logger)
	a.sources = sources.New(sources.Config{
		Store: a.store, Configuration: a.configuration, Keys: keys, Now: c.Now, PublicURL: c.PublicURL,
	})
	a.server = a.newServer(registry, logID, instance)
	return nil
}

// newServer makes what answers requests of what does the work.
func (a *App) newServer(registry metrics.Registry, logID, instance string) *http.Server {
	c := a.config
	hosts := access.NewHosts(a.listener.Addr().String(), c.PublicURL)
	details := &detail.Reader{Store: a.store}
	events := eventlog.New(a.readModels)
	follow := &tail.Tail{Store: a.store, Runner: a.readModels, Events: events}
	replayer := replay.New(replay.Config{Store: a.store, Configuration: a.configuration})
	trigger := trigger.New(a.configuration, a.ingest, c.Now)
	rest := api.New(api.Config{
		Access: a.access, Store: a.store, Configuration: a.configuration, Sources: a.sources,
		Events: events, Streams: streams.New(a.readModels), Directory: directory.New(a.readModels, a.store),
		Details: details, Tail: follow, Replay: replayer,
		Trigger: trigger, Rebuild: a.rebuild, Now: c.Now, Logger: c.Logger,
	})
	pages := web.New(web.Config{
		Access: a.access, Store: a.store, Configuration: a.configuration, Sources: a.sources,
		ReadModels: a.readModels, Details: details, Tail: follow, Replay: replayer,
		Trigger: trigger, Rebuild: a.rebuild, Now: c.Now, Logger: c.Logger, Hosts: hosts,
		House: web.House{
			Version: c.Version, Store: c.Store, StoreDetail: c.Data, LogID: logID,
			Instance: instance, PublicURL: c.PublicURL, StartedAt: c.Now(),
		},
	})
	guarded := web.OwnHost(hosts, pages.Refuse)(web.OwnOrigin(c.PublicURL, pages.Refuse)(rest.Handler()))
	h := health{store: a.store, loaded: a.configuration.Loaded, applied: a.readModels.Applied, readyTimeout: readyTimeout}
	server := &http.Server{Handler: routes(a.ingest, guarded, pages.Handler(), registry.Handler(), h)}
	ingest.Limit(server)
	return server
}

// secrets reads the master key and the admin token, and makes the files that
// hold them where they are not given.
func secrets(c *Config) (*keyring.Keyring, string, error) {
	text := c.MasterKey
	var err error
	if text == "" {
		if text, err = keyring.LoadOrCreate(filepath.Join(c.Data, "master.key"), keyring.NewMasterKey); err != nil {
			return nil, "", err
		}
	}
	master, err := keyring.Parse(text)
	if err != nil {
		return nil, "", fmt.Errorf("DAYBOOK_MASTER_KEY (or master.key): %w", err)
	}
	keys, err := keyring.New(master)
	if err != nil {
		return nil, "", err
	}
	token := c.AdminToken
	if token == "" {
		if token, err = keyring.LoadOrCreate(filepath.Join(c.Data, "admin.token"), keyring.NewToken); err != nil {
			return nil, "", err
		}
	}
	return keys, token, nil
}

// reachable is the address by which this machine reaches a listener.
func reachable(listen string) string {
	addr, err := netip.ParseAddrPort(listen)
	if err != nil || !addr.Addr().IsUnspecified() {
		return listen
	}
	return fmt.Sprintf("127.0.0.1:%d", addr.Port())
}

// Addr is where the App listens, host:port.
func (a *App) Addr() string { return a.listener.Addr().String() }

// URL is where a browser on this machine finds the App.
func (a *App) URL() string {
	if strings.HasPrefix(a.config.PublicURL, "https://") {
		return a.config.PublicURL
	}
	return "http://" + reachable(a.Addr())
}

// LogInURL is a link that logs a browser in.
func (a *App) LogInURL() string {
	return a.URL() + "/login?code=" + a.access.NewCode(a.config.ReusableLogIn)
}

// Sources is what can be done to sources.
func (a *App) Sources() *sources.Sources { return a.sources }

// Run serves until ctx ends, then stops within 10 s. It calls ready once
// webhooks are taken; ready must not block.
func (a *App) Run(ctx context.Context, ready func()) (err error) {
	defer func() { err = errors.Join(err, a.Close()) }()
	// The parts stop in an order of their own: not all at once when ctx ends.
	parts, stopParts := context.WithCancel(context.WithoutCancel(ctx))
	defer stopParts()
	group, failed := errgroup.WithContext(parts)
	group.Go(func() error { return a.configuration.Run(failed) })
	group.Go(func() error { return a.readModels.Run(failed) })

	loading, cancel := context.WithTimeout(ctx, openTimeout)
	err = a.configuration.WaitLoaded(loading)
	cancel()
	if err != nil {
		stopParts()
		return errors.Join(err, group.Wait())
	}
	working, stopWorking := context.WithCancel(failed)
	defer stopWorking()
	group.Go(func() error { return a.worker.Run(working) })

	requests, endStreams := context.WithCancel(context.WithoutCancel(ctx))
	defer endStreams()
	a.server.BaseContext = func(net.Listener) context.Context { return requests }
	group.Go(func() error {
		if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	ready()

	select {
	case <-ctx.Done():
	case <-failed.Done():
	}
	a.stop(endStreams, stopWorking)
	stopParts()
	return group.Wait()
}

// stop ends what takes and does work, in this order: no new connections; live
// pages end, because they would never by themselves; requests under way are
// answered; the worker claims nothing more and records what it did; what
// ingest counted is written down. The store is closed last, by Close.
func (a *App) stop(endStreams, stopWorking context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	stopWorking()
	draining, cancelDraining := context.WithTimeout(ctx, drainTimeout)
	defer cancelDraining()
	a.server.RegisterOnShutdown(endStreams)
	if err := a.server.Shutdown(draining); err != nil {
		a.config.Logger.Warn("requests were cut off at the stop", "error", err)
		if err := a.server.Close(); err != nil {
			a.config.Logger.Warn("close the server", "error", err)
		}
	}
	if err := a.ingest.Close(ctx); err != nil {
		a.config.Logger.Error("what ingest had counted was not all written down", "error", err)
	}
	a.rebuild.Close()
}

// Close releases what New took, the store last. After Run it has been called.
func (a *App) Close() error {
	var errs []error
	if a.listener != nil {
		if err := a.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if a.readModels != nil {
		errs = append(errs, a.readModels.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}
