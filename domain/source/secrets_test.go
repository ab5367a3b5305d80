package source_test

import (
	"fmt"
	"testing"
	"time"

	"daybook/domain/es"
	"daybook/domain/source"
)

func add(id string, at es.Time) source.AddSecret {
	return source.AddSecret{Environment: "development", ID: id, Fingerprint: "f-" + id, Sealed: source.Sealed("sealed-" + id), At: at}
}

func live(l *log) []string {
	ids := []string{}
	for _, s := range l.environment().LiveSecrets(l.at) {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestTheLifeOfASecret(t *testing.T) {
	t.Parallel()
	l := connected(t)
	l.must(add("a", l.at))
	l.must(add("b", l.at))
	if got := fmt.Sprint(live(l)); got != "[a b]" {
		t.Fatalf("live: %s", got)
	}
	revoke := source.RevokeSecret{Environment: "development", ID: "a", At: l.at, Grace: time.Hour}
	l.must(revoke)
	if got := fmt.Sprint(live(l)); got != "[a b]" {
		t.Errorf("within its grace period: %s", got)
	}
	if again := l.must(revoke); len(again) != 0 {
		t.Errorf("revoked twice: %v", types(again))
	}
	longer := revoke
	longer.Grace = 2 * time.Hour
	if again := l.must(longer); len(again) != 0 {
		t.Errorf("a longer grace period brought it back: %v", types(again))
	}
	l.at += 3600*second - 1
	if got := fmt.Sprint(live(l)); got != "[a b]" {
		t.Errorf("at the last moment: %s", got)
	}
	l.at++
	if got := fmt.Sprint(live(l)); got != "[b]" {
		t.Errorf("after its grace period: %s", got)
	}
	l.must(source.RevokeSecret{Environment: "development", ID: "b", At: l.at})
	if got := fmt.Sprint(live(l)); got != "[]" {
		t.Errorf("revoked at once: %s", got)
	}
	l.must(add("a2", l.at))
	if secrets := l.environment().Secrets; len(secrets) != 3 || secrets[0].Sealed != "sealed-a" || secrets[2].CreatedAt != l.at {
		t.Errorf("%+v", secrets)
	}
}

func TestARevocationCanBeBroughtForward(t *testing.T) {
	t.Parallel()
	l := connected(t)
	l.must(add("a", l.at))
	l.must(source.RevokeSecret{Environment: "development", ID: "a", At: l.at, Grace: time.Hour})
	l.must(source.RevokeSecret{Environment: "development", ID: "a", At: l.at})
	if got := live(l); len(got) != 0 {
		t.Errorf("live: %v", got)
	}
}

func TestSecretsThatAreRefused(t *testing.T) {
	t.Parallel()
	l := connected(t)
	for i := range source.MaxSecrets {
		l.must(add(fmt.Sprint(i), l.at))
	}
	if refusal := l.refused(add("5", l.at)); refusal.Code != es.Exists {
		t.Errorf("one too many: %v", refusal)
	}
	l.must(source.RevokeSecret{Environment: "development", ID: "0", At: l.at})
	same := add("5", l.at)
	same.Fingerprint = "f-1"
	if refusal := l.refused(same); refusal.Code != es.Exists || refusal.Field != "secret" {
		t.Errorf("one that is live: %v", refusal)
	}
	same.Fingerprint = "f-0"
	l.must(same) // revoked, so it may come back

	elsewhere := add("6", l.at)
	elsewhere.Environment = "production"
	for name, c := range map[string]struct {
		command source.Command
		code    es.RefusalCode
	}{
		"elsewhere":               {elsewhere, es.NotFound},
		"revoked, but unknown":    {source.RevokeSecret{Environment: "development", ID: "x"}, es.NotFound},
		"revoked elsewhere":       {source.RevokeSecret{Environment: "production", ID: "1"}, es.NotFound},
		"a grace in the past":     {source.RevokeSecret{Environment: "development", ID: "1", Grace: -1}, es.Invalid},
		"a grace without an end":  {source.RevokeSecret{Environment: "development", ID: "1", Grace: 721 * time.Hour}, es.Invalid},
		"a rotation elsewhere":    {source.RotateToken{Environment: "production"}, es.NotFound},
		"a rotation's long grace": {source.RotateToken{Environment: "development", Grace: 721 * time.Hour}, es.Invalid},
		"disconnected elsewhere":  {source.Disconnect{Environment: "production"}, es.NotFound},
	} {
		if refusal := l.refused(c.command); refusal.Code != c.code {
			t.Errorf("%s: %v", name, refusal)
		}
	}
}

func TestTheLifeOfAToken(t *testing.T) {
	t.Parallel()
	l := connected(t)
	working := func() string {
		ids := []string{}
		for _, token := range l.environment().Tokens {
			if token.Live(l.at) {
				ids = append(ids, token.ID)
			}
		}
		return fmt.Sprint(ids)
	}
	rotate := func(id string, grace time.Duration) {
		l.must(source.RotateToken{Environment: "development", Token: source.Token{ID: id, Sealed: "s"}, At: l.at, Grace: grace})
	}
	rotate("t2", time.Hour)
	if got := working(); got != "[t1 t2]" {
		t.Errorf("within the grace period: %s", got)
	}
	rotate("t3", 2*time.Hour)
	l.at += 3600 * second
	if got := working(); got != "[t2 t3]" {
		t.Errorf("a later rotation made an earlier token work longer: %s", got)
	}
	rotate("t4", 0)
	if got := working(); got != "[t4]" {
		t.Errorf("rotated at once: %s", got)
	}
}

func TestTokensThatWorkAtOnceAreBounded(t *testing.T) {
	t.Parallel()
	l := connected(t)
	rotate := func(grace time.Duration) source.RotateToken {
		return source.RotateToken{Environment: "development", Token: source.Token{ID: "t", Sealed: "s"}, At: l.at, Grace: grace}
	}
	l.must(rotate(time.Hour))
	for range source.MaxTokens - 2 {
		l.must(rotate(2 * time.Hour))
	}
	if refusal := l.refused(rotate(time.Minute)); refusal.Code != es.Exists || refusal.Field != "grace" {
		t.Errorf("one too many: %v", refusal)
	}
	l.at += 3600 * second
	l.must(rotate(time.Hour)) // the first has ended
	if refusal := l.refused(rotate(time.Hour)); refusal.Code != es.Exists {
		t.Errorf("one too many again: %v", refusal)
	}
	l.must(rotate(0))
	l.must(rotate(time.Hour))
}

func TestDisconnecting(t *testing.T) {
	t.Parallel()
	l := connected(t)
	l.must(add("a", l.at))
	l.must(source.Disconnect{Environment: "development"})
	if s := l.state(); len(s.Environments) != 0 || !s.Exists {
		t.Errorf("%+v", s)
	}
	again := put()
	again.Token.ID = "t2"
	again.Defaults.Template, again.Defaults.Name = "custom", "Custom"
	l.must(again)
	if s := l.state(); s.Template != "custom" || s.Name != "Custom" || s.Description != "" {
		t.Errorf("it was not made anew: %+v", s)
	}
	if env := l.environment(); len(env.Secrets) != 0 || len(env.Tokens) != 1 || env.Tokens[0].ID != "t2" {
		t.Errorf("connected again it remembers %+v", env)
	}
}

func TestWhatIsSealedOpensInOnePlaceOnly(t *testing.T) {
	t.Parallel()
	contexts := map[string]bool{}
	for _, key := range []string{"stripe", "stripe2"} {
		for _, env := range []string{"development", "production"} {
			for _, id := range []string{"a", "b"} {
				contexts[source.SecretContext(key, env, id)] = true
				contexts[source.TokenContext(key, env, id)] = true
			}
		}
	}
	if len(contexts) != 16 {
		t.Errorf("%d different contexts of 16", len(contexts))
	}
	if key, ok := source.Key(source.Stream("stripe")); key != "stripe" || !ok {
		t.Errorf("Key = %q, %v", key, ok)
	}
	if _, ok := source.Key("webhook-a.b.c"); ok {
		t.Error("a webhook's stream has a source's key")
	}
}
