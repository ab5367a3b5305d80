package configuration_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"daybook/app/configuration"
	"daybook/app/keyring"
	"daybook/app/sources"
	"daybook/app/store/memory"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	first  = "whsec_the_first_secret"
	second = "whsec_the_second_secret"
)

func place() sources.Place { return sources.Place{Key: "stripe", Environment: "development"} }

// rig is a configuration that follows a store, and what changes it.
type rig struct {
	t       *testing.T
	store   es.Store
	keys    *keyring.Keyring
	conf    *configuration.Configuration
	sources *sources.Sources
	now     time.Time
}

func open(t *testing.T, store es.Store) *rig {
	t.Helper()
	keys, err := keyring.New(make([]byte, keyring.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, store: store, keys: keys, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	r.conf = configuration.New(store, keys, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.conf.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	r.sources = sources.New(sources.Config{Store: store, Configuration: r.conf, Keys: keys, Now: func() time.Time { return r.now }, PublicURL: "http://h"})
	return r
}

// connected is a rig with a source and a secret.
func connected(t *testing.T) *rig {
	t.Helper()
	r := open(t, memory.New(memory.Options{}))
	r.put(sources.Put{})
	r.must(r.sources.AddSecret(t.Context(), place(), first, "admin"))
	return r
}

func (r *rig) put(p sources.Put) {
	r.t.Helper()
	if _, err := r.sources.Put(r.t.Context(), place(), p, "admin"); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) must(s sources.Secret, err error) string {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	return s.ID
}

func (r *rig) token() string {
	r.t.Helper()
	url, err := r.sources.IngestURL(place())
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.TrimPrefix(url, "http://h/in/")
}

func (r *rig) find(token string, later time.Duration) (*configuration.Endpoint, bool) {
	return r.conf.ByToken(r.t.Context(), token, es.TimeOf(r.now.Add(later)))
}

func TestTokens(t *testing.T) {
	t.Parallel()
	r := connected(t)
	old := r.token()
	if _, err := r.sources.Rotate(t.Context(), place(), time.Hour, "admin"); err != nil {
		t.Fatal(err)
	}
	fresh := r.token()
	for _, c := range []struct {
		token string
		later time.Duration
		want  bool
	}{
		{old, 0, true},
		{old, time.Hour - time.Millisecond, true},
		{old, time.Hour, false},
		{fresh, 1000 * time.Hour, true},
		{fresh + "x", 0, false},
		{"", 0, false},
	} {
		e, ok := r.find(c.token, c.later)
		if ok != c.want || ok && (e.Source != "stripe" || e.Environment != "development" || e.Token != fresh) {
			t.Errorf("%q after %s: found %t", c.token, c.later, ok)
		}
	}
	if err := r.sources.Disconnect(t.Context(), place(), "admin"); err != nil {
		t.Fatal(err)
	}
	if _, ok := r.find(fresh, 0); ok {
		t.Error("a source that was deleted has a URL")
	}
	if _, ok := r.conf.Source("stripe"); ok || len(r.conf.SourceKeys()) != 0 {
		t.Error("a source that was deleted is there")
	}
	if _, ok := r.conf.Endpoint("stripe", "development"); ok {
		t.Error("a source that was deleted has an endpoint")
	}
}

func TestSecretsCountUntilTheyAreRevoked(t *testing.T) {
	t.Parallel()
	r := connected(t)
	id := r.must(r.sources.AddSecret(t.Context(), place(), second, "admin"))
	before, _ := r.conf.Endpoint("stripe", "development")
	if err := r.sources.RevokeSecret(t.Context(), place(), id, time.Hour, "admin"); err != nil {
		t.Fatal(err)
	}
	after, _ := r.conf.Endpoint("stripe", "development")
	live := func(e *configuration.Endpoint, later time.Duration) string {
		var texts []string
		for _, s := range e.LiveSecrets(es.TimeOf(r.now.Add(later))) {
			texts = append(texts, s.Reveal())
		}
		return strings.Join(texts, " ")
	}
	if got := live(after, time.Hour-time.Millisecond); got != first+" "+second {
		t.Errorf("within the grace: %s", got)
	}
	if got := live(after, time.Hour); got != first {
		t.Errorf("after it: %s", got)
	}
	if got := live(before, time.Hour); got != first+" "+second {
		t.Errorf("an endpoint changed after it was handed out: %s", got)
	}
}

// What just happened on another instance is waited for, and an unknown token
// costs no more than a look at the head of the store.
func TestAnUnknownTokenWaitsForTheHead(t *testing.T) {
	t.Parallel()
	r := connected(t)
	token := r.token()
	behind := &held{Store: r.store, release: make(chan struct{})}
	other := open(t, behind)
	found := make(chan bool)
	go func() {
		_, ok := other.find(token, 0)
		found <- ok
	}()
	close(behind.release) // the other instance hears of it only now
	if !<-found {
		t.Error("a token that another instance made was not waited for")
	}
	// Events that are not configuration move the head too: they must not be
	// waited for in vain.
	event := es.Event{ID: uuid.New(), Type: "T", Data: []byte("{}"), Metadata: []byte("{}")}
	if _, err := r.store.Append(t.Context(), "webhook-x", es.Any(), event); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, ok := r.find("unknown", 0); ok || time.Since(began) > 900*time.Millisecond {
		t.Errorf("found %t after %s", ok, time.Since(began))
	}
}

// held is a store whose subscriptions begin when they are released.
type held struct {
	es.Store
	release chan struct{}
	heads   atomic.Int64
}

func (s *held) Head(ctx context.Context) (es.Position, error) {
	s.heads.Add(1)
	return s.Store.Head(ctx)
}

func (s *held) Subscribe(ctx context.Context, from es.Position, f es.Filter) iter.Seq2[es.Batch, error] {
	return func(yield func(es.Batch, error) bool) {
		select {
		case <-s.release:
			s.Store.Subscribe(ctx, from, f)(yield)
		case <-ctx.Done():
		}
	}
}

// farHead is a store on which so much else happens that a filtered subscription
// never hears how far the head is.
type farHead struct{ held }

func (*farHead) Head(context.Context) (es.Position, error) { return 1 << 40, nil }

func TestANewTokenIsNotMissedOnABusyStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := connected(t)
		token := r.token()
		busy := &farHead{held{Store: r.store, release: make(chan struct{})}}
		other := open(t, busy)
		time.AfterFunc(100*time.Millisecond, func() { close(busy.release) })
		began := time.Now()
		if _, ok := other.find(token, 0); !ok || time.Since(began) != 100*time.Millisecond {
			t.Errorf("a token that another instance made was found: %t, after %s", ok, time.Since(began))
		}
	})
}

// slow is a store of which one hears late.
type slow struct{ es.Store }

const late = 200 * time.Millisecond

func (s slow) Subscribe(ctx context.Context, from es.Position, f es.Filter) iter.Seq2[es.Batch, error] {
	return func(yield func(es.Batch, error) bool) {
		for batch, err := range s.Store.Subscribe(ctx, from, f) {
			time.Sleep(late)
			if !yield(batch, err) {
				return
			}
		}
	}
}

// A request that was refused may be accepted by what another instance has
// configured just now.
func TestNewer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := connected(t)
		other := open(t, slow{r.store})
		if err := other.conf.WaitLoaded(t.Context()); err != nil {
			t.Fatal(err)
		}
		token := r.token()
		newer := func(e *configuration.Endpoint, wait time.Duration) (*configuration.Endpoint, bool) {
			t.Helper()
			began := time.Now()
			found, ok := other.conf.Newer(t.Context(), e, token, es.TimeOf(r.now))
			if took := time.Since(began); took != wait {
				t.Errorf("it took %s, want %s", took, wait)
			}
			return found, ok
		}

		known, ok := other.find(token, 0)
		if !ok {
			t.Fatal("the token is not known")
		}
		if _, ok := newer(known, 0); ok {
			t.Error("there is something newer than what there is")
		}
		r.must(r.sources.AddSecret(t.Context(), place(), second, "admin"))
		found, ok := newer(known, late)
		if !ok || len(found.LiveSecrets(es.TimeOf(r.now))) != 2 {
			t.Errorf("the new secret was not waited for: %t, %+v", ok, found)
		}
		if found, ok := newer(known, 0); !ok || len(found.LiveSecrets(es.TimeOf(r.now))) != 2 {
			t.Errorf("what came meanwhile is not found: %t, %+v", ok, found)
		}
		began := time.Now()
		for range 500 {
			other.conf.Newer(t.Context(), found, token, es.TimeOf(r.now))
		}
		if time.Since(began) != 0 {
			t.Error("it waits although there is nothing newer")
		}
		r.must(r.sources.AddSecret(t.Context(), place(), "whsec_yet_another_secret", "admin"))
		if _, ok := newer(found, 0); ok {
			t.Error("the store is asked as often as one likes")
		}
	})
}

func TestAnUnknownTokenWaitsASecondAtMostAndNotTooOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner := memory.New(memory.Options{})
		event := es.Event{ID: uuid.New(), Type: "T", Data: []byte("{}"), Metadata: []byte("{}")}
		if _, err := inner.Append(t.Context(), "s", es.Any(), event); err != nil {
			t.Fatal(err)
		}
		store := &held{Store: inner, release: make(chan struct{})}
		keys, err := keyring.New(make([]byte, keyring.MasterKeySize))
		if err != nil {
			t.Fatal(err)
		}
		conf := configuration.New(store, keys, slog.New(slog.DiscardHandler)) // it never hears of anything
		began := time.Now()
		if _, ok := conf.ByToken(t.Context(), "unknown", 0); ok || time.Since(began) != time.Second {
			t.Errorf("found %t after %s", ok, time.Since(began))
		}
		began = time.Now()
		var asking sync.WaitGroup
		for range 500 {
			asking.Go(func() { conf.ByToken(t.Context(), "unknown", 0) })
		}
		asking.Wait()
		if n := store.heads.Load(); n > 60 || time.Since(began) > time.Second {
			t.Errorf("500 unknown tokens asked for the head %d times, and took %s", n, time.Since(began))
		}
	})
}

func TestRulesAsOfARevision(t *testing.T) {
	t.Parallel()
	r := connected(t)
	at := func(revision es.Revision) string {
		rules, err := r.conf.Rules(t.Context(), "stripe", "development", revision)
		if err != nil {
			return "refused"
		}
		evaluation := rules.Evaluate(rule.Input{Body: map[string]any{}, Event: rule.Event{Type: "a.b"}})
		var keys []string
		for _, v := range evaluation.Verdicts {
			keys = append(keys, v.Key)
		}
		return strings.Join(keys, " ")
	}
	want := map[es.Revision]string{}
	for _, key := range []string{"one", "two", "three"} {
		r.put(sources.Put{Mappings: &[]rule.Mapping{mapping(key)}})
		state, _ := r.conf.Source("stripe")
		want[state.Revision] = key
	}
	newest, _ := r.conf.Source("stripe")
	if _, err := r.sources.Put(t.Context(), sources.Place{Key: "stripe", Environment: "production"}, sources.Put{}, "admin"); err != nil {
		t.Fatal(err)
	}
	want[newest.Revision+1] = "three" // a change elsewhere changes nothing here
	want[0] = "refused"               // it was not connected yet
	check := func() {
		t.Helper()
		for range 2 { // the second time they are known
			for revision, keys := range want {
				if got := at(revision); got != keys {
					t.Errorf("at revision %d: %q, want %q", revision, got, keys)
				}
			}
		}
	}
	check()
	if err := r.sources.Disconnect(t.Context(), place(), "admin"); err != nil {
		t.Fatal(err)
	}
	want[newest.Revision+2] = "refused"
	check()
	if _, err := r.conf.Rules(t.Context(), "none", "development", 1); !isNotFound(err) {
		t.Errorf("rules of no source: %v", err)
	}
}

// Another instance may have changed the rules, and taken a webhook under them,
// before this one has heard of it.
func TestRulesThatThisInstanceHasNotHeardOf(t *testing.T) {
	t.Parallel()
	r := connected(t)
	deaf, stop := context.WithCancel(t.Context())
	conf := configuration.New(r.store, r.keys, slog.New(slog.DiscardHandler))
	var running sync.WaitGroup
	running.Go(func() {
		if err := conf.Run(deaf); err != nil {
			t.Error(err)
		}
	})
	if err := conf.WaitLoaded(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	running.Wait()
	r.put(sources.Put{Mappings: &[]rule.Mapping{mapping("new")}})
	state, _ := r.conf.Source("stripe")
	rules, err := conf.Rules(t.Context(), "stripe", "development", state.Revision)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := rules.Evaluate(rule.Input{Body: map[string]any{}, Event: rule.Event{Type: "a.b"}}).Verdicts
	if len(verdicts) != 1 || verdicts[0].Key != "new" {
		t.Errorf("%+v", verdicts)
	}
}

func isNotFound(err error) bool {
	var refusal *es.Refusal
	return errors.As(err, &refusal) && refusal.Code == es.NotFound
}

func mapping(key string) rule.Mapping {
	return rule.Mapping{
		Key: key, EventType: "a.b", ActionType: "users_delete",
		ActionParameters: rule.Parameters{"id": []byte(`"body.id"`)},
	}
}

// A mapping that an other version saved and this one cannot use fails where it
// is asked, and nowhere else.
func TestAMappingThatCannotBeUsedStopsNoOther(t *testing.T) {
	t.Parallel()
	r := connected(t)
	state, _ := r.conf.Source("stripe")
	broken := mapping("broken")
	broken.When = "body.("
	r.append(source.MappingsChanged{Environment: "development", Mappings: []rule.Mapping{broken, mapping("good")}})
	rules, err := r.conf.Rules(t.Context(), "stripe", "development", state.Revision+1)
	if err != nil {
		t.Fatal(err)
	}
	evaluation := rules.Evaluate(rule.Input{Body: map[string]any{"id": "x"}, Event: rule.Event{Type: "a.b"}})
	if len(evaluation.Verdicts) != 2 || evaluation.Verdicts[0].Error == "" || !evaluation.Verdicts[1].Matched {
		t.Errorf("%+v", evaluation.Verdicts)
	}
}

// append records a fact in the source's stream and waits until it is known.
func (r *rig) append(e source.Event) {
	r.t.Helper()
	event, err := source.Codec().Encode(e, es.Metadata{At: es.TimeOf(r.now)})
	if err != nil {
		r.t.Fatal(err)
	}
	event.ID = uuid.New()
	appended, err := r.store.Append(r.t.Context(), source.Stream("stripe"), es.Any(), event)
	if err == nil {
		err = r.conf.WaitFor(r.t.Context(), appended.Position)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

func TestASourceThatCannotBeUsedHidesNoOther(t *testing.T) {
	t.Parallel()
	r := connected(t)
	if _, err := r.sources.Put(t.Context(), sources.Place{Key: "other", Environment: "development"}, sources.Put{}, "admin"); err != nil {
		t.Fatal(err)
	}
	r.append(source.SecretAdded{Environment: "development", ID: "s", Sealed: "sealed with another key"})
	all := r.sources.All("")
	if len(all) != 2 || all[1].EnvironmentSettings["development"].Settings.Endpoint != "" || all[0].EnvironmentSettings["development"].Settings.Endpoint == "" {
		t.Errorf("%+v", all)
	}
}

func TestTheConfigurationOutlivesAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &failing{Store: memory.New(memory.Options{})}
		store.failures.Store(3)
		r := open(t, store)
		if err := r.conf.WaitLoaded(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.put(sources.Put{})
		if _, ok := r.find(r.token(), 0); !ok || store.failures.Load() >= 0 {
			t.Errorf("found %t, %d failures are left", ok, store.failures.Load())
		}
	})
}

// failing is a store whose subscriptions fail some times.
type failing struct {
	es.Store
	failures atomic.Int64
}

func (s *failing) Subscribe(ctx context.Context, from es.Position, f es.Filter) iter.Seq2[es.Batch, error] {
	if s.failures.Add(-1) >= 0 {
		return func(yield func(es.Batch, error) bool) {
			yield(es.Batch{}, fmt.Errorf("subscribe: %w", es.ErrUnavailable))
		}
	}
	return s.Store.Subscribe(ctx, from, f)
}

func TestEnvironmentsFromTheStart(t *testing.T) {
	t.Parallel()
	r := open(t, memory.New(memory.Options{}))
	if got := strings.Join(r.conf.Environments(), " "); got != "development production" {
		t.Errorf("environments %s", got)
	}
	if state, ok := r.conf.Environment("production"); !ok || state.Destination.Kind != "local" {
		t.Errorf("production: %+v, %t", state, ok)
	}
	if _, ok := r.conf.Environment("moon"); ok {
		t.Error("there is a moon")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.conf.WaitFor(ctx, es.End); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for what never comes: %v", err)
	}
}
