package steer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"daybook/app/longwork"
	"daybook/app/steer"
	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections"
	"daybook/projections/actions"
	"daybook/projections/projectiontest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const who = "ada"

// rig is a log whose actions can be steered.
type rig struct {
	*projectiontest.Log
	t        *testing.T
	runner   *projections.Runner
	steering *steer.Steering
}

func newRig(t *testing.T) *rig {
	t.Helper()
	store := memory.New(memory.Options{})
	r := &rig{Log: projectiontest.New(t, store), t: t, runner: projectiontest.Runner(t, store, actions.Projection())}
	r.steering = steer.New(steer.Config{Store: store, Actions: actions.New(r.runner), WaitFor: r.runner.WaitFor, Now: time.Now})
	t.Cleanup(r.steering.Close)
	return r
}

func refOf(key string) webhook.Ref {
	return webhook.Ref{Environment: "development", Source: "stripe", Key: key, Generation: 1}
}

// ended is a webhook with one action that ended so; it returns the action's id.
func (r *rig) ended(key string, o webhook.ActionOutcome) string {
	r.t.Helper()
	ref := refOf(key)
	r.claimed(key, nil)
	g := r.States[ref.Stream()].Generation(1)
	o.Action = g.Actions[0].ID
	r.Do(ref, webhook.Record{Generation: 1, Claim: g.Claim.Revision, At: r.At, Outcomes: []webhook.ActionOutcome{o}})
	r.WaitFor(r.runner)
	return o.Action
}

// claimed is a webhook with one action that is planned, with a problem or none.
func (r *rig) claimed(key string, problem *action.Problem) string {
	r.t.Helper()
	planned := projectiontest.Planned("paid", action.WorkflowsTrigger, `{"key":"paid","recipients":["cus_1"]}`)
	planned.Problem = problem
	r.Receive(refOf(key), "invoice.paid", "in_1")
	r.Plan(refOf(key), "", []rule.Verdict{{Key: "paid", EventType: "invoice.paid", Matched: true}}, planned)
	r.WaitFor(r.runner)
	return refOf(key).ActionID("paid", 0)
}

func parked() webhook.ActionOutcome {
	return webhook.ActionOutcome{Class: webhook.ClassRefused, Error: "it answered 400"}
}

func waiting() webhook.ActionOutcome {
	return webhook.ActionOutcome{Class: webhook.ClassTemporary, Error: "it answered 503"}
}

func uncertain() webhook.ActionOutcome {
	return webhook.ActionOutcome{Class: webhook.ClassUnknown, Error: "no answer came"}
}

// newest returns the newest fact about a webhook, and who brought it about.
func (r *rig) newest(key string) (webhook.Event, string) {
	r.t.Helper()
	for recorded, err := range r.Store.ReadStream(r.t.Context(), refOf(key).Stream(), es.LastRevision, es.Backward) {
		if err != nil {
			r.t.Fatal(err)
		}
		fact, err := webhook.Codec().Decode(recorded)
		if err != nil {
			r.t.Fatal(err)
		}
		return fact.Event, fact.Metadata.Actor
	}
	return nil, ""
}

func TestRetryAndSkip(t *testing.T) {
	t.Parallel()
	lacking := &action.Problem{Code: action.MissingField, Field: "recipients", Message: "recipients is missing"}
	retry := func(mayRepeat bool) func(*rig, string) (steer.Steered, error) {
		return func(r *rig, id string) (steer.Steered, error) {
			return r.steering.Retry(context.Background(), id, mayRepeat, who)
		}
	}
	skip := func(note string) func(*rig, string) (steer.Steered, error) {
		return func(r *rig, id string) (steer.Steered, error) {
			return r.steering.Skip(context.Background(), id, note, who)
		}
	}
	ends := func(o webhook.ActionOutcome) func(*rig) string {
		return func(r *rig) string { return r.ended("evt_1", o) }
	}
	for _, c := range []struct {
		name   string
		begin  func(*rig) string
		do     func(*rig, string) (steer.Steered, error)
		want   webhook.Status // empty: refused
		reason string
	}{
		{"retry what is parked", ends(parked()), retry(false), webhook.StatusPlanned, ""},
		{"retry what waits", ends(waiting()), retry(false), webhook.StatusPlanned, ""},
		{"retry what is uncertain", ends(uncertain()), retry(false), "", "done twice"},
		{"retry what is uncertain all the same", ends(uncertain()), retry(true), webhook.StatusPlanned, ""},
		{"retry what is done", ends(webhook.ActionOutcome{}), retry(true), "", "no action"},
		{"retry what lacks something", func(r *rig) string { return r.claimed("evt_1", lacking) }, retry(true), "", "recipients is missing"},
		{"retry what is under way", func(r *rig) string { return r.claimed("evt_1", nil) }, retry(true), "", "already"},
		{"skip what is parked", ends(parked()), skip("done by hand"), webhook.StatusSkipped, ""},
		{"skip what is uncertain", ends(uncertain()), skip(""), webhook.StatusSkipped, ""},
		{"skip what lacks something", func(r *rig) string { return r.claimed("evt_1", lacking) }, skip(""), webhook.StatusSkipped, ""},
		{"skip what is under way", func(r *rig) string { return r.claimed("evt_1", nil) }, skip(""), "", "at this moment"},
		{"skip with very many words", ends(parked()), skip(strings.Repeat("a", 1001)), "", "longer"},
		{"skip what is not there", func(*rig) string { return "nothing" }, skip(""), "", "no action"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			id := c.begin(r)
			before, _ := r.newest("evt_1")
			got, err := c.do(r, id)
			after, actor := r.newest("evt_1")
			if c.want == "" {
				if len(es.RefusalsOf(err)) != 1 || !strings.Contains(err.Error(), c.reason) {
					t.Errorf("got %+v, %v", got, err)
				}
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("what was refused changed something: %s", diff)
				}
				return
			}
			if want := (steer.Steered{ID: id, Webhook: "development.stripe.evt_1", Status: c.want}); err != nil || got != want || actor != who {
				t.Errorf("%+v (%v) by %q, want %+v", got, err, actor, want)
			}
		})
	}
}

func TestReplan(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Receive(refOf("evt_1"), "invoice.paid", "in_1")
	if err := r.steering.Replan(t.Context(), "development.stripe.evt_1", who); len(es.RefusalsOf(err)) != 1 {
		t.Errorf("what is not parked: %v", err)
	}
	r.Do(refOf("evt_1"), webhook.ParkPlan{Generation: 1, Reason: webhook.ParkInterrupted, Error: "the rules took too long"})
	if err := r.steering.Replan(t.Context(), "development.stripe.evt_1", who); err != nil {
		t.Error(err)
	}
	if fact, actor := r.newest("evt_1"); fact != (webhook.PlanRearmed{Generation: 1}) || actor != who {
		t.Errorf("%+v by %q", fact, actor)
	}
	for _, id := range []string{"", "x", "development.stripe.evt_2", "development.stripe.evt_1~2"} {
		if err := r.steering.Replan(t.Context(), id, who); len(es.RefusalsOf(err)) != 1 {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func (r *rig) many(f actions.Filter, mayRepeat bool) longwork.Work {
	r.t.Helper()
	work, err := r.steering.RetryMany(r.t.Context(), f, mayRepeat, who)
	if err != nil {
		r.t.Fatal(err)
	}
	for work.Status == longwork.Running && r.t.Context().Err() == nil {
		work, _ = r.steering.Work(work.ID)
	}
	return work
}

func TestRetryMany(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const n = 520 // more than a page
	for i := range n {
		r.ended(fmt.Sprintf("evt_%d", i), parked())
	}
	r.ended("evt_doubt", uncertain())
	r.claimed("evt_lacking", &action.Problem{Code: action.MissingField, Message: "recipients is missing"})
	r.ended("evt_gone", parked())
	r.Delete(refOf("evt_gone").Stream()) // perhaps the read models have not heard of it yet

	work := r.many(actions.Filter{Mapping: "paid"}, false)
	totals, _ := work.Totals.(steer.Totals)
	if work.Status != longwork.Done || totals.Retried != n || totals.Left < 2 || totals.Left > 3 {
		t.Fatalf("%+v, totals %+v", work, totals)
	}
	if want := uint64(totals.Retried + totals.Left); work.Progress.Done != want {
		t.Errorf("progress %+v, want %d", work.Progress, want)
	}
	if fact, actor := r.newest("evt_17"); actor != who {
		t.Errorf("%+v by %q", fact, actor)
	}
	again := r.many(actions.Filter{Status: webhook.StatusUncertain}, true)
	if diff := cmp.Diff(steer.Totals{Retried: 1}, again.Totals); diff != "" {
		t.Errorf("with leave to repeat (-want +got):\n%s", diff)
	}
}
