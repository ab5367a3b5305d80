package projections_test

import (
	"testing"

	"daybook/domain/es"
	"daybook/projections/projectiontest"
)

// What all read models together allocate for a webhook with one action, from
// the events in the log to the rows, with half as much again.
const webhookBudget = 300

func TestAWebhookAllocatesLittle(t *testing.T) { //nolint:paralleltest // counts the allocations of the whole process
	const webhooks = 500
	store := newStore(t)
	fill(t, projectiontest.New(t, store), webhooks)
	runner := open(t, config(t.TempDir(), store))
	allocations := testing.AllocsPerRun(1, func() {
		if err := runner.Rebuild(t.Context(), func(_, _ es.Position) {}); err != nil {
			t.Fatal(err)
		}
	}) / webhooks
	if allocations > webhookBudget {
		t.Errorf("%.0f allocations for each webhook, at most %d", allocations, webhookBudget)
	}
}
