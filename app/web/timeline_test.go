package web

import (
	"testing"

	"daybook/app/detail"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections/eventlog"
)

func TestTimelinesAreBounded(t *testing.T) {
	t.Parallel()
	entries := make([]detail.Entry, 5000)
	for i := range entries {
		entries[i] = detail.Entry{Revision: es.Revision(i), Type: webhook.TypeDuplicatesCounted}
	}
	of := func(entries []detail.Entry) detail.Webhook {
		return detail.Webhook{Item: eventlog.Item{Stream: "webhook-a.b.c"}, Timeline: entries, Generation: &webhook.Generation{}}
	}
	steps := timelineOf(of(entries))
	if len(steps) != 2*maxSteps+1 || steps[maxSteps].Title != "4,800 more facts" || steps[maxSteps].URL != "/streams/webhook-a.b.c?at=100" {
		t.Errorf("%d steps, in the middle %+v", len(steps), steps[maxSteps])
	}
	if last := steps[len(steps)-1].Revision; last != 4999 {
		t.Errorf("the last step is revision %d", last)
	}
	if n := len(timelineOf(of(entries[:2*maxSteps]))); n != 2*maxSteps {
		t.Errorf("%d steps of as many as are shown", n)
	}
}

func TestPlanWords(t *testing.T) {
	t.Parallel()
	matched, not := rule.Verdict{Matched: true}, rule.Verdict{Reason: rule.ConditionFalse, Trace: "body.a > 1: 0 > 1 → false"}
	var parked webhook.PlannedAction
	parked.Problem = &action.Problem{}
	for want, plan := range map[string]webhook.ActionsPlanned{
		"rules revision 6 · nothing to do":                                     {},
		"rules revision 6 · 1 mapping asked, none matched · nothing to do":     {Mappings: []rule.Verdict{not}},
		"rules revision 6 · 2 mappings asked, 1 matched · 1 action":            {Mappings: []rule.Verdict{not, matched}, Actions: make([]webhook.PlannedAction, 1)},
		"rules revision 6 · 2 mappings asked, 2 matched · 2 actions, 1 parked": {Mappings: []rule.Verdict{matched, matched}, Actions: []webhook.PlannedAction{parked, {}}},
	} {
		plan.ConfigurationRevision = 6
		if got := planWords(plan); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
