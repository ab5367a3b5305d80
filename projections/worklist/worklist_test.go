package worklist_test

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections/projectiontest"
	"daybook/projections/worklist"
)

type chooser struct{ t *rapid.T }

func (c chooser) IntN(n int) int { return rapid.IntRange(0, n-1).Draw(c.t, "choice") }

// TestListIsTheFold: the list holds just those generations of which a fold of
// the stream says that something is pending, with their claims.
func TestListIsTheFold(t *testing.T) {
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

		want, got := pending(log), []worklist.Entry(nil)
		for after := es.Start; ; after = got[len(got)-1].Position {
			entries, err := list.Pending(context.Background(), after, 3)
			if err != nil {
				rt.Fatal(err)
			}
			got = append(got, entries...)
			if len(entries) < 3 {
				break
			}
		}
		ignore := cmpopts.IgnoreFields(worklist.Entry{}, "Progress", "ProgressAt")
		if diff := gocmp.Diff(want, got, ignore, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("list (-fold +got):\n%s", diff)
		}
		if n, err := list.Count(context.Background()); err != nil || n != len(want) {
			rt.Fatalf("count %d (%v), want %d", n, err, len(want))
		}
	})
}

func pending(log *projectiontest.Log) []worklist.Entry {
	var all []worklist.Entry
	for stream, state := range log.States {
		ref, _ := webhook.ParseStream(stream)
		for i := range state.Generations {
			g := &state.Generations[i]
			if ref.Generation = i + 1; g.Pending() {
				all = append(all, worklist.Entry{
					Ref: ref, Position: g.Position, ReceivedAt: g.ReceivedAt, TakenBy: g.Received.Receipt.Instance, Planned: g.Plan != nil, Claim: g.Claim,
				})
			}
		}
	}
	slices.SortFunc(all, func(a, b worklist.Entry) int { return cmp.Compare(a.Position, b.Position) })
	return all
}

// TestProgress: what moves the work on is seen, a duplicate is not.
func TestProgress(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	log := projectiontest.New(t, store)
	runner := projectiontest.Runner(t, store, worklist.Projection())
	list := worklist.New(runner)
	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_1", Generation: 1}
	first := projectiontest.Planned("a", action.UsersDelete, `{"id":"cus_1"}`)
	second := projectiontest.Planned("b", action.UsersDelete, `{"id":"cus_2"}`)
	began := log.At
	outcome := func(i int) func() {
		return func() {
			g := log.States[ref.Stream()].Generation(1)
			log.Do(ref, webhook.Record{Generation: 1, Claim: g.Claim.Revision, Outcomes: []webhook.ActionOutcome{{Action: g.Actions[i].ID}}})
		}
	}
	receive := func() { log.Receive(ref, "customer.deleted", "cus_1") }
	claim := func(revision es.Revision, instance string, lease time.Duration, at es.Time) *webhook.Claim {
		return &webhook.Claim{Revision: revision, At: at, WorkClaimed: webhook.WorkClaimed{
			Generation: 1, Instance: instance, Start: "s" + map[string]string{"one": "1", "two": "2"}[instance], LeaseMS: lease.Milliseconds(),
		}}
	}
	entry := func(progress es.Revision, at es.Time, planned bool, c *webhook.Claim) []worklist.Entry {
		return []worklist.Entry{{Ref: ref, Position: 1, ReceivedAt: began, TakenBy: "one", Progress: progress, ProgressAt: at, Planned: planned, Claim: c}}
	}
	for _, step := range []struct {
		name string
		do   func()
		want []worklist.Entry
	}{
		{"received", receive, entry(0, began, false, nil)},
		{"a duplicate", receive, entry(0, began, false, nil)},
		{"planned and claimed", func() { log.Plan(ref, "", []rule.Verdict{}, first, second) }, entry(3, began+2, true, claim(3, "one", 30*time.Second, began+2))},
		{"one of two done", outcome(0), entry(4, began+3, true, claim(3, "one", 30*time.Second, began+2))},
		{"taken over", func() {
			lapsed := es.Revision(3)
			log.Do(ref, webhook.TakeOver{Generation: 1, Lapsed: &lapsed, Claim: webhook.Claimant{Instance: "two", Start: "s2", Lease: time.Minute}})
		}, entry(5, began+4, true, claim(5, "two", time.Minute, began+4))},
		{"done", outcome(1), nil},
	} {
		step.do()
		log.At++
		log.WaitFor(runner)
		got, err := list.Pending(t.Context(), es.Start, 10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(step.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}
