package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"daybook/app/command"
	"daybook/app/destination"
	"daybook/app/destination/local"
	"daybook/app/metrics"
	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections/worklist"
)

// house is a store with a worklist over it, in which workers live.
type house struct {
	t     testing.TB
	store es.Store
	list  *foldedList
	rules RuleBook

	pauses pauses
}

func newHouse(t testing.TB, mappings ...rule.Mapping) *house {
	t.Helper()
	store := memory.New(memory.Options{})
	t.Cleanup(func() { _ = store.Close() })
	h := &house{t: t, store: store, rules: book{compile(t, mappings...)}}
	h.list = followed(t, store)
	return h
}

// worker returns a worker that is not alone, unless change says so.
func (h *house) worker(instance string, change ...func(*Config)) *Worker {
	c := Config{
		Store: h.store, Rules: h.rules, Pauser: &h.pauses, Destinations: destination.Only{Destination: local.Destination{}}, Worklist: h.list, Changed: h.list.Changed,
		Metrics: metrics.NewWorker(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Instance: instance, Start: instance + "-1",
	}
	for _, f := range change {
		f(&c)
	}
	return New(c)
}

// work works a webhook as far as that goes outside of all lanes, as a worker
// does that runs.
func (w *Worker) work(ctx context.Context, work Work) error {
	w.sends = ctx
	_, err := (&job{Worker: w, Work: work}).advance(ctx, nil)
	return err
}

// jitter is what a silence is longer or shorter by, at most.
const jitter = defaultSilence / jitterShare

func alone(c *Config) { c.Alone = true }

// run runs a worker until stop is called, which returns once it has ended.
func (h *house) run(w *Worker) (stop func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := w.Run(ctx); err != nil {
			h.t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	h.t.Cleanup(stop)
	return stop
}

// receive records a webhook as ingest does.
func (h *house) receive(key, body string) Work {
	h.t.Helper()
	return h.receiveAt("elsewhere", key, body)
}

// receiveAt has an instance take a webhook, of which no worker is told.
func (h *house) receiveAt(instance, key, body string) Work {
	h.t.Helper()
	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: key, Generation: 1}
	handler := command.Handler[webhook.State, webhook.Command, webhook.Event]{
		Store: h.store, Decider: webhook.Decider(), Codec: webhook.Codec(), Now: time.Now,
	}
	var typed struct{ Type string }
	_ = json.Unmarshal([]byte(body), &typed) // a body that is no JSON has no type
	result, err := handler.Handle(h.t.Context(), ref.Stream(), webhook.Receive{
		At: es.TimeOf(time.Now()), Body: []byte(body),
		Receipt: webhook.Receipt{EventType: typed.Type, IdempotencyKey: key, ConfigurationRevision: 3, Instance: instance},
	}, command.Meta{})
	if err != nil {
		h.t.Fatal(err)
	}
	return Work{Ref: ref, Loaded: command.Loaded[webhook.State]{State: result.State, Revision: result.State.Revision, Exists: true}}
}

func (h *house) state(key string) webhook.State {
	h.t.Helper()
	if err := h.list.catchUp(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	return h.list.state(es.Stream("webhook-development.stripe." + key))
}

// facts returns the types of the events in the stream of a webhook.
func (h *house) facts(key string) []string {
	h.t.Helper()
	var types []string
	for r, err := range h.store.ReadStream(h.t.Context(), es.Stream("webhook-development.stripe."+key), es.FirstRevision, es.Forward) {
		if err != nil {
			h.t.Fatal(err)
		}
		types = append(types, r.Type)
	}
	return types
}

func (h *house) count(key, kind string) int {
	h.t.Helper()
	return len(slices.DeleteFunc(h.facts(key), func(k string) bool { return k != kind }))
}

// waitUntilDone returns when nothing is left to be done.
func (h *house) waitUntilDone() {
	h.t.Helper()
	for {
		changed := h.list.Changed()
		left, err := h.list.all(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		select {
		case <-changed:
		case <-h.t.Context().Done():
			h.t.Fatal("it was never done")
		}
	}
}

func followed(t testing.TB, store es.Store) *foldedList {
	t.Helper()
	l := &foldedList{foldingList: newFoldingList(), store: store, at: es.Start}
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() {
		for batch, err := range store.Subscribe(ctx, es.Start, es.Filter{}) {
			if err != nil {
				return
			}
			if len(batch.Events) > 0 {
				l.tell()
			}
		}
	})
	t.Cleanup(func() { cancel(); following.Wait() })
	return l
}

// book is a rule book with the same rules for all.
type book struct{ rules *rule.Rules }

func (b book) Rules(context.Context, string, string, es.Revision) (*rule.Rules, error) {
	return b.rules, nil
}

// bookFunc is a rule book that answers as the function says.
type bookFunc func() (*rule.Rules, error)

func (f bookFunc) Rules(context.Context, string, string, es.Revision) (*rule.Rules, error) {
	return f()
}

func compile(t testing.TB, mappings ...rule.Mapping) *rule.Rules {
	t.Helper()
	rules, problems := rule.Compile(rule.Definition{Mappings: rule.DeriveKeys(mappings)})
	if len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	return rules
}

func mapping(eventType string, kind action.Type, parameters string) rule.Mapping {
	m := rule.Mapping{EventType: eventType, ActionType: kind}
	if err := json.Unmarshal([]byte(parameters), &m.ActionParameters); err != nil {
		panic(err)
	}
	return m
}

func identify() rule.Mapping {
	return mapping("*", action.UsersIdentify, `{"id":"body.user"}`)
}

func trigger() rule.Mapping {
	return mapping("*", action.WorkflowsTrigger, `{"key":"welcome","recipients":"body.user","data":"body"}`)
}

const paid = `{"type":"invoice.paid","user":"cus_1"}`

// noted is a destination that notes what it is given, and may do more.
type noted struct {
	before func(context.Context, destination.Action) error
	lane   string // over a network, if it is not empty

	mu    sync.Mutex
	given []string
}

// all returns the types of the actions that it was given.
func (n *noted) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.given)
}

// to has everything go to a destination.
func to(d destination.Destination) func(*Config) {
	return func(c *Config) { c.Destinations = destination.Only{Destination: d} }
}

func (n *noted) Terms(destination.Action) destination.Terms {
	return destination.Terms{Lane: n.lane, Repeats: webhook.Repeats{Always: true}}
}

func (n *noted) CarryOut(ctx context.Context, a destination.Action) destination.Outcome {
	n.mu.Lock()
	n.given = append(n.given, string(a.Type))
	n.mu.Unlock()
	if n.before != nil {
		if err := n.before(ctx, a); err != nil {
			class := webhook.ClassNetwork
			if ctx.Err() != nil {
				class = webhook.ClassUnknown
			}
			return destination.Outcome{Class: class, Error: err.Error()}
		}
	}
	return local.Destination{}.CarryOut(ctx, a)
}

// flaky is a store whose appends can be made to fail.
type flaky struct {
	es.Store
	fail atomic.Pointer[func(es.Stream, []es.Event) error]
}

func (f *flaky) failWith(fail func(es.Stream, []es.Event) error) { f.fail.Store(&fail) }

func (f *flaky) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	if fail := f.fail.Load(); fail != nil {
		if err := (*fail)(stream, events); err != nil {
			return es.Appended{}, err
		}
	}
	return f.Store.Append(ctx, stream, expected, events...)
}

func unavailable(why string) error { return fmt.Errorf("%w: %w", es.ErrUnavailable, errors.New(why)) }

// pass lets time go by in a bubble, and waits for what it brings.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func filled(size int) string { return strings.Repeat("x", size) }

var _ Worklist = (*worklist.List)(nil)

// pauses notes what is to be paused, and may refuse it.
type pauses struct {
	mu    sync.Mutex
	given []string
	err   error
}

func (p *pauses) PauseMapping(_ context.Context, source, environment, mapping, _ string, revision es.Revision) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.given = append(p.given, fmt.Sprintf("%s %s %s at %d", source, environment, mapping, revision))
	return p.err
}
