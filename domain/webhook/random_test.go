package webhook_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/webhook"
)

// ref is the webhook that the laws are tried on.
func ref(generation int) webhook.Ref {
	return webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_1", Generation: generation}
}

// log is a stream in the making: what was decided becomes a fact.
type log struct {
	facts []es.Fact[webhook.Event]
	at    es.Time
}

const second = es.Time(1000)

func (l *log) state() webhook.State { return webhook.Decider().Fold(webhook.State{}, l.facts...) }

// give has the command decided in the state of the log, and records what
// follows, all at the same time.
func (l *log) give(c webhook.Command) ([]webhook.Event, error) {
	events, err := webhook.Decide(l.state(), c)
	for _, e := range events {
		l.record(e)
	}
	return events, err
}

func (l *log) record(e webhook.Event) {
	n := len(l.facts)
	l.facts = append(l.facts, es.Fact[webhook.Event]{
		Event:    e,
		ID:       uuid.UUID{15: byte(n + 1)},
		Revision: es.Revision(n),
		Position: es.Position(n + 1),
		Metadata: es.Metadata{Schema: 1, At: l.at},
	})
}

// randomLog is the log after a random sequence of commands, accepted or not.
func randomLog(t *rapid.T) *log {
	l := &log{at: 1_700_000_000_000}
	for range rapid.IntRange(0, 25).Draw(t, "length") {
		l.at += es.Time(rapid.SampledFrom([]int{0, 1, 5_000, 3_600_000}).Draw(t, "later"))
		_, _ = l.give(randomCommand(t, l)) // a refused command is a part of life
	}
	return l
}

// randomCommand is one that has a chance to be accepted after l, and some that
// have none.
func randomCommand(t *rapid.T, l *log) webhook.Command {
	s := l.state()
	generation := rapid.IntRange(max(0, len(s.Generations)-1), len(s.Generations)+1).Draw(t, "generation")
	switch rapid.IntRange(0, 10).Draw(t, "command") {
	case 0, 1:
		return webhook.Receive{
			At:      l.at,
			Body:    []byte(rapid.SampledFrom([]string{`{"id":"evt_1"}`, `{"id":"evt_1","more":true}`}).Draw(t, "body")),
			Receipt: randomReceipt(t),
			Window:  rapid.SampledFrom([]time.Duration{0, time.Hour / 2}).Draw(t, "window"),
		}
	case 2:
		return webhook.CountDuplicates{N: rapid.IntRange(-1, 40).Draw(t, "n"), LastAt: l.at}
	case 3:
		return webhook.Plan{
			Ref:                   ref(generation),
			ConfigurationRevision: es.Revision(rapid.IntRange(0, 9).Draw(t, "configuration")),
			Evaluation:            randomEvaluation(t),
			Claim:                 randomClaimant(t),
		}
	case 4:
		return webhook.ParkPlan{Generation: generation, Reason: webhook.ParkInterrupted, Error: "it took too long"}
	case 5:
		return webhook.TakeOver{Generation: generation, At: l.at, Claim: randomClaimant(t), Lapsed: randomClaim(t, s, generation)}
	case 6:
		return rapid.SampledFrom([]webhook.Command{
			webhook.Rearm{Generation: generation},
			webhook.Rearm{Generation: generation, Actions: randomActions(t, s, generation)},
			webhook.Skip{Generation: generation, Actions: randomActions(t, s, generation), Note: "by hand"},
			webhook.Replan{Generation: generation},
		}).Draw(t, "by a person")
	default:
		claim := es.Revision(rapid.IntRange(0, 30).Draw(t, "claim"))
		if newest := randomClaim(t, s, generation); newest != nil {
			claim = *newest
		}
		return webhook.Record{
			Generation: generation, Claim: claim, At: l.at, Outcomes: randomOutcomes(t, s, generation), Begin: randomBegin(t, s, generation),
		}
	}
}

// randomClaim is often the claim that stands.
func randomClaim(t *rapid.T, s webhook.State, generation int) *es.Revision {
	g := s.Generation(generation)
	if g == nil || g.Claim == nil || rapid.IntRange(0, 3).Draw(t, "other claim") == 0 {
		return nil
	}
	return &g.Claim.Revision
}

func randomClaimant(t *rapid.T) webhook.Claimant {
	return webhook.Claimant{
		Instance: rapid.SampledFrom([]string{"one", "two"}).Draw(t, "instance"),
		Start:    rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "start"),
		Lease:    30 * time.Second,
	}
}

// randomActions are ids of actions, and one of none.
func randomActions(t *rapid.T, s webhook.State, generation int) []string {
	ids := []string{"no such action"}
	if g := s.Generation(generation); g != nil {
		for _, a := range g.Actions {
			ids = append(ids, a.ID)
		}
	}
	return rapid.SliceOfN(rapid.SampledFrom(ids), 1, 3).Draw(t, "some actions")
}

func randomBegin(t *rapid.T, s webhook.State, generation int) *webhook.Begin {
	if rapid.Bool().Draw(t, "begins none") {
		return nil
	}
	return &webhook.Begin{
		Action: randomActions(t, s, generation)[0], Destination: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "destination"),
		Repeats: randomRepeats(t),
	}
}

func randomRepeats(t *rapid.T) webhook.Repeats {
	return rapid.SampledFrom([]webhook.Repeats{{}, {Always: true}, {Within: 24 * time.Hour}}).Draw(t, "repeats")
}

func randomOutcomes(t *rapid.T, s webhook.State, generation int) []webhook.ActionOutcome {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) webhook.ActionOutcome {
		o := webhook.ActionOutcome{
			Action: randomActions(t, s, generation)[0], Repeats: randomRepeats(t), Chance: rapid.Float64Range(0, 0.999).Draw(t, "chance"),
		}
		switch rapid.IntRange(0, 6).Draw(t, "outcome") {
		case 0:
			o.Reason, o.Error = webhook.ParkChanged, "it is another"
		case 1:
			o.Deferred, o.Error = webhook.DeferDown, "it is down"
		case 2:
			o.Uncertain, o.Error = true, "who knows"
		case 3, 4:
			o.Class, o.Error = randomClass(t), "it failed"
			o.Exchange = webhook.Exchange{HTTPStatus: 500, DurationMS: 3, Answer: text(t, "answer")}
			o.RetryAfter = time.Duration(rapid.IntRange(-1, 7200).Draw(t, "retry after")) * time.Second
		default:
			o.Result = json.RawMessage(`{"workflow_run_id":"r"}`)
		}
		return o
	}), 0, 4).Draw(t, "outcomes")
}

func randomClass(t *rapid.T) webhook.Class {
	return rapid.SampledFrom([]webhook.Class{
		webhook.ClassNetwork, webhook.ClassTemporary, webhook.ClassRateLimited, webhook.ClassUnknown,
		webhook.ClassRefused, webhook.ClassGone, webhook.ClassInvalid, webhook.ClassBlocked, webhook.ClassNotSupported,
	}).Draw(t, "class")
}

func randomReceipt(t *rapid.T) webhook.Receipt {
	return webhook.Receipt{
		Generation:            rapid.IntRange(1, 3).Draw(t, "receipt generation"),
		IdempotencyKey:        text(t, "key"),
		KeyProblem:            rapid.SampledFrom([]webhook.KeyProblem{"", webhook.KeyOff, webhook.KeyTooLong}).Draw(t, "key problem"),
		EventType:             text(t, "event type"),
		EventTypeTooLong:      rapid.Bool().Draw(t, "event type too long"),
		EventID:               text(t, "event id"),
		ObjectID:              text(t, "object id"),
		OccurredAt:            es.Time(rapid.Int64Range(0, 2_000_000_000_000).Draw(t, "occurred")),
		Related:               rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "related"),
		Headers:               rapid.MapOfN(rapid.String(), rapid.String(), 0, 3).Draw(t, "headers"),
		Verification:          randomVerification(t),
		ConfigurationRevision: es.Revision(rapid.Uint64().Draw(t, "configuration")),
		Flags:                 rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "flags"),
		Remote:                text(t, "remote"),
		Instance:              text(t, "instance"),
	}
}

func randomVerification(t *rapid.T) signature.Verification {
	v := signature.Verification{Status: signature.Verified, Scheme: "stripe", SecretFingerprint: text(t, "fingerprint")}
	if rapid.Bool().Draw(t, "has skew") {
		skew := rapid.Int64().Draw(t, "skew")
		v.SkewSeconds = &skew
	}
	return v
}

func randomEvaluation(t *rapid.T) rule.Evaluation {
	e := rule.Evaluation{
		Verdicts: rapid.SliceOfN(rapid.Custom(randomVerdict), 0, 3).Draw(t, "verdicts"),
		Actions:  []rule.Planned{},
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "actions") {
		e.Actions = append(e.Actions, randomPlanned(t, i))
	}
	if len(e.Actions) == 0 && !e.Failed() {
		e.Reason, e.Explanation = rule.NoMapping, text(t, "explanation")
	}
	return e
}

func randomVerdict(t *rapid.T) rule.Verdict {
	v := rule.Verdict{Key: text(t, "mapping"), EventType: "invoice.*", Trace: text(t, "trace")}
	switch rapid.IntRange(0, 2).Draw(t, "verdict") {
	case 0:
		v.Matched = true
	case 1:
		v.Reason = rule.ConditionFalse
	default:
		v.Reason, v.Error = rule.ConditionFailed, "1:1: no"
	}
	return v
}

func randomPlanned(t *rapid.T, i int) rule.Planned {
	payload := json.RawMessage(rapid.SampledFrom([]string{
		`{"id":"cus_1"}`, `{"id":"<b>&</b>"}`, `{"name":"\u2028 ü"}`, `{"n":9007199254740993.5}`, `{"id":"` + "\u2028" + `"}`,
	}).Draw(t, "payload"))
	p := rule.Planned{
		MappingKey: fmt.Sprintf("mapping-%d", i),
		Index:      rapid.IntRange(0, 2).Draw(t, "index"),
		ActionType: rapid.SampledFrom([]action.Type{action.UsersIdentify, action.WorkflowsTrigger, action.HTTPRequest}).Draw(t, "action type"),
		Parameters: json.RawMessage(`{"id":"body.data.object.id"}`),
		Payload:    payload,
		SHA256:     action.SHA256(payload),
	}
	if rapid.IntRange(0, 2).Draw(t, "problem") == 0 {
		p.Problem = &action.Problem{Code: action.MissingField, Field: "id", Message: "id is required"}
	}
	return p
}

func text(t *rapid.T, label string) string { return rapid.String().Draw(t, label) }
