package environment_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"daybook/domain/environment"
	"daybook/domain/es"
	"daybook/domain/source"
)

const noon = es.Time(1_764_000_000_000)

// log is an environment's stream.
type log struct {
	state environment.State
	next  es.Revision
	at    es.Time
}

func (l *log) try(c environment.Command) ([]environment.Event, error) {
	events, err := environment.Decide(l.state, c)
	for _, e := range events {
		l.state = environment.Evolve(l.state, es.Fact[environment.Event]{Event: e, Revision: l.next, Metadata: es.Metadata{At: l.at}})
		l.next++
	}
	return events, err
}

// failer is a test, or what rapid checks.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func (l *log) put(t failer, d environment.Destination) []environment.Event {
	t.Helper()
	events, err := l.try(environment.Put{Destination: d, Secret: credential(fmt.Sprint("s", l.next)), At: l.at})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func (l *log) refusal(t failer, c environment.Command) *es.Refusal {
	t.Helper()
	events, err := l.try(c)
	refusal, ok := errors.AsType[*es.Refusal](err)
	if !ok || len(events) != 0 {
		t.Fatalf("%+v: %v, %v", c, events, err)
	}
	return refusal
}

func credential(id string) environment.Credential {
	return environment.Credential{ID: id, Fingerprint: "f-" + id, Sealed: source.Sealed("sealed-" + id)}
}

func knock(base, key string) environment.Destination {
	d := environment.Destination{Kind: environment.Knock, BaseURL: base}
	if key != "" {
		d.APIKey = new(credential(key))
	}
	return d
}

func endpoint(url string) environment.Destination {
	return environment.Destination{Kind: environment.Endpoint, URL: url}
}

func live(l *log) string {
	var ids []string
	for _, s := range l.state.LiveSecrets(l.at) {
		ids = append(ids, s.ID)
	}
	return strings.Join(ids, " ")
}

func TestPutTwiceIsOneChange(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]environment.Destination{
		"local":    {Kind: environment.Local},
		"knock":    knock("https://api.knock.app/", "k"),
		"endpoint": {Kind: environment.Endpoint, URL: "https://hooks.example.com", IdempotencyWindow: new(source.Duration(24 * time.Hour))},
	} {
		l := &log{at: noon}
		if events := l.put(t, d); len(events) == 0 || !l.state.Exists || l.state.Destination.Kind != d.Kind {
			t.Errorf("%s, the first time: %v", name, events)
		}
		if events := l.put(t, d); len(events) != 0 {
			t.Errorf("%s, the second time: %v", name, events)
		}
		if d.Kind != environment.Local {
			if events := l.put(t, environment.Destination{Kind: environment.Local}); len(events) != 1 || l.state.Destination.APIKey != nil {
				t.Errorf("%s, then local: %v", name, events)
			}
		}
	}
}

func TestAnAPIKeyStaysWhereItWasGivenFor(t *testing.T) {
	t.Parallel()
	l := &log{at: noon}
	if r := l.refusal(t, environment.Put{Destination: knock("", "")}); r.Field != "destination.api_key" || !strings.Contains(r.Message, "sk_") {
		t.Errorf("no key: %v", r)
	}
	l.put(t, knock("", "k1"))
	if l.state.Destination.BaseURL != environment.KnockURL {
		t.Errorf("the address is %s", l.state.Destination.BaseURL)
	}
	if events := l.put(t, knock("https://api.knock.app", "")); len(events) != 0 || l.state.Destination.APIKey.ID != "k1" {
		t.Errorf("without a key: %v", events)
	}
	if r := l.refusal(t, environment.Put{Destination: knock("https://evil.example", "")}); r.Field != "destination.api_key" || !strings.Contains(r.Message, "api.knock.app") {
		t.Errorf("the key would be sent elsewhere: %v", r)
	}
	if events := l.put(t, knock("", "k2")); len(events) != 1 || l.state.Destination.APIKey.ID != "k2" {
		t.Errorf("another key: %v", events)
	}
	same := knock("", "k3")
	same.APIKey.Fingerprint = "f-k2"
	if events := l.put(t, same); len(events) != 0 {
		t.Errorf("the same key again: %v", events)
	}
	l.put(t, knock("https://knock.example", "k4"))
	l.put(t, environment.Destination{Kind: environment.Local})
	if r := l.refusal(t, environment.Put{Destination: knock("https://knock.example", "")}); r.Field != "destination.api_key" {
		t.Errorf("a key came back that was given up: %v", r)
	}
}

func TestTheLifeOfASigningSecret(t *testing.T) {
	t.Parallel()
	l := &log{at: noon}
	rotate := func(id string, grace time.Duration) []environment.Event {
		t.Helper()
		events, err := l.try(environment.RotateSecret{Secret: credential(id), At: l.at, Grace: grace})
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	if r := l.refusal(t, environment.RotateSecret{Secret: credential("x"), At: noon}); r.Code != es.Exists {
		t.Errorf("without an endpoint: %v", r)
	}
	l.put(t, endpoint("https://hooks.example.com"))
	if live(l) != "s0" || l.state.SigningSecrets[0].CreatedAt != noon {
		t.Errorf("at first %s", live(l))
	}
	l.put(t, endpoint("https://hooks.example.com/other"))
	if live(l) != "s0" {
		t.Errorf("with another address %s", live(l))
	}
	rotate("b", time.Hour)
	if live(l) != "b s0" {
		t.Errorf("within the grace: %s", live(l))
	}
	rotate("c", time.Hour)
	if live(l) != "c b" {
		t.Errorf("rotated twice: %s", live(l))
	}
	l.at = l.at.Add(time.Hour)
	if live(l) != "c" {
		t.Errorf("after the grace: %s", live(l))
	}
	rotate("d", 0)
	if live(l) != "d" {
		t.Errorf("rotated without a grace: %s", live(l))
	}
	l.put(t, environment.Destination{Kind: environment.Local})
	l.put(t, endpoint("https://hooks.example.com"))
	if live(l) != "d" {
		t.Errorf("after a time as another destination: %s", live(l))
	}
	for _, grace := range []time.Duration{-1, 721 * time.Hour} {
		if r := l.refusal(t, environment.RotateSecret{Secret: credential("x"), At: l.at, Grace: grace}); r.Field != "grace" {
			t.Errorf("a grace of %s: %v", grace, r)
		}
	}
}

// However it is rotated, an endpoint has a live secret, and at most two.
func TestLawOneSecretOrTwo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := &log{at: noon}
		l.put(t, endpoint("https://hooks.example.com"))
		for i := range rapid.IntRange(1, 20).Draw(t, "rotations") {
			before := l.state
			grace := time.Duration(rapid.IntRange(0, 100).Draw(t, "grace")) * time.Minute
			l.at = l.at.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "later")) * time.Minute)
			newest := before.LiveSecrets(l.at)[0].ID
			if _, err := l.try(environment.RotateSecret{Secret: credential(fmt.Sprint(i)), At: l.at, Grace: grace}); err != nil {
				t.Fatal(err)
			}
			secrets := l.state.LiveSecrets(l.at)
			if len(secrets) == 0 || len(secrets) > 2 || secrets[0].ID != fmt.Sprint(i) || grace > 0 && (len(secrets) != 2 || secrets[1].ID != newest) {
				t.Fatalf("live are %v", secrets)
			}
			for _, s := range before.SigningSecrets {
				if s.ID == newest && !s.RevokedAt.IsZero() {
					t.Fatal("what was handed out before has changed")
				}
			}
		}
	})
}

func TestDestinationsThatAreRefused(t *testing.T) {
	t.Parallel()
	window, key := source.Duration(time.Hour), credential("k")
	with := func(d environment.Destination, change func(*environment.Destination)) environment.Destination {
		change(&d)
		return d
	}
	for _, c := range []struct {
		d     environment.Destination
		field string
	}{
		{environment.Destination{}, "kind"},
		{environment.Destination{Kind: "Local"}, "kind"},
		{environment.Destination{Kind: environment.Local, BaseURL: "https://x"}, "base_url"},
		{environment.Destination{Kind: environment.Local, APIKey: &key}, "api_key"},
		{environment.Destination{Kind: environment.Local, URL: "https://x"}, "url"},
		{environment.Destination{Kind: environment.Local, IdempotencyWindow: &window}, "idempotency_window"},
		{with(knock("", "k"), func(d *environment.Destination) { d.URL = "https://x" }), "url"},
		{with(knock("", "k"), func(d *environment.Destination) { d.IdempotencyWindow = &window }), "idempotency_window"},
		{with(endpoint("https://x"), func(d *environment.Destination) { d.BaseURL = "https://x" }), "base_url"},
		{with(endpoint("https://x"), func(d *environment.Destination) { d.APIKey = &key }), "api_key"},
		{knock("api.knock.app", "k"), "base_url"},
		{knock("ftp://api.knock.app", "k"), "base_url"},
		{knock("https://api.knock.app/v1", "k"), "base_url"},
		{knock("https://api.knock.app/v1/", "k"), "base_url"},
		{knock("https://proxy.example/knock/v1", "k"), "base_url"},
		{knock("https://api.knock.app?x", "k"), "base_url"},
		{knock("https://user:canary@api.knock.app", "k"), "base_url"},
		{endpoint(""), "url"},
		{endpoint("hooks.example.com"), "url"},
		{endpoint("https:hooks"), "url"},
		{endpoint("https://user:canary@hooks.example.com"), "url"},
		{endpoint("https://hooks.example.com#"), "url"},
		{endpoint("https://hooks.example.com/" + strings.Repeat("a", 2048)), "url"},
	} {
		l := &log{at: noon}
		r := l.refusal(t, environment.Put{Destination: c.d, At: noon})
		if r.Code != es.Invalid || r.Field != "destination."+c.field || strings.Contains(r.Message, "canary") {
			t.Errorf("%+v: %v", c.d, r)
		}
	}
}
