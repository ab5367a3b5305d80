package actions_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"daybook/app/actions"
	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections"
	"daybook/projections/projectiontest"
	"daybook/projections/worklist"
)

// house is a log with some actions in it, and what people can do about them.
type house struct {
	t       *testing.T
	log     *projectiontest.Log
	runner  *projections.Runner
	list    *worklist.List
	actions *actions.Actions
}

func newHouse(t *testing.T) *house {
	t.Helper()
	store := memory.New(memory.Options{})
	h := &house{t: t, log: projectiontest.New(t, store)}
	h.runner = projectiontest.Runner(t, store, worklist.Projection())
	h.list = worklist.New(h.runner)
	h.actions = actions.New(store, h.list, time.Now)
	return h
}

// webhook has two actions planned of which one is parked.
func (h *house) webhook(n int) webhook.Ref {
	h.t.Helper()
	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: fmt.Sprintf("evt_%d", n), Generation: 1}
	h.log.Receive(ref, "invoice.paid", "in_1")
	h.log.Plan(ref, "", nil,
		projectiontest.Planned("a", action.UsersIdentify, `{"id":"cus_1"}`), projectiontest.Planned("b", action.UsersDelete, `{"id":"cus_2"}`))
	g := h.log.States[ref.Stream()].Generation(1)
	h.log.Do(ref, webhook.Record{Generation: 1, Claim: g.Claim.Revision, At: h.log.At, Outcomes: []webhook.ActionOutcome{
		{Action: g.Actions[0].ID, Class: webhook.ClassRefused, Error: "it answered 422"},
		{Action: g.Actions[1].ID},
	}})
	h.log.WaitFor(h.runner)
	return ref
}

// wait returns when the list shows what was done.
func (h *house) wait(done actions.Done) {
	h.t.Helper()
	h.log.Head = done.Position
	h.log.WaitFor(h.runner)
}

func (h *house) count(status webhook.Status) int {
	h.t.Helper()
	n, err := h.list.CountActions(h.t.Context(), worklist.Filter{Status: status})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func TestRetry(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.webhook(1)
	id := ref.ActionID("a", 0)
	done, err := h.actions.Retry(t.Context(), id, "ada")
	if err != nil || done.Actions != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	h.wait(done)
	if n := h.count(webhook.StatusParked); n != 0 {
		t.Errorf("%d are parked", n)
	}
	if n, err := h.list.Count(t.Context()); err != nil || n != 1 {
		t.Errorf("%d webhooks have something to be done (%v)", n, err)
	}
	for _, id := range []string{id, ref.ActionID("b", 0), "no such action"} {
		_, err := h.actions.Retry(t.Context(), id, "ada")
		if refusal, ok := errors.AsType[*es.Refusal](err); !ok || refusal.Code != es.NotFound {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestSkip(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.webhook(1).ActionID("a", 0)
	done, err := h.actions.Skip(t.Context(), id, "done by hand", "ada")
	if err != nil || done.Actions != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := h.actions.Retry(t.Context(), id, "ada"); err == nil {
		t.Error("what was given up is tried again")
	}
}

func TestRetryAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const n = 300 // more than a page
	for i := range n {
		h.webhook(i)
	}
	seen := 0
	done, err := h.actions.RetryAll(t.Context(), worklist.Filter{Status: webhook.StatusParked}, "ada", func(looked int) {
		if looked <= seen {
			t.Errorf("%d were looked at after %d", looked, seen)
		}
		seen = looked
	})
	if err != nil || done.Actions != n || seen != n {
		t.Fatalf("%+v, %v; %d were looked at", done, err, seen)
	}
	h.wait(done)
	if n := h.count(webhook.StatusParked); n != 0 {
		t.Errorf("%d are parked", n)
	}
	if done, err := h.actions.RetryAll(t.Context(), worklist.Filter{Mapping: "b"}, "ada", func(int) {}); err != nil || done.Actions != 0 {
		t.Errorf("%+v, %v", done, err)
	}
}

func TestReplan(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_1", Generation: 1}
	h.log.Receive(ref, "invoice.paid", "in_1")
	h.log.Do(ref, webhook.ParkPlan{Generation: 1, Reason: webhook.ParkInterrupted, Error: "it took too long"})
	if done, err := h.actions.Replan(t.Context(), ref, "ada"); err != nil || done.Position == es.Start {
		t.Errorf("%+v, %v", done, err)
	}
	for key, code := range map[string]es.RefusalCode{"evt_1": es.Exists, "evt_2": es.NotFound} {
		ref.Key = key
		_, err := h.actions.Replan(t.Context(), ref, "ada")
		if refusal, ok := errors.AsType[*es.Refusal](err); !ok || refusal.Code != code {
			t.Errorf("%s: %v", key, err)
		}
	}
}
