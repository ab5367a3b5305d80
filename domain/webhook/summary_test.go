package webhook_test

import (
	"strings"
	"testing"

	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/webhook"
)

func TestSummarise(t *testing.T) {
	t.Parallel()
	verified := signature.Verification{Status: signature.Verified, SecretFingerprint: "91bd0c4e77"}
	unverified := signature.Verification{Status: signature.NotVerified, Cause: signature.Missing}
	dunning := planned("dunning", `{}`)
	no := rule.Verdict{Key: "dunning", Reason: rule.ConditionFalse, Trace: "1200 > 5000 is false"}

	for _, c := range []struct {
		event webhook.Event
		want  string
	}{
		{
			webhook.Received{Body: make([]byte, 2841), Receipt: webhook.Receipt{Generation: 1, Verification: verified}},
			"received, 2,841 bytes, verified with secret 91bd…",
		},
		{
			webhook.Received{Body: []byte("{}"), Receipt: webhook.Receipt{Generation: 2, Verification: unverified, KeyProblem: webhook.KeyNotString}},
			"received again after the idempotency window, 2 bytes, not verified (signature_missing); there was no idempotency key to use (not a string), one was generated",
		},
		{
			webhook.Received{Receipt: webhook.Receipt{Generation: 1, KeyProblem: webhook.KeyOff}},
			"received, 0 bytes, not verified; idempotency is off, the key was generated",
		},
		{webhook.DuplicateReceived{Generation: 1, SameBody: true}, "another delivery, same body"},
		{webhook.DuplicateReceived{Generation: 1, SHA256: "0123456789abcdef"}, "another delivery, another body, SHA-256 01234567…"},
		{
			webhook.DuplicatesCounted{Generation: 1, N: 1037, LastAt: 1_700_000_000_000},
			"1,037 more deliveries, the last at 2023-11-14T22:13:20.000Z",
		},
		{webhook.DuplicatesCounted{Generation: 1, N: 1, LastAt: 1}, "1 more delivery, the last at 1970-01-01T00:00:00.001Z"},
		{
			webhook.ActionsPlanned{ConfigurationRevision: 17, Reason: rule.ConditionFalse, Mappings: []rule.Verdict{no}},
			"rules of revision 17: dunning did not match: 1200 > 5000 is false; nothing to do",
		},
		{
			webhook.ActionsPlanned{
				ConfigurationRevision: 17, Reason: rule.NoMapping, Explanation: "no mapping is for charge.succeeded.",
			},
			"rules of revision 17: no mapping is for charge.succeeded; nothing to do",
		},
		{webhook.ActionsPlanned{Reason: rule.EventTypeMissing}, "rules of revision 0: event type missing; nothing to do"},
		{
			webhook.ActionsPlanned{
				Mappings: []rule.Verdict{{Key: "dunning", Matched: true}, {Key: "off", Reason: rule.Inactive}, {Key: "bad", Error: "1:3: no"}},
				Actions:  []webhook.PlannedAction{{Planned: dunning}},
			},
			"rules of revision 0: off is switched off; bad failed: 1:3: no; 1 action planned, workflows_trigger (dunning)",
		},
		{
			webhook.ActionsPlanned{Mappings: []rule.Verdict{no, no, no, no, no}, Actions: make([]webhook.PlannedAction, 2)},
			"rules of revision 0: " + strings.Repeat("dunning did not match: 1200 > 5000 is false; ", 3) +
				"2 other mappings did not match; 2 actions planned",
		},
		{
			webhook.ActionsPlanned{Actions: []webhook.PlannedAction{{Planned: withProblem(dunning)}}},
			"rules of revision 0: 1 action planned, workflows_trigger (dunning), parked: recipients is required",
		},
		{
			webhook.ActionsPlanned{Actions: []webhook.PlannedAction{{Planned: dunning}, {Planned: withProblem(dunning)}}},
			"rules of revision 0: 2 actions planned, 1 of them parked",
		},
		{webhook.PlanParked{Reason: webhook.ParkInterrupted, Error: "it took too long"}, "not planned (interrupted): it took too long"},
		{webhook.WorkClaimed{Instance: "i-1", LeaseMS: 30_000}, "claimed by i-1 for 30s"},
		{webhook.ActionSucceeded{Action: "0123456789", Attempt: 1}, "action 01234567… succeeded"},
		{
			webhook.ActionParked{Action: "0123", Attempt: 3, Reason: webhook.ParkNotSupported, Error: "not yet"},
			"action 0123 parked (not_supported_yet) at attempt 3: not yet",
		},
		{webhook.PlanRearmed{}, "to be planned after all"},
		{
			webhook.AttemptBegun{Action: "0123", Attempt: 2, Destination: "knock https://api.knock.app"},
			"action 0123 is being sent to knock https://api.knock.app at attempt 2",
		},
		{
			webhook.ActionFailed{Action: "0123", Attempt: 1, Class: webhook.ClassTemporary, Error: "it answered 503", RetryAt: 1000},
			"action 0123 failed (temporary), the next try is at 1970-01-01T00:00:01.000Z: it answered 503",
		},
		{
			webhook.ActionDeferred{Action: "0123", Reason: webhook.DeferDown, Error: "it is down", RetryAt: 1000},
			"action 0123 waits until 1970-01-01T00:00:01.000Z (destination_down): it is down",
		},
		{webhook.ActionUncertain{Action: "0123", Attempt: 2, Error: "no answer came"}, "action 0123 is uncertain at attempt 2: no answer came"},
		{webhook.ActionSkipped{Action: "0123"}, "action 0123 was given up"},
		{webhook.ActionSkipped{Action: "0123", Note: "done by hand"}, "action 0123 was given up: done by hand"},
		{webhook.ActionsRearmed{Actions: []string{"0123"}, By: webhook.ByPerson}, "action 0123 to be tried again"},
		{
			webhook.ActionsRearmed{Actions: []string{"0123", "4567"}, By: webhook.ByDuplicate},
			"2 actions to be tried again, because the webhook was delivered again",
		},
	} {
		if got := (webhook.State{}).Summarise(es.Fact[webhook.Event]{Event: c.event}); got != c.want {
			t.Errorf("%T:\n got %s\nwant %s", c.event, got, c.want)
		}
	}
}

// A state knows what came before, so that deliveries are counted and actions
// have their names.
func TestSummariseInItsPlace(t *testing.T) {
	t.Parallel()
	l := &log{at: second}
	var got []string
	step := func(c webhook.Command) {
		t.Helper()
		before, n := l.state(), len(l.facts)
		mustGive(t, l, c)
		for _, f := range l.facts[n:] {
			got = append(got, before.Summarise(f))
			before = webhook.Evolve(before, f)
		}
	}
	step(received(l.at, `{}`, 0))
	step(received(l.at, `{}`, 0))
	step(received(l.at, `{}`, 0))
	step(webhook.CountDuplicates{N: 8, LastAt: l.at})
	step(received(l.at, `{}`, 0))
	step(webhook.Plan{Ref: ref(1), Evaluation: rule.Evaluation{Actions: []rule.Planned{planned("dunning", `{}`)}}, Claim: claimant("one")})
	step(webhook.Record{Generation: 1, Claim: 6, Outcomes: []webhook.ActionOutcome{{Action: ref(1).ActionID("dunning", 0)}}})

	want := []string{
		"received, 2 bytes, not verified",
		"second delivery, same body",
		"third delivery, same body",
		"8 more deliveries, the last at 1970-01-01T00:00:01.000Z",
		"delivery 12, same body",
		"rules of revision 0: 1 action planned, workflows_trigger (dunning)",
		"claimed by one for 30s",
		"workflows_trigger (dunning) succeeded",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEveryEventHasASummary(t *testing.T) {
	t.Parallel()
	for _, e := range []webhook.Event{
		webhook.Received{},
		webhook.DuplicateReceived{},
		webhook.DuplicatesCounted{},
		webhook.ActionsPlanned{},
		webhook.PlanParked{},
		webhook.WorkClaimed{},
		webhook.ActionSucceeded{},
		webhook.ActionParked{},
		webhook.PlanRearmed{},
		webhook.AttemptBegun{},
		webhook.ActionFailed{},
		webhook.ActionDeferred{},
		webhook.ActionUncertain{},
		webhook.ActionSkipped{},
		webhook.ActionsRearmed{},
	} {
		if (webhook.State{}).Summarise(es.Fact[webhook.Event]{Event: e}) == "" {
			t.Errorf("%T has none", e)
		}
	}
	if n := len(webhook.Codec().Schemas()); n != 15 {
		t.Errorf("there are %d types of events: add the new one here", n)
	}
}
