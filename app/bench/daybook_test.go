package bench

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"daybook/app/configuration"
	"daybook/app/destination/local"
	"daybook/app/identity"
	"daybook/app/ingest"
	"daybook/app/keyring"
	"daybook/app/metrics"
	"daybook/app/readmodel"
	"daybook/app/sources"
	"daybook/app/store/embedded"
	"daybook/app/worker"
	"daybook/projections"
	"daybook/projections/eventlog"
	"daybook/projections/worklist"
)

// subject is a Daybook with everything on.
type subject struct {
	addr, path string
	events     *eventlog.Log
	readModels *projections.Runner
	store      *embedded.Store
}

func start(b *testing.B) *subject {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	dir := b.TempDir()
	store, err := embedded.Open(ctx, dir, embedded.Options{})
	must(err)
	keys, err := keyring.New(make([]byte, keyring.MasterKeySize))
	must(err)
	logger := slog.New(slog.NewTextHandler(b.Output(), nil))
	logID, err := identity.Open(ctx, store, keys, time.Now)
	must(err)
	registry := metrics.New()
	conf := configuration.New(store, keys, logger)
	readModels, err := readmodel.Open(ctx, dir, store, logID, logger)
	must(err)
	w := worker.New(worker.Config{
		Store: store, Rules: conf, Destination: local.Destination{}, Worklist: worklist.New(readModels),
		Changed: readModels.Changed, Metrics: metrics.NewWorker(registry), Logger: logger, Now: time.Now,
		Instance: "bench", Start: "bench", Alone: true,
	})
	m := metrics.NewIngest(registry)
	handler, err := ingest.New(ingest.Config{
		Store: store, Configuration: conf, Now: time.Now, Metrics: m, Logger: logger, Instance: "bench",
		Accepted: func(a ingest.Accepted) { w.Hand(worker.Work{Ref: a.Ref, Loaded: a.Loaded, Body: a.Body}) },
	})
	must(err)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	must(err)
	mux := chi.NewRouter()
	mux.Handle("/in/{token}", handler)
	server := &http.Server{Handler: mux}
	ingest.Limit(server)
	done := make(chan struct{}, 4)
	go func() { _ = conf.Run(ctx); done <- struct{}{} }()
	go func() { _ = readModels.Run(ctx); done <- struct{}{} }()
	must(conf.WaitLoaded(ctx))
	go func() { _ = w.Run(ctx); done <- struct{}{} }()
	go func() { _ = server.Serve(ingest.CountLargeHeaders(listener, m)); done <- struct{}{} }()
	b.Cleanup(func() {
		_ = server.Close()
		cancel()
		for range 4 {
			<-done
		}
		_ = handler.Close(context.Background())
		_ = readModels.Close()
		_ = store.Close()
	})
	srcs := sources.New(sources.Config{Store: store, Configuration: conf, Keys: keys, Now: time.Now})
	at := sources.Place{Key: "stripe", Environment: "development"}
	_, err = srcs.Put(ctx, at, sources.Put{}, "bench")
	must(err)
	_, err = srcs.AddSecret(ctx, at, secretText, "bench")
	must(err)
	url, err := srcs.IngestURL(at)
	must(err)
	return &subject{
		addr: listener.Addr().String(), path: url[strings.Index(url, "/in/"):],
		events: eventlog.New(readModels), readModels: readModels, store: store,
	}
}

// settle waits until n webhooks are worked off.
func (s *subject) settle(b *testing.B, n int) {
	b.Helper()
	for {
		changed := s.readModels.Changed()
		types, err := s.events.EventTypes(b.Context(), "", "")
		if err != nil {
			b.Fatal(err)
		}
		page, err := s.events.List(b.Context(), eventlog.Filter{Status: "processing"}, 1, "")
		if err != nil {
			b.Fatal(err)
		}
		if len(types) == 1 && types[0].Count == n && len(page.Items) == 0 {
			break
		}
		<-changed
	}
	failed, err := s.events.List(b.Context(), eventlog.Filter{Status: "failed"}, 1, "")
	if err != nil || len(failed.Items) > 0 {
		b.Fatal(err, failed)
	}
}
