package worker

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
)

var (
	seeds    = flag.Uint64("seeds", simulations, "how many simulations TestSimulation goes through")
	fromSeed = flag.Uint64("seed", 1, "the first seed of TestSimulation")
)

// TestSimulation lets three instances live through three days in which
// everything goes wrong that can, and checks after each fact and each request
// that nothing is forgotten, doubled or unexplained. A seed that fails is
// named; -seed N -seeds 1 lives through the same again.
func TestSimulation(t *testing.T) {
	t.Parallel()
	for seed := *fromSeed; seed < *fromSeed+*seeds; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := simulate(t, seed, simulation{})
			if w.violation != nil {
				t.Errorf("go test ./app/worker -run TestSimulation -seed %d -seeds 1: %v", seed, w.violation)
			}
		})
	}
}

// TestASeedReplays: the same seed leads to the same log, fact by fact.
func TestASeedReplays(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= 5; seed++ {
		first, again := simulate(t, seed, simulation{}), simulate(t, seed, simulation{})
		if !slices.Equal(first.history, again.history) {
			i := 0
			for i < min(len(first.history), len(again.history)) && first.history[i] == again.history[i] {
				i++
			}
			t.Errorf("seed %d: fact %d is another:\n%s\n%s", seed, i, first.history[max(0, i-2):min(i+3, len(first.history))], again.history[max(0, i-2):min(i+3, len(again.history))])
		}
	}
}

// TestTheSimulationSeesWhatIsBroken: without the claim, or with another key for
// each attempt, it fails.
func TestTheSimulationSeesWhatIsBroken(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]simulation{
		"claims are not exclusive":      {noClaims: true},
		"each attempt has its own key":  {newKeys: true},
		"attempts begin without a word": {noBegin: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= 40; seed++ {
				if simulate(t, seed, broken).violation != nil {
					return
				}
			}
			t.Error("40 simulations did not see it")
		})
	}
}

// simulate lives through one simulation, in a bubble of its own.
func simulate(t *testing.T, seed uint64, s simulation) *world {
	t.Helper()
	var w *world
	synctest.Test(t, func(t *testing.T) {
		w = newWorld(t, seed, s)
		w.live()
	})
	return w
}
