// Package projectiontest makes logs to project: histories of webhooks and
// rejections as Daybook would record them, on any store. What happens is
// decided by the domain; what is asked of it is chosen by a [Chooser], which
// may be random.
package projectiontest

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/webhook"
)

// TB is what is asked of a test: a testing.TB has it, and so has a *rapid.T.
type TB interface {
	Helper()
	Fatal(args ...any)
	Error(args ...any)
	Cleanup(do func())
}

// Log writes a history to a store, and knows the state of every webhook in it.
type Log struct {
	Store es.Store
	At    es.Time // of the next fact
	// States holds every webhook's stream, folded.
	States map[es.Stream]webhook.State
	// Rejections are those that were recorded, the oldest first.
	Rejections []Rejection
	// Head is the position of the newest event.
	Head es.Position

	tb       TB
	webhooks es.Codec[webhook.Event]
	refused  es.Codec[rejection.Event]
	events   uint64
	began    []webhook.Ref
	deleted  map[es.Stream]bool
}

// Rejection is a recorded rejection.
type Rejection struct {
	Ref      rejection.Ref
	Cause    string
	N        int // how many it stands for
	At       es.Time
	Position es.Position
}

// New begins a history on an empty store.
func New(tb TB, store es.Store) *Log {
	tb.Helper()
	return &Log{
		Store: store, At: 1_764_000_000_000, States: map[es.Stream]webhook.State{},
		deleted: map[es.Stream]bool{},
		tb:      tb, webhooks: webhook.Codec(), refused: rejection.Codec(),
	}
}

// Do has a command decided in the state of a webhook's stream, and records
// what follows. What the domain does not want is a part of life.
func (l *Log) Do(ref webhook.Ref, c webhook.Command) {
	l.tb.Helper()
	stream := ref.Stream()
	if l.deleted[stream] {
		return // its name is used up
	}
	state := l.States[stream]
	decided, err := webhook.Decide(state, c)
	if err != nil || len(decided) == 0 {
		return
	}
	events := make([]es.Event, len(decided))
	for i, e := range decided {
		events[i], err = l.webhooks.Encode(e, es.Metadata{At: l.At, CorrelationID: ref.ID()})
		if err != nil {
			l.tb.Fatal(err)
		}
	}
	appended := l.Append(stream, events...)
	for i, e := range decided {
		back := len(decided) - 1 - i
		state = webhook.Evolve(state, es.Fact[webhook.Event]{
			Event: e, Revision: appended.Revision - es.Revision(back), Position: appended.Position - es.Position(back),
			Metadata: es.Metadata{At: l.At},
		})
	}
	l.States[stream] = state
}

// Append appends events with fresh ids.
func (l *Log) Append(stream es.Stream, events ...es.Event) es.Appended {
	l.tb.Helper()
	for i := range events {
		l.events++
		binary.BigEndian.PutUint64(events[i].ID[8:], l.events)
	}
	appended, err := l.Store.Append(context.Background(), stream, es.Any(), events...)
	if err != nil {
		l.tb.Fatal(err)
	}
	l.Head = appended.Position
	return appended
}

// SecretOf is the fingerprint of the secret by which webhooks of a type are
// verified in a history; empty for some.
func SecretOf(eventType string) string {
	return []string{"", "0a1b2c3d", "4e5f6071"}[len(eventType)%3]
}

// Receive records a delivery.
func (l *Log) Receive(ref webhook.Ref, eventType, object string, related ...string) {
	l.tb.Helper()
	if _, known := l.States[ref.Stream()]; !known && !l.deleted[ref.Stream()] {
		l.began = append(l.began, ref)
	}
	body := fmt.Appendf(nil, `{"id":%q,"type":%q,"data":{"object":{"id":%q}}}`, ref.Key, eventType, object)
	l.Do(ref, webhook.Receive{
		At: l.At, Body: body, Window: 24 * time.Hour,
		Receipt: webhook.Receipt{
			IdempotencyKey: ref.Key, EventType: eventType, EventID: ref.Key, ObjectID: object, Related: related,
			OccurredAt: l.At.Add(-2 * time.Second), Instance: "one",
			Verification: signature.Verification{Status: signature.Verified, SecretFingerprint: SecretOf(eventType)},
			Headers:      map[string]string{"content-type": "application/json", "user-agent": "Stripe/1.0", "stripe-signature": "t=1,v1=00"},
		},
	})
}

// Plan records a plan, and a claim if there is something to do.
func (l *Log) Plan(ref webhook.Ref, reason rule.Reason, verdicts []rule.Verdict, actions ...rule.Planned) {
	l.tb.Helper()
	l.Do(ref, webhook.Plan{
		Ref: ref, ConfigurationRevision: 3,
		Evaluation: rule.Evaluation{Reason: reason, Explanation: explanation(reason), Verdicts: verdicts, Actions: actions},
		Claim:      webhook.Claimant{Instance: "one", Start: "s1", Lease: 30 * time.Second},
	})
}

func explanation(reason rule.Reason) string {
	if reason == "" {
		return ""
	}
	return "nothing was done: " + string(reason)
}

// Succeed records that the actions that are claimed were carried out.
func (l *Log) Succeed(ref webhook.Ref) {
	l.tb.Helper()
	l.settle(ref, func(webhook.Action) webhook.ActionOutcome { return webhook.ActionOutcome{} })
}

// Park records that the actions that are claimed were parked.
func (l *Log) Park(ref webhook.Ref, reason webhook.ParkReason, text string) {
	l.tb.Helper()
	l.settle(ref, func(webhook.Action) webhook.ActionOutcome {
		return webhook.ActionOutcome{Reason: reason, Error: text}
	})
}

func (l *Log) settle(ref webhook.Ref, outcome func(webhook.Action) webhook.ActionOutcome) {
	l.tb.Helper()
	state := l.States[ref.Stream()]
	g := state.Generation(ref.Generation)
	if g == nil || g.Claim == nil {
		return
	}
	var outcomes []webhook.ActionOutcome
	for _, a := range g.Claimed() {
		o := outcome(a)
		o.Action = a.ID
		outcomes = append(outcomes, o)
	}
	l.Do(ref, webhook.Record{Generation: ref.Generation, Claim: g.Claim.Revision, At: l.At, Outcomes: outcomes})
}

// Reject records a refused request; n above 1 stands for so many.
func (l *Log) Reject(environment, source, cause string, n int) {
	l.tb.Helper()
	var fact rejection.Event = rejection.RequestRejected{
		Cause: cause, Message: "The request was refused: " + cause + ".", Excerpt: "{", Size: 1, Instance: "one",
	}
	if n > 1 {
		fact = rejection.RejectionsCounted{Cause: cause, N: n, FirstAt: l.At, LastAt: l.At, Instance: "one"}
	}
	event, err := l.refused.Encode(fact, es.Metadata{At: l.At})
	if err != nil {
		l.tb.Fatal(err)
	}
	ref := rejection.Ref{Environment: environment, Source: source}
	appended := l.Append(ref.Stream(), event)
	ref.Revision = appended.Revision
	l.Rejections = append(l.Rejections, Rejection{Ref: ref, Cause: cause, N: max(n, 1), At: l.At, Position: appended.Position})
}

// Delete gives a stream a tombstone.
func (l *Log) Delete(stream es.Stream) {
	l.tb.Helper()
	if err := l.Store.Tombstone(context.Background(), stream); err != nil {
		l.tb.Fatal(err)
	}
	head, err := l.Store.Head(context.Background())
	if err != nil {
		l.tb.Fatal(err)
	}
	l.deleted[stream] = true
	delete(l.States, stream)
	l.Head = head
}

// Planned is an action as a rule plans it.
func Planned(mapping string, actionType action.Type, payload string) rule.Planned {
	return rule.Planned{
		MappingKey: mapping, ActionType: actionType, Parameters: json.RawMessage(`{}`),
		Payload: json.RawMessage(payload), SHA256: action.SHA256([]byte(payload)),
	}
}
