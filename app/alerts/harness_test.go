package alerts_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daybook/app/alerts"
	"daybook/app/configuration"
	"daybook/app/destination/egress"
	"daybook/app/keyring"
	"daybook/app/metrics"
	"daybook/app/readmodel"
	"daybook/app/sources"
	"daybook/domain/es"
	"daybook/projections"
	"daybook/projections/actions"
	"daybook/projections/eventlog"
	"daybook/projections/projectiontest"
)

// clock is shared by the instances of a test.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// sink is a real endpoint that takes messages.
type sink struct {
	*httptest.Server
	status   atomic.Int64 // what it answers
	messages chan string
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{messages: make(chan string, 100)}
	s.status.Store(http.StatusOK)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var message struct{ Text string }
		if err != nil || r.Method != http.MethodPost || json.Unmarshal(body, &message) != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%s %s %s", r.Method, r.Header, body)
		}
		w.WriteHeader(int(s.status.Load()))
		s.messages <- message.Text
	}))
	t.Cleanup(s.Close)
	return s
}

// next waits for a message.
func (s *sink) next(t *testing.T) string {
	t.Helper()
	select {
	case text := <-s.messages:
		return text
	case <-time.After(20 * time.Second):
		t.Fatal("no message came")
		return ""
	}
}

// none fails the test if a message has come.
func (s *sink) none(t *testing.T) {
	t.Helper()
	select {
	case text := <-s.messages:
		t.Errorf("a message too many: %s", text)
	default:
	}
}

// instance is one that shares a store with others.
type instance struct {
	*alerts.Alerts
	configuration *configuration.Configuration
	runner        *projections.Runner
	sources       *sources.Sources
	stop          func()
}

// start starts an instance in a directory, and waits until its read models are
// as far as the log.
func start(t *testing.T, store es.Store, clock *clock, data, machine string) *instance {
	t.Helper()
	keys, err := keyring.New(make([]byte, keyring.MasterKeySize))
	check(t, err)
	logger := slog.New(slog.DiscardHandler)
	allowed, err := egress.ParseAllowed([]string{"127.0.0.1"})
	check(t, err)
	client := egress.New(egress.Config{Allowed: allowed, TLSOnly: true})
	runner, err := readmodel.Open(t.Context(), data, store, "the log", logger)
	check(t, err)
	i := &instance{runner: runner, configuration: configuration.New(store, keys, logger)}
	i.sources = sources.New(sources.Config{Store: store, Configuration: i.configuration, Keys: keys, Now: clock.now, PublicURL: "http://daybook.example"})
	i.Alerts = alerts.New(alerts.Config{
		Store: store, Configuration: i.configuration, ReadModels: runner, Events: eventlog.New(runner), Actions: actions.New(runner),
		Keys: keys, Client: client, Metrics: metrics.NewAlerts(metrics.New()), Logger: logger, Now: clock.now,
		Instance: machine + "-1", Machine: machine, Data: data, PublicURL: "http://daybook.example",
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, run := range []func(context.Context) error{i.configuration.Run, runner.Run} {
		running.Go(func() { check(t, run(ctx)) })
	}
	check(t, runner.CatchUp(t.Context()))
	watching, stopWatching := context.WithCancel(ctx)
	var alerting sync.WaitGroup
	alerting.Go(func() { check(t, i.Run(watching)) })
	i.stop = sync.OnceFunc(func() {
		stopWatching()
		alerting.Wait()
		cancel()
		running.Wait()
		client.Close()
		check(t, runner.Close())
	})
	t.Cleanup(i.stop)
	return i
}

// parkOne records a webhook whose action is parked.
func parkOne(log *projectiontest.Log, key string) {
	ref := refOf(key)
	log.Receive(ref, "invoice.paid", "")
	log.Plan(ref, "", nil, projectiontest.Planned("m", "users_identify", `{"id":"ada"}`))
	log.Park(ref, "attempts_exhausted", "it answered 503")
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
