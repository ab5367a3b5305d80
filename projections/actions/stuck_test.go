package actions_test

import (
	"context"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"daybook/app/store/memory"
	"daybook/domain/webhook"
	"daybook/projections/actions"
	"daybook/projections/projectiontest"
)

// TestStuckIsTheFold: of each source just those actions are counted that are
// parked or uncertain by their streams, and one of them is the newest.
func TestStuckIsTheFold(t *testing.T) {
	t.Parallel()
	type origin struct{ environment, source string }
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New(memory.Options{})
		log := projectiontest.New(rt, store)
		for range rapid.IntRange(0, 60).Draw(rt, "steps") {
			log.Step(chooser{rt})
		}
		runner := projectiontest.Runner(rt, store, actions.Projection())
		log.WaitFor(runner)

		want, reasons := map[origin]int{}, map[origin]map[webhook.ParkReason]bool{}
		for _, item := range folded(log) {
			if item.Status == webhook.StatusParked || item.Status == webhook.StatusUncertain {
				at := origin{item.Environment, item.Source}
				want[at]++
				if reasons[at] == nil {
					reasons[at] = map[webhook.ParkReason]bool{}
				}
				reasons[at][item.Reason] = true
			}
		}
		stuck, err := actions.New(runner).Stuck(context.Background())
		if err != nil {
			rt.Fatal(err)
		}
		got := map[origin]int{}
		for _, s := range stuck {
			at := origin{s.Environment, s.Source}
			got[at] = s.N
			if !reasons[at][s.Reason] {
				rt.Fatalf("none of %v is parked because of %q", at, s.Reason)
			}
		}
		if !maps.Equal(want, got) {
			rt.Fatalf("stuck are %v, by their streams %v", got, want)
		}
	})
}
