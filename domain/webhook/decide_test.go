package webhook_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
)

func received(at es.Time, body string, window time.Duration) webhook.Receive {
	return webhook.Receive{At: at, Body: []byte(body), Window: window}
}

func planned(mapping string, payload string) rule.Planned {
	return rule.Planned{
		MappingKey: mapping, ActionType: action.WorkflowsTrigger, Parameters: json.RawMessage(`{}`),
		Payload: json.RawMessage(payload), SHA256: action.SHA256([]byte(payload)),
	}
}

func withProblem(p rule.Planned) rule.Planned {
	p.Problem = &action.Problem{Code: action.MissingField, Field: "recipients", Message: "recipients is required"}
	return p
}

func claimant(instance string) webhook.Claimant {
	return webhook.Claimant{Instance: instance, Start: instance + "-start", Lease: 30 * time.Second}
}

// The window is counted from the last delivery, and its last moment is inside.
func TestWindow(t *testing.T) {
	t.Parallel()
	const window = time.Minute
	for name, c := range map[string]struct {
		window     time.Duration
		deliveries []es.Time // seconds
		want       []int     // the generation of each
	}{
		"inside":                  {window, []es.Time{0, 30, 60}, []int{1, 1, 1}},
		"the last moment":         {window, []es.Time{0, 60}, []int{1, 1}},
		"after it":                {window, []es.Time{0, 61}, []int{1, 2}},
		"from the last delivery":  {window, []es.Time{0, 59, 118, 179}, []int{1, 1, 1, 2}},
		"again and again":         {window, []es.Time{0, 61, 62, 200}, []int{1, 2, 2, 3}},
		"for ever":                {0, []es.Time{0, 1 << 40}, []int{1, 1}},
		"a clock that goes back":  {window, []es.Time{100, 10, 150}, []int{1, 1, 1}},
		"a clock that is far off": {window, []es.Time{0, 100_000, 10, 100_030}, []int{1, 2, 2, 2}},
	} {
		l := &log{}
		for i, at := range c.deliveries {
			l.at = 1_700_000_000_000 + at*second
			mustGive(t, l, received(l.at, `{}`, c.window))
			if got := len(l.state().Generations); got != c.want[i] {
				t.Errorf("%s: delivery %d began or joined generation %d, want %d", name, i, got, c.want[i])
			}
		}
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	l := &log{at: second}
	mustGive(t, l, received(l.at, `{"a":1}`, time.Hour))
	same := mustGive(t, l, received(l.at, `{"a":1}`, time.Hour))
	if d, ok := same[0].(webhook.DuplicateReceived); !ok || !d.SameBody || d.SHA256 != "" || d.Generation != 1 {
		t.Errorf("the same body again: %+v", same)
	}
	other := mustGive(t, l, received(l.at, `{"a":2}`, time.Hour))
	if d, ok := other[0].(webhook.DuplicateReceived); !ok || d.SameBody || d.SHA256 != action.SHA256([]byte(`{"a":2}`)) {
		t.Errorf("another body: %+v", other)
	}
	if got := string(l.state().Current().Received.Body); got != `{"a":1}` {
		t.Errorf("the first body became %s", got)
	}
	mustGive(t, l, webhook.CountDuplicates{N: 40, LastAt: l.at + second})
	if got := l.state().Current().Deliveries; got != 43 {
		t.Errorf("%d deliveries, want 43", got)
	}
	if got := l.state().LastDelivery; got != l.at+second {
		t.Errorf("the last delivery was at %s", got)
	}
	if events := mustGive(t, l, webhook.CountDuplicates{N: 0}); len(events) != 0 {
		t.Errorf("counting none gave %v", events)
	}
}

func TestCountsDuplicatesOnceThereAreMany(t *testing.T) {
	t.Parallel()
	l := &log{at: second}
	if l.state().CountsDuplicates(l.at, time.Hour) {
		t.Error("a first delivery is none to be counted")
	}
	for range webhook.MaxDuplicates + 1 {
		if l.state().CountsDuplicates(l.at, time.Hour) {
			t.Fatalf("delivery %d is already counted", l.state().Current().Deliveries+1)
		}
		mustGive(t, l, received(l.at, `{}`, time.Hour))
	}
	if !l.state().CountsDuplicates(l.at, time.Hour) {
		t.Error("a duplicate too many is not counted")
	}
	if l.state().CountsDuplicates(l.at+2*3600*second, time.Hour) {
		t.Error("a new generation is counted as a duplicate")
	}
}

func TestPlanClaimsWhatThereIsToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		actions []rule.Planned
		claims  bool
	}{
		"nothing":                      {nil, false},
		"one":                          {[]rule.Planned{planned("a", `{}`)}, true},
		"only parked":                  {[]rule.Planned{withProblem(planned("a", `{}`))}, false},
		"one parked, one to be done":   {[]rule.Planned{withProblem(planned("a", `{}`)), planned("b", `{}`)}, true},
		"one to be done, then another": {[]rule.Planned{planned("a", `{}`), planned("b", `{}`)}, true},
	} {
		l := &log{at: second}
		mustGive(t, l, received(l.at, `{}`, 0))
		events := mustGive(t, l, webhook.Plan{Ref: ref(1), ConfigurationRevision: 7, Evaluation: rule.Evaluation{Actions: c.actions}, Claim: claimant("one")})
		g := l.state().Current()
		if claimed := g.Claim != nil; claimed != c.claims || len(events) != map[bool]int{false: 1, true: 2}[claimed] {
			t.Errorf("%s: %d events, claim %+v", name, len(events), g.Claim)
		}
		if g.Pending() != c.claims {
			t.Errorf("%s: pending is %v", name, g.Pending())
		}
		for i, a := range g.Actions {
			want := webhook.StatusClaimed
			if c.actions[i].Problem != nil {
				want = webhook.StatusParked
			}
			if a.Status != want {
				t.Errorf("%s: action %d is %s, want %s", name, i, a.Status, want)
			}
		}
	}
}

func TestPlanKeepsWhatTheEvaluationSaid(t *testing.T) {
	t.Parallel()
	l := &log{at: second}
	mustGive(t, l, received(l.at, `{}`, 0))
	evaluation := rule.Evaluation{
		Reason:      rule.ConditionFalse,
		Explanation: "no condition was true",
		Verdicts:    []rule.Verdict{{Key: "a", EventType: "*", Reason: rule.ConditionFalse, Trace: "1 > 2 is false"}},
	}
	events := mustGive(t, l, webhook.Plan{Ref: ref(1), ConfigurationRevision: 7, Evaluation: evaluation})
	want := []webhook.Event{webhook.ActionsPlanned{
		Generation: 1, ConfigurationRevision: 7, Reason: rule.ConditionFalse, Explanation: "no condition was true",
		Mappings: evaluation.Verdicts, Actions: []webhook.PlannedAction{},
	}}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestALargePlanLeavesAllItsPayloadsOut(t *testing.T) {
	t.Parallel()
	filled := func(size int) string { return `"` + string(bytes.Repeat([]byte("x"), size-2)) + `"` }
	for _, c := range []struct {
		sizes []int
		keeps bool
	}{
		{[]int{webhook.MaxPlan}, true},
		{[]int{webhook.MaxPlan + 1}, false},
		{[]int{webhook.MaxPlan / 2, webhook.MaxPlan / 2}, true},
		{[]int{10, webhook.MaxPlan}, false},
	} {
		l := &log{at: second}
		mustGive(t, l, received(l.at, `{}`, 0))
		var actions []rule.Planned
		for _, size := range c.sizes {
			actions = append(actions, planned(filled(size)[:10], filled(size)))
		}
		mustGive(t, l, webhook.Plan{Ref: ref(1), Evaluation: rule.Evaluation{Actions: actions}})
		for i, a := range l.state().Current().Actions {
			if kept := a.Payload != nil; kept != c.keeps {
				t.Errorf("sizes %v: payload %d kept: %v", c.sizes, i, kept)
			}
			if !a.Matches(actions[i].Payload) || a.Matches([]byte("other")) {
				t.Errorf("sizes %v: action %d does not know its request", c.sizes, i)
			}
		}
		if actions[0].Payload == nil {
			t.Error("the evaluation's own payloads were taken away")
		}
	}
}

func TestAParkedPlanIsNoDecision(t *testing.T) {
	t.Parallel()
	l := &log{at: second}
	mustGive(t, l, received(l.at, `{}`, 0))
	parking := webhook.ParkPlan{Generation: 1, ConfigurationRevision: 3, Reason: webhook.ParkInterrupted, Error: "it took too long"}
	mustGive(t, l, parking)
	g := l.state().Current()
	if g.Pending() || g.Outcome().Status() != webhook.StatusFailed || g.PlanParked.Error != "it took too long" {
		t.Errorf("parked: pending %v, %s, %+v", g.Pending(), g.Outcome().Status(), g.PlanParked)
	}
	if events := mustGive(t, l, parking); len(events) != 0 {
		t.Errorf("parked again: %v", events)
	}
	mustGive(t, l, webhook.Plan{Ref: ref(1), Evaluation: rule.Evaluation{Actions: []rule.Planned{planned("a", `{}`)}}, Claim: claimant("one")})
	g = l.state().Current()
	if g.PlanParked != nil || g.Plan == nil || g.Outcome().Status() != webhook.StatusProcessing {
		t.Errorf("planned after all: %+v, %s", g.PlanParked, g.Outcome().Status())
	}
}

func TestTakeOver(t *testing.T) {
	t.Parallel()
	l := &log{at: second}
	mustGive(t, l, received(l.at, `{}`, 0))
	takeOver := webhook.TakeOver{Generation: 1, Claim: claimant("two")}
	if events := mustGive(t, l, takeOver); len(events) != 0 {
		t.Errorf("nothing was planned, yet %v", events)
	}
	mustGive(t, l, webhook.Plan{Ref: ref(1), Evaluation: rule.Evaluation{Actions: []rule.Planned{planned("a", `{}`)}}, Claim: claimant("one")})
	if _, err := l.give(takeOver); !errors.Is(err, webhook.ErrClaimed) {
		t.Errorf("over a live claim: %v", err)
	}
	wrong, right := es.Revision(1), l.state().Current().Claim.Revision
	takeOver.Lapsed = &wrong
	if _, err := l.give(takeOver); !errors.Is(err, webhook.ErrClaimed) {
		t.Errorf("over a claim that is not the one that lapsed: %v", err)
	}
	takeOver.Lapsed = &right
	mustGive(t, l, takeOver)
	if g := l.state().Current(); g.Claim.WorkClaimed.Instance != "two" || g.Claim.WorkClaimed.LeaseMS != 30_000 || g.Claim.Revision == right {
		t.Errorf("claim %+v", g.Claim)
	}
	if _, err := l.give(takeOver); !errors.Is(err, webhook.ErrClaimed) {
		t.Errorf("the same lapse used twice: %v", err)
	}
	claim := l.state().Current().Claim.Revision
	mustGive(t, l, webhook.Record{Generation: 1, Claim: claim, Outcomes: []webhook.ActionOutcome{{Action: ref(1).ActionID("a", 0)}}})
	takeOver.Lapsed = &claim
	if events := mustGive(t, l, takeOver); len(events) != 0 {
		t.Errorf("all is done, yet %v", events)
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	l := &log{at: second}
	mustGive(t, l, received(l.at, `{}`, 0))
	if _, err := l.give(webhook.Record{Generation: 1}); !errors.Is(err, webhook.ErrFenced) {
		t.Errorf("without a claim: %v", err)
	}
	actions := []rule.Planned{planned("a", `{}`), planned("b", `{}`), withProblem(planned("c", `{}`))}
	mustGive(t, l, webhook.Plan{Ref: ref(1), Evaluation: rule.Evaluation{Actions: actions}, Claim: claimant("one")})
	a, b, c := ref(1).ActionID("a", 0), ref(1).ActionID("b", 0), ref(1).ActionID("c", 0)
	l.at += second
	events := mustGive(t, l, webhook.Record{Generation: 1, Claim: l.state().Current().Claim.Revision, Outcomes: []webhook.ActionOutcome{
		{Action: a, Result: json.RawMessage(`{"workflow_run_id":"r"}`)},
		{Action: b, Class: webhook.ClassNotSupported, Error: "not yet"},
		{Action: c},
		{Action: "unknown"},
		{Action: a},
	}})
	want := []webhook.Event{
		webhook.ActionSucceeded{Generation: 1, Action: a, Attempt: 1, Result: json.RawMessage(`{"workflow_run_id":"r"}`)},
		webhook.ActionParked{Generation: 1, Action: b, Attempt: 1, Reason: webhook.ParkNotSupported, Error: "not yet", Class: webhook.ClassNotSupported},
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	g := l.state().Current()
	if diff := cmp.Diff([]webhook.Attempt{{Number: 1, At: l.at, Outcome: webhook.StatusParked, Class: webhook.ClassNotSupported, Error: "not yet"}}, g.Actions[1].Attempts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if g.Pending() || g.Outcome().Status() != webhook.StatusFailed {
		t.Errorf("pending %v, status %s", g.Pending(), g.Outcome().Status())
	}
}

func TestCommandsOnWhatWasNeverReceived(t *testing.T) {
	t.Parallel()
	for _, c := range []webhook.Command{
		webhook.CountDuplicates{N: 1},
		webhook.Plan{Ref: ref(1)},
		webhook.ParkPlan{Generation: 1},
		webhook.TakeOver{Generation: 1},
		webhook.Record{Generation: 1},
		webhook.Rearm{Generation: 1},
		webhook.Skip{Generation: 1},
		webhook.Replan{Generation: 1},
		webhook.Plan{},
		webhook.Plan{Ref: ref(-1)},
	} {
		if _, err := webhook.Decide(webhook.State{}, c); !errors.Is(err, webhook.ErrNothingReceived) {
			t.Errorf("%T: %v", c, err)
		}
	}
}
