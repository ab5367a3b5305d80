package webhook_test

import (
	"testing"

	"daybook/domain/rule"
	"daybook/domain/webhook"
)

func TestStatusOfAWebhook(t *testing.T) {
	t.Parallel()
	counts := func(total, succeeded, waiting, parked int) webhook.Counts {
		return webhook.Counts{Total: total, Succeeded: succeeded, Waiting: waiting, Parked: parked}
	}
	for _, c := range []struct {
		name string
		o    webhook.Outcome
		want webhook.Status
	}{
		{"just received", webhook.Outcome{}, webhook.StatusProcessing},
		{"the plan is parked", webhook.Outcome{PlanParked: true}, webhook.StatusFailed},
		{"planned after it was parked", webhook.Outcome{Planned: true, PlanParked: true, Actions: counts(1, 1, 0, 0)}, webhook.StatusSucceeded},
		{"one waits", webhook.Outcome{Planned: true, Actions: counts(2, 1, 1, 0)}, webhook.StatusProcessing},
		{"one waits, one is parked", webhook.Outcome{Planned: true, Actions: counts(2, 0, 1, 1)}, webhook.StatusProcessing},
		{"one is parked", webhook.Outcome{Planned: true, Actions: counts(2, 1, 0, 1)}, webhook.StatusFailed},
		{"a condition failed", webhook.Outcome{Planned: true, ConditionFailed: true}, webhook.StatusFailed},
		{"a condition failed, the rest is done", webhook.Outcome{Planned: true, ConditionFailed: true, Actions: counts(1, 1, 0, 0)}, webhook.StatusFailed},
		{"nothing matched", webhook.Outcome{Planned: true, Reason: rule.NoMapping}, webhook.StatusIgnored},
		{"all done", webhook.Outcome{Planned: true, Actions: counts(2, 2, 0, 0)}, webhook.StatusSucceeded},
	} {
		if got := c.o.Status(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestCountsAndDone(t *testing.T) {
	t.Parallel()
	for status, want := range map[webhook.Status]struct {
		done  bool
		count webhook.Counts
	}{
		webhook.StatusPlanned:   {false, webhook.Counts{Total: 1, Waiting: 1}},
		webhook.StatusClaimed:   {false, webhook.Counts{Total: 1, Waiting: 1}},
		webhook.StatusWaiting:   {false, webhook.Counts{Total: 1, Waiting: 1}},
		webhook.StatusSucceeded: {true, webhook.Counts{Total: 1, Succeeded: 1}},
		webhook.StatusSkipped:   {true, webhook.Counts{Total: 1, Succeeded: 1}},
		webhook.StatusParked:    {true, webhook.Counts{Total: 1, Parked: 1}},
		webhook.StatusUncertain: {true, webhook.Counts{Total: 1, Parked: 1}},
	} {
		if got := status.Done(); got != want.done {
			t.Errorf("%s: done is %v", status, got)
		}
		if got := (webhook.Counts{}).Add(status); got != want.count {
			t.Errorf("%s counts as %+v, want %+v", status, got, want.count)
		}
	}
}
