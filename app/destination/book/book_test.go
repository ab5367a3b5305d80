package book_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"daybook/app/destination"
	"daybook/app/destination/book"
	"daybook/app/destination/egress"
	"daybook/app/destination/httprequest"
	"daybook/app/destination/knock"
	"daybook/app/destination/knock/knocktest"
	"daybook/app/destination/local"
	"daybook/app/keyring"
	"daybook/domain/action"
	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/source"
	"daybook/domain/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// configured is what is configured for environments.
type configured struct {
	mu     sync.Mutex
	states map[string]environment.State
}

func (c *configured) Environment(slug string) (environment.State, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	state, ok := c.states[slug]
	if !ok {
		state.Destination.Kind = environment.Local
	}
	return state, ok
}

// set configures an environment, at the next revision.
func (c *configured) set(slug string, change func(*environment.State)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	state := c.states[slug]
	if state.Exists {
		state.Revision++
	}
	state.Exists = true
	change(&state)
	c.states[slug] = state
}

type rig struct {
	*book.Book
	configured
	keys *keyring.Keyring
}

func open(t *testing.T) *rig {
	t.Helper()
	keys, err := keyring.New(make([]byte, keyring.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	allowed, err := egress.ParseAllowed([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{keys: keys, configured: configured{states: map[string]environment.State{}}}
	r.Book = book.New(book.Config{Environments: &r.configured, Keys: keys, Now: time.Now, Allowed: allowed, UserAgent: "Daybook/test"})
	t.Cleanup(r.Close)
	return r
}

func (r *rig) find(t *testing.T, slug string, kind action.Type) destination.Destination {
	t.Helper()
	d, err := r.Find(slug, kind)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (r *rig) knock(slug, base, key string) environment.Destination {
	return environment.Destination{Kind: environment.Knock, BaseURL: base, APIKey: &environment.Credential{
		ID: "k", Fingerprint: signature.Fingerprint(key), Sealed: source.Sealed(r.keys.Seal(environment.KeyContext(slug, "k"), key)),
	}}
}

func TestWhereActionsGo(t *testing.T) {
	t.Parallel()
	r := open(t)
	for _, slug := range []string{"development", "no-such-environment"} {
		if d := r.find(t, slug, action.UsersIdentify); d != (local.Destination{}) {
			t.Errorf("%s: %T", slug, d)
		}
	}
	server := knocktest.New(t)
	r.set("production", func(s *environment.State) { s.Destination = r.knock("production", server.URL, knocktest.Key) })
	d := r.find(t, "production", action.UsersIdentify)
	if _, ok := d.(*knock.Destination); !ok || d != r.find(t, "production", action.WorkflowsTrigger) {
		t.Errorf("%T, or not the same each time", d)
	}
	if outcome := d.CarryOut(t.Context(), destination.Action{ID: "a", Type: action.UsersIdentify, Payload: json.RawMessage(`{"id":"u"}`)}); outcome.Class != "" {
		t.Errorf("%+v", outcome)
	}
	for _, slug := range []string{"development", "production"} {
		if _, ok := r.find(t, slug, action.HTTPRequest).(httprequest.Destination); !ok {
			t.Errorf("http_request of %s goes elsewhere", slug)
		}
	}
	r.set("production", func(s *environment.State) { s.Destination = environment.Destination{Kind: environment.Local} })
	if d := r.find(t, "production", action.UsersIdentify); d != (local.Destination{}) {
		t.Errorf("after a change: %T", d)
	}
}

// What Knock has asked for is kept to, whatever else changes.
func TestThePaceOutlivesAChange(t *testing.T) {
	t.Parallel()
	r := open(t)
	server := knocktest.New(t)
	server.Be(knocktest.Busy)
	identify := destination.Action{ID: "a", Type: action.UsersIdentify, Payload: json.RawMessage(`{"id":"u"}`)}
	for _, slug := range []string{"production", "production", "staging"} {
		r.set(slug, func(s *environment.State) { s.Destination = r.knock(slug, server.URL, knocktest.Key) })
		if outcome := r.find(t, slug, identify.Type).CarryOut(t.Context(), identify); outcome.Class != webhook.ClassRateLimited {
			t.Errorf("%+v", outcome)
		}
	}
	if n := len(server.Calls()); n != 1 {
		t.Errorf("Knock was asked %d times", n)
	}
}

func TestAnEndpoint(t *testing.T) {
	t.Parallel()
	got := make(chan error, 1)
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		library, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Error(err)
		}
		got <- library.Verify(body, req.Header)
	}))
	t.Cleanup(server.Close)
	r := open(t)
	for name, c := range map[string]struct {
		window *source.Duration
		want   webhook.Repeats
	}{
		"no window": {nil, webhook.Repeats{}},
		"a day":     {new(source.Duration(24 * time.Hour)), webhook.Repeats{Within: 24 * time.Hour}},
		"for ever":  {new(source.Forever), webhook.Repeats{Always: true}},
	} {
		r.set("production", func(s *environment.State) {
			s.Destination = environment.Destination{Kind: environment.Endpoint, URL: server.URL, IdempotencyWindow: c.window}
			s.SigningSecrets = []environment.SigningSecret{
				{Credential: environment.Credential{ID: "s", Sealed: source.Sealed(r.keys.Seal(environment.SecretContext("production", "s"), secret))}, CreatedAt: es.TimeOf(time.Now())},
			}
		})
		d := r.find(t, "production", action.UsersIdentify)
		a := destination.Action{ID: "a", Type: action.UsersIdentify, Payload: json.RawMessage(`{"id":"u"}`)}
		if terms := d.Terms(a); terms.Repeats != c.want {
			t.Errorf("%s: %+v", name, terms)
		}
		if outcome := d.CarryOut(t.Context(), a); outcome.Class != "" {
			t.Errorf("%s: %+v", name, outcome)
		}
		if err := <-got; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhereThereIsNone(t *testing.T) {
	t.Parallel()
	r := open(t)
	for name, c := range map[string]struct {
		change func(*environment.State)
		says   string
	}{
		"a kind of later": {func(s *environment.State) { s.Destination.Kind = "kafka" }, "kafka"},
		"a key of another place": {func(s *environment.State) {
			s.Destination = r.knock("elsewhere", "https://api.knock.app", "sk_canary_0123456789")
		}, "give it again"},
		"no key": {func(s *environment.State) { s.Destination = environment.Destination{Kind: environment.Knock} }, "give it again"},
		"a secret that is altered": {func(s *environment.State) {
			s.Destination = environment.Destination{Kind: environment.Endpoint, URL: "https://hooks.example.com"}
			s.SigningSecrets = []environment.SigningSecret{{Credential: environment.Credential{ID: "s", Sealed: "AAAA"}}}
		}, "rotate it"},
	} {
		r.set("production", c.change)
		if d, err := r.Find("production", action.UsersIdentify); err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %T, %v", name, d, err)
		}
	}
}
