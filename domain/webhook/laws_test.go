package webhook_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
)

func TestFoldingInPiecesIsFoldingAtOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := randomLog(t)
		cut := rapid.IntRange(0, len(l.facts)).Draw(t, "cut")
		d := webhook.Decider()
		pieces := d.Fold(d.Fold(webhook.State{}, l.facts[:cut]...), l.facts[cut:]...)
		if diff := cmp.Diff(l.state(), pieces); diff != "" {
			t.Fatalf("(-at once +in pieces)\n%s", diff)
		}
	})
}

// A state is handed to many; evolving it must leave it alone, down to what its
// slices point to.
func TestEvolveNeverAltersItsArgument(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := randomLog(t)
		var s webhook.State
		for _, f := range l.facts {
			before := deepCopy(t, s)
			next := webhook.Evolve(s, f)
			// A second life of the same state must not reach into the first.
			_ = webhook.Evolve(s, es.Fact[webhook.Event]{Event: webhook.Received{Body: []byte("other")}, Revision: f.Revision})
			_ = webhook.Evolve(next, f)
			if diff := cmp.Diff(before, deepCopy(t, s)); diff != "" {
				t.Fatalf("%T altered the state (-before +after)\n%s", f.Event, diff)
			}
			s = next
		}
		if diff := cmp.Diff(l.state(), s); diff != "" {
			t.Fatalf("another life reached into this one (-folded +stepped)\n%s", diff)
		}
	})
}

// deepCopy is the state as text: nothing is shared with it.
func deepCopy(t *rapid.T, s webhook.State) string {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestWhatIsDecidedSurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		codec := webhook.Codec()
		for _, f := range randomLog(t).facts {
			encoded, err := codec.Encode(f.Event, f.Metadata)
			if err != nil {
				t.Fatal(err)
			}
			decoded, err := codec.Decode(es.Recorded{Event: encoded, Stream: ref(1).Stream(), Revision: f.Revision})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(f.Event, decoded.Event, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("(-before +after)\n%s", diff)
			}
			if decoded.Metadata.At != f.Metadata.At {
				t.Fatalf("time %s became %s", f.Metadata.At, decoded.Metadata.At)
			}
			plan, ok := decoded.Event.(webhook.ActionsPlanned)
			for i := 0; ok && i < len(plan.Actions); i++ {
				if !plan.Actions[i].Matches(plan.Actions[i].Payload) {
					t.Fatalf("the payload's bytes changed: %s", plan.Actions[i].Payload)
				}
			}
		}
	})
}

// Whatever happens in whatever order, the log keeps these promises.
func TestPromisesOfTheLog(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := randomLog(t)
		plans := map[int]int{}
		deliveries, received := 0, 0
		claim := map[int]es.Revision{}
		var s webhook.State
		for _, f := range l.facts {
			checkActions(t, s, f)
			switch e := f.Event.(type) {
			case webhook.Received:
				received++
				deliveries++
				if e.Receipt.Generation != received {
					t.Fatalf("generation %d came as number %d", e.Receipt.Generation, received)
				}
			case webhook.DuplicateReceived:
				deliveries++
			case webhook.DuplicatesCounted:
				deliveries += e.N
			case webhook.ActionsPlanned:
				plans[e.Generation]++
			case webhook.WorkClaimed:
				claim[e.Generation] = f.Revision
				if plans[e.Generation] != 1 {
					t.Fatalf("claimed without a plan at %d", f.Revision)
				}
			default: // checked with the actions
			}
			s = webhook.Evolve(s, f)
		}
		for g, n := range plans {
			if n != 1 {
				t.Fatalf("generation %d has %d plans", g, n)
			}
		}
		checkState(t, l.state(), received, deliveries, claim)
	})
}

// checkActions fails unless a fact about an action follows on s.
func checkActions(t *rapid.T, s webhook.State, f es.Fact[webhook.Event]) {
	t.Helper()
	g := s.Generation(webhook.GenerationOf(f.Event))
	if g == nil {
		return
	}
	next := webhook.Evolve(s, f)
	for i, before := range g.Actions {
		after := next.Generation(webhook.GenerationOf(f.Event)).Actions[i]
		standing, moved := webhook.StandingAfter(f.Event, before.ID, before.Status)
		if moved && (standing.Status != after.Status || standing.RetryAt != after.RetryAt || standing.Error != after.Error) {
			t.Fatalf("%T says that an action stands at %+v, and it stands at %s", f.Event, standing, after.Status)
		}
		if !moved && before.Status != after.Status {
			t.Fatalf("%T is said to leave an action %s, and makes it %s", f.Event, before.Status, after.Status)
		}
		if before.Status == after.Status {
			continue
		}
		switch before.Status {
		case webhook.StatusSucceeded, webhook.StatusSkipped:
			t.Fatalf("%T makes an action %s that %s", f.Event, after.Status, before.Status)
		case webhook.StatusClaimed:
		default:
			switch after.Status {
			case webhook.StatusClaimed, webhook.StatusPlanned, webhook.StatusSkipped:
			default:
				t.Fatalf("%T makes an action %s that was %s and not claimed", f.Event, after.Status, before.Status)
			}
		}
		if after.Status == webhook.StatusPlanned && before.Problem != nil {
			t.Fatalf("an action was re-armed that lacks something")
		}
	}
}

func checkState(t *rapid.T, s webhook.State, received, deliveries int, claim map[int]es.Revision) {
	t.Helper()
	if len(s.Generations) != received {
		t.Fatalf("%d generations of %d", len(s.Generations), received)
	}
	for i := range s.Generations {
		g := s.Generation(i + 1)
		deliveries -= g.Deliveries
		if g.Claim != nil && g.Claim.Revision != claim[i+1] {
			t.Fatalf("claim %d stands, %d is the newest", g.Claim.Revision, claim[i+1])
		}
		due, pending := g.DueAt()
		if g.Pending() != pending {
			t.Fatalf("pending is %v, and it is due at %s (%v)", g.Pending(), due, pending)
		}
		if g.Resting() != (len(g.Claimed()) == 0) {
			t.Fatalf("resting is %v with %d actions claimed", g.Resting(), len(g.Claimed()))
		}
		for _, a := range g.Actions {
			checkAction(t, a)
		}
		o := g.Outcome()
		if (o.Status() == webhook.StatusProcessing) != g.Pending() {
			t.Fatalf("status %s while pending is %v", o.Status(), g.Pending())
		}
		if c := o.Actions; c.Total != len(g.Actions) || c.Succeeded+c.Waiting+c.Parked != c.Total {
			t.Fatalf("counts do not add up: %+v", c)
		}
	}
	if deliveries != 0 {
		t.Fatalf("%d deliveries were lost", deliveries)
	}
}

func checkAction(t *rapid.T, a webhook.Action) {
	t.Helper()
	if (a.Status == webhook.StatusWaiting) != (a.RetryAt != 0) {
		t.Fatalf("an action is %s, to be tried again at %s", a.Status, a.RetryAt)
	}
	if a.Failures > webhook.MaxAttempts || a.RetryAt.Sub(a.ArmedAt) > webhook.MaxAge && a.RetryAt != 0 {
		t.Fatalf("%d failures, the next try at %s since %s", a.Failures, a.RetryAt, a.ArmedAt)
	}
	for i, attempt := range a.Attempts {
		if attempt.Number != i+1 {
			t.Fatalf("attempt %d is called %d", i+1, attempt.Number)
		}
		if underWay := attempt.Outcome == webhook.StatusClaimed; underWay && (a.Status != webhook.StatusClaimed || i != len(a.Attempts)-1) {
			t.Fatalf("attempt %d of %d is under way while the action is %s", i+1, len(a.Attempts), a.Status)
		}
		if len(attempt.Answer) > webhook.MaxExcerpt {
			t.Fatalf("an answer of %d bytes is kept", len(attempt.Answer))
		}
	}
}

func TestASecondPlanDoesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := randomLog(t)
		for i := range l.state().Generations {
			c := webhook.Plan{Ref: ref(i + 1), Evaluation: randomEvaluation(t), Claim: randomClaimant(t)}
			if _, err := l.give(c); err != nil {
				t.Fatal(err)
			}
			c.Evaluation = randomEvaluation(t)
			again, err := l.give(c)
			if err != nil || len(again) != 0 {
				t.Fatalf("a second plan gave %v, %v", again, err)
			}
			if parked, err := l.give(webhook.ParkPlan{Generation: i + 1}); err != nil || len(parked) != 0 {
				t.Fatalf("a plan was parked after it was made: %v, %v", parked, err)
			}
		}
	})
}

func TestOutcomesUnderAnOlderClaimAreFenced(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := &log{at: second}
		mustGive(t, l, webhook.Receive{At: l.at, Body: []byte(`{}`)})
		evaluation := rule.Evaluation{Actions: []rule.Planned{randomPlanned(t, 0)}}
		evaluation.Actions[0].Problem = nil
		mustGive(t, l, webhook.Plan{Ref: ref(1), Evaluation: evaluation, Claim: randomClaimant(t)})
		claims := []es.Revision{l.state().Current().Claim.Revision}
		for range rapid.IntRange(0, 4).Draw(t, "take-overs") {
			last := claims[len(claims)-1]
			mustGive(t, l, webhook.TakeOver{Generation: 1, Claim: randomClaimant(t), Lapsed: &last})
			claims = append(claims, l.state().Current().Claim.Revision)
		}
		outcome := webhook.ActionOutcome{Action: l.state().Current().Actions[0].ID}
		for _, old := range slices.Backward(claims[:len(claims)-1]) {
			_, err := l.give(webhook.Record{Generation: 1, Claim: old, Outcomes: []webhook.ActionOutcome{outcome}})
			if !errors.Is(err, webhook.ErrFenced) {
				t.Fatalf("an outcome under claim %d of %v: %v", old, claims, err)
			}
		}
		newest := webhook.Record{Generation: 1, Claim: claims[len(claims)-1], Outcomes: []webhook.ActionOutcome{outcome, outcome}}
		if events := mustGive(t, l, newest); len(events) != 1 {
			t.Fatalf("the newest claim's outcome gave %d events", len(events))
		}
		if events := mustGive(t, l, newest); len(events) != 0 {
			t.Fatalf("the outcome was recorded again: %v", events)
		}
	})
}

func mustGive(t interface {
	Helper()
	Fatalf(string, ...any)
}, l *log, c webhook.Command,
) []webhook.Event {
	t.Helper()
	events, err := l.give(c)
	if err != nil {
		t.Fatalf("%T: %v", c, err)
	}
	return events
}
