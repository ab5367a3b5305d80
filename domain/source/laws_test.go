package source_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
)

// randomLog is the log after a random sequence of commands, accepted or not.
func randomLog(t *rapid.T) *log {
	l := newLog(t)
	for i := range rapid.IntRange(0, 25).Draw(t, "length") {
		l.at += es.Time(rapid.IntRange(0, 100_000).Draw(t, "later"))
		_, _ = l.give(randomCommand(t, l, i)) // a refused command is a part of life
	}
	return l
}

func randomCommand(t *rapid.T, l *log, n int) source.Command {
	env := rapid.SampledFrom([]string{"development", "production"}).Draw(t, "environment")
	key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
	id := fmt.Sprint(rapid.IntRange(0, n).Draw(t, "id"))
	grace := rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour}).Draw(t, "grace")
	switch rapid.IntRange(0, 10).Draw(t, "command") {
	case 0, 1:
		return randomPut(t, env, n)
	case 2:
		replaces := rapid.SampledFrom([]string{"", key}).Draw(t, "replaces")
		return source.SaveMapping{Environment: env, Mapping: keyed(key), Replaces: replaces}
	case 3:
		return source.RemoveMapping{Environment: env, Key: key}
	case 4:
		return source.SwitchMapping{Environment: env, Key: key, Active: rapid.Bool().Draw(t, "active")}
	case 5:
		c := add(fmt.Sprint(n), l.at)
		c.Environment = env
		return c
	case 6:
		return source.RevokeSecret{Environment: env, ID: id, At: l.at, Grace: grace}
	case 7:
		return source.RotateToken{Environment: env, Token: source.Token{ID: fmt.Sprint(n), Sealed: "s"}, At: l.at, Grace: grace}
	case 8:
		return source.PauseMapping{Environment: env, Key: key, Reason: "r", Revision: es.Revision(rapid.IntRange(0, n).Draw(t, "revision"))}
	case 9:
		return source.ResumeMapping{Environment: env, Key: key}
	default:
		return source.Disconnect{Environment: env}
	}
}

func randomPut(t *rapid.T, env string, n int) source.Put {
	p := put()
	p.Environment, p.Token.ID = env, fmt.Sprint(n)
	if rapid.Bool().Draw(t, "with a name") {
		p.Name = new(rapid.SampledFrom([]string{"one", "two"}).Draw(t, "name"))
	}
	if rapid.Bool().Draw(t, "with settings") {
		p.Settings = json.RawMessage(rapid.SampledFrom([]string{
			`{"tolerance":"1m"}`, `{"livemode":true}`, `{"livemode":null}`, `{"disabled_event_types":["x"]}`, `{"wrong":1}`,
		}).Draw(t, "settings"))
	}
	if rapid.Bool().Draw(t, "with mappings") {
		p.Mappings = &[]rule.Mapping{keyed("a"), identify(), keyed("b")}
	}
	return p
}

func TestFoldingInPiecesIsFoldingAtOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := randomLog(t)
		cut := rapid.IntRange(0, len(l.facts)).Draw(t, "cut")
		d := source.Decider()
		if diff := cmp.Diff(l.state(), d.Fold(d.Fold(source.State{}, l.facts[:cut]...), l.facts[cut:]...)); diff != "" {
			t.Fatalf("(-at once +in pieces)\n%s", diff)
		}
	})
}

func TestEvolveNeverAltersItsArgument(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s source.State
		for _, f := range randomLog(t).facts {
			before := asText(t, s)
			next := source.Evolve(s, f)
			_ = source.Evolve(s, es.Fact[source.Event]{Event: source.SecretAdded{Environment: "development", ID: "other"}})
			_ = source.Evolve(next, f)
			if diff := cmp.Diff(before, asText(t, s)); diff != "" {
				t.Fatalf("%T altered the state (-before +after)\n%s", f.Event, diff)
			}
			s = next
		}
	})
}

func asText(t *rapid.T, s source.State) string {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// What is in force always makes sense, and never exceeds its limits.
func TestWhatIsInForceCanBeUsed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := randomLog(t)
		for slug, env := range l.state().Environments {
			if _, problems := rule.Compile(env.Definition()); len(problems) > 0 {
				t.Fatalf("the rules of %s cannot be used: %+v", slug, problems)
			}
			if n := len(env.LiveSecrets(l.at)); n > source.MaxSecrets {
				t.Fatalf("%d secrets are live", n)
			}
			if newest := env.Tokens[len(env.Tokens)-1]; !newest.Until.IsZero() {
				t.Fatalf("the newest token ends at %s", newest.Until)
			}
			for _, p := range env.Paused {
				if !slices.ContainsFunc(env.Mappings, func(m rule.Mapping) bool { return m.Key == p.Mapping }) {
					t.Fatalf("%s is paused, and there is no such mapping", p.Mapping)
				}
			}
			if env.RulesRevision > env.Revision || env.Revision > l.state().Revision {
				t.Fatalf("%s is of revision %d, the source of %d", slug, env.Revision, l.state().Revision)
			}
		}
	})
}

func TestWhatIsDecidedSurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLog(t)
		for i := range 12 {
			n := len(l.facts)
			events, _ := l.give(randomCommand(t, l, i))
			for j, e := range events {
				if diff := cmp.Diff(e, l.facts[n+j].Event); diff != "" {
					t.Fatalf("(-before +after)\n%s", diff)
				}
			}
		}
	})
}
