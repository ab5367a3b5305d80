package worklist_test

import (
	"cmp"
	"context"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/webhook"
	"daybook/projections/projectiontest"
	"daybook/projections/worklist"
)

// TestActionsAreTheFold: the list of actions holds just those that a fold says
// are waiting, parked or uncertain, and a filter leaves what it names.
func TestActionsAreTheFold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New(memory.Options{})
		log := projectiontest.New(rt, store)
		for range rapid.IntRange(0, 60).Draw(rt, "steps") {
			log.Step(chooser{rt})
		}
		size := rapid.IntRange(1, 8).Draw(rt, "size")
		runner := projectiontest.Runner(rt, projectiontest.Rebatched(store, func() int { return size }), worklist.Projection())
		log.WaitFor(runner)
		list := worklist.New(runner)
		filter := worklist.Filter{
			Status:      rapid.SampledFrom([]webhook.Status{"", webhook.StatusWaiting, webhook.StatusParked, webhook.StatusUncertain}).Draw(rt, "status"),
			Environment: rapid.SampledFrom([]string{"", "", "production"}).Draw(rt, "environment"),
			Type:        rapid.SampledFrom([]action.Type{"", "", action.UsersIdentify}).Draw(rt, "type"),
			Reason:      rapid.SampledFrom([]webhook.ParkReason{"", "", webhook.ParkNotSupported}).Draw(rt, "reason"),
		}
		want, got := openActions(log, filter), []worklist.Action(nil)
		for after := worklist.BeginActions(); ; after = got[len(got)-1].Place() {
			page, err := list.Actions(context.Background(), filter, after, 2)
			if err != nil {
				rt.Fatal(err)
			}
			got = append(got, page...)
			if len(page) < 2 {
				break
			}
		}
		if diff := gocmp.Diff(want, got, cmpopts.IgnoreFields(worklist.Action{}, "ChangedAt"), cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("actions (-fold +got):\n%s", diff)
		}
		if n, err := list.CountActions(context.Background(), filter); err != nil || n != len(want) {
			rt.Fatalf("count %d (%v), want %d", n, err, len(want))
		}
		for _, a := range got {
			if found, ok, err := list.FindAction(context.Background(), a.ID); err != nil || !ok || found != a {
				rt.Fatalf("%s is found as %+v, %v, %v", a.ID, found, ok, err)
			}
		}
		if _, ok, err := list.FindAction(context.Background(), "no such action"); err != nil || ok {
			rt.Fatalf("what there is not: %v, %v", ok, err)
		}
	})
}

func openActions(log *projectiontest.Log, f worklist.Filter) []worklist.Action {
	var all []worklist.Action
	for stream, state := range log.States {
		ref, _ := webhook.ParseStream(stream)
		for n, g := range state.Generations {
			ref.Generation = n + 1
			for i, a := range g.Actions {
				switch a.Status {
				case webhook.StatusWaiting, webhook.StatusParked, webhook.StatusUncertain:
				default:
					continue
				}
				if f.Status != "" && f.Status != a.Status || f.Environment != "" && f.Environment != ref.Environment ||
					f.Type != "" && f.Type != a.ActionType || f.Reason != "" && f.Reason != a.Reason {
					continue
				}
				all = append(all, worklist.Action{
					ID: a.ID, Ref: ref, Position: g.Position, Number: i, Mapping: a.MappingKey, Type: a.ActionType,
					Status: a.Status, Reason: a.Reason, Error: a.Error, Attempts: len(a.Attempts), RetryAt: a.RetryAt,
				})
			}
		}
	}
	slices.SortFunc(all, func(a, b worklist.Action) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.Number, b.Number))
	})
	return all
}
