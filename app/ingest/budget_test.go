package ingest_test

import "testing"

// What one accepted webhook of 3 KB allocates, decoded members included (it has
// about ninety), with half as much again for what else the process does.
const acceptBudget = 270

func TestAnAcceptedWebhookAllocatesLittle(t *testing.T) { //nolint:paralleltest // counts the allocations of the whole process
	const runs = 200
	r := newRig(t)
	accept := r.invoices(runs + 1) // AllocsPerRun warms up with one
	n := 0
	allocations := testing.AllocsPerRun(runs, func() {
		accept(n)
		n++
	})
	if allocations > acceptBudget {
		t.Errorf("%.0f allocations, at most %d", allocations, acceptBudget)
	}
}
