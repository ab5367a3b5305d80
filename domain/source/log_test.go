package source_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/source"
)

// log is a source's stream in the making. What was decided goes over the wire
// before it counts, as it does in life.
type log struct {
	t     failer
	at    es.Time
	facts []es.Fact[source.Event]
}

type failer interface {
	Helper()
	Fatal(...any)
}

const second = es.Time(1000)

func newLog(t failer) *log { return &log{t: t, at: 1_700_000_000_000} }

func (l *log) state() source.State { return source.Decider().Fold(source.State{}, l.facts...) }

func (l *log) environment() source.Environment { return l.state().Environments["development"] }

func (l *log) give(c source.Command) ([]source.Event, error) {
	l.t.Helper()
	events, err := source.Decide(l.state(), c)
	for _, e := range events {
		encoded, err := source.Codec().Encode(e, es.Metadata{At: l.at})
		if err != nil {
			l.t.Fatal(err)
		}
		fact, err := source.Codec().Decode(es.Recorded{Event: encoded, Revision: es.Revision(len(l.facts))})
		if err != nil {
			l.t.Fatal(err)
		}
		l.facts = append(l.facts, fact)
	}
	return events, err
}

func (l *log) must(c source.Command) []source.Event {
	l.t.Helper()
	events, err := l.give(c)
	if err != nil {
		l.t.Fatal(err)
	}
	return events
}

// refused gives a command and returns how it was refused.
func (l *log) refused(c source.Command) *es.Refusal {
	l.t.Helper()
	events, err := l.give(c)
	var refusal *es.Refusal
	if !errors.As(err, &refusal) || len(events) > 0 {
		l.t.Fatal("not refused: ", events, err)
	}
	return refusal
}

func defaults() source.Defaults {
	id, created := "body.id", "body.created"
	return source.Defaults{
		Template: "stripe",
		Name:     "Stripe",
		Settings: source.Settings{
			EventTypePath: "body.type", TimestampPath: &created, IdempotencyKeyPath: &id,
			IdempotencyWindow: source.Duration(24 * time.Hour), EnforceVerification: true,
			Tolerance: source.Duration(5 * time.Minute), DisabledEventTypes: []string{},
		},
		Mappings: []rule.Mapping{identify()},
	}
}

func put() source.Put {
	return source.Put{Environment: "development", Defaults: defaults(), Token: source.Token{ID: "t1", Sealed: "sealed-1"}}
}

func connected(t failer) *log {
	t.Helper()
	l := newLog(t)
	l.must(put())
	return l
}

func identify() rule.Mapping {
	return rule.Mapping{
		EventType: "customer.created", ActionType: action.UsersIdentify,
		ActionParameters: rule.Parameters{"id": json.RawMessage(`"body.data.object.id"`)},
	}
}

func keyed(key string) rule.Mapping {
	m := identify()
	m.Key = key
	return m
}

func types(events []source.Event) []string {
	var names []string
	for _, e := range events {
		encoded, err := source.Codec().Encode(e, es.Metadata{})
		if err != nil {
			panic(err)
		}
		names = append(names, encoded.Type)
	}
	return names
}

func keys(mappings []rule.Mapping) []string {
	keys := []string{}
	for _, m := range mappings {
		keys = append(keys, m.Key)
	}
	return keys
}

var _ failer = (*testing.T)(nil)
