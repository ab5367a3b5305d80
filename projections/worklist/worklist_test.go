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
		by := log.At + es.Time(rapid.SampledFrom([]int{0, 5_000, 3_600_000}).Draw(rt, "later"))
		next := es.Time(0)
		want = slices.DeleteFunc(want, func(e worklist.Entry) bool {
			if e.Due > by && (next == 0 || e.Due < next) {
				next = e.Due
			}
			return e.Due > by
		})
		for after := worklist.Begin(); ; after = got[len(got)-1].Place() {
			entries, err := list.Pending(context.Background(), by, after, 3)
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
		if got, err := list.NextDue(context.Background(), by); err != nil || got != next {
			rt.Fatalf("the next is due at %s (%v), want %s", got, err, next)
		}
		if n, err := list.Count(context.Background()); err != nil || n != len(pending(log)) {
			rt.Fatalf("count %d (%v), want %d", n, err, len(pending(log)))
		}
	})
}

func pending(log *projectiontest.Log) []worklist.Entry {
	var all []worklist.Entry
	for stream, state := range log.States {
		ref, _ := webhook.ParseStream(stream)
		for i := range state.Generations {
			g := &state.Generations[i]
			if due, ok := g.DueAt(); ok {
				ref.Generation = i + 1
				all = append(all, worklist.Entry{
					Ref: ref, Position: g.Position, ReceivedAt: g.ReceivedAt, TakenBy: g.Received.Receipt.Instance,
					Planned: g.Plan != nil, Claim: g.Claim, Resting: g.Resting(), Due: due,
				})
			}
		}
	}
	slices.SortFunc(all, func(a, b worklist.Entry) int {
		return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Position, b.Position))
	})
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
	outcome := func(i int, class webhook.Class) func() {
		return func() {
			g := log.States[ref.Stream()].Generation(1)
			log.Do(ref, webhook.Record{Generation: 1, Claim: g.Claim.Revision, At: log.At, Outcomes: []webhook.ActionOutcome{
				{Action: g.Actions[i].ID, Class: class, Error: "it failed"},
			}})
		}
	}
	receive := func() { log.Receive(ref, "customer.deleted", "cus_1") }
	claim := func(revision es.Revision, instance string, lease time.Duration, at es.Time) *webhook.Claim {
		return &webhook.Claim{Revision: revision, At: at, WorkClaimed: webhook.WorkClaimed{
			Generation: 1, Instance: instance, Start: "s" + map[string]string{"one": "1", "two": "2"}[instance], LeaseMS: lease.Milliseconds(),
		}}
	}
	entry := func(progress es.Revision, at es.Time, planned bool, c *webhook.Claim) []worklist.Entry {
		return []worklist.Entry{{
			Ref: ref, Position: 1, ReceivedAt: began, TakenBy: "one", Progress: progress, ProgressAt: at, Planned: planned, Claim: c, Resting: c == nil,
		}}
	}
	waiting := func(e []worklist.Entry) []worklist.Entry {
		e[0].Resting, e[0].Due = true, e[0].ProgressAt.Add(2500*time.Millisecond)
		return e
	}
	for _, step := range []struct {
		name string
		do   func()
		want []worklist.Entry
	}{
		{"received", receive, entry(0, began, false, nil)},
		{"a duplicate", receive, entry(0, began, false, nil)},
		{"planned and claimed", func() { log.Plan(ref, "", []rule.Verdict{}, first, second) }, entry(3, began+2, true, claim(3, "one", 30*time.Second, began+2))},
		{"one of two done", outcome(0, ""), entry(4, began+3, true, claim(3, "one", 30*time.Second, began+2))},
		{"taken over", func() {
			lapsed := es.Revision(3)
			log.Do(ref, webhook.TakeOver{Generation: 1, Lapsed: &lapsed, Claim: webhook.Claimant{Instance: "two", Start: "s2", Lease: time.Minute}})
		}, entry(5, began+4, true, claim(5, "two", time.Minute, began+4))},
		{"it waits for another try", outcome(1, webhook.ClassTemporary), waiting(entry(6, began+5, true, claim(5, "two", time.Minute, began+4)))},
		{"another round", func() {
			log.At = log.At.Add(time.Hour)
			log.Do(ref, webhook.TakeOver{Generation: 1, At: log.At, Claim: webhook.Claimant{Instance: "one", Start: "s1", Lease: time.Minute}})
		}, entry(7, began+6+3_600_000, true, claim(7, "one", time.Minute, began+6+3_600_000))},
		{"parked", outcome(1, webhook.ClassRefused), nil},
		{"armed by a duplicate", receive, []worklist.Entry{{
			Ref: ref, Position: 1, ReceivedAt: began, TakenBy: "one", Progress: 10, ProgressAt: began + 8 + 3_600_000, Planned: true,
			Claim: claim(7, "one", time.Minute, began+6+3_600_000), Resting: true,
		}}},
		{"claimed again", func() {
			log.Do(ref, webhook.TakeOver{Generation: 1, At: log.At, Claim: webhook.Claimant{Instance: "one", Start: "s1", Lease: time.Minute}})
		}, entry(11, began+9+3_600_000, true, claim(11, "one", time.Minute, began+9+3_600_000))},
		{"done", outcome(1, ""), nil},
	} {
		step.do()
		log.At++
		log.WaitFor(runner)
		got, err := list.Pending(t.Context(), log.At.Add(time.Minute), worklist.Begin(), 10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(step.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}
