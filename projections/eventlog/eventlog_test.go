package eventlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections"
	"daybook/projections/eventlog"
	"daybook/projections/projectiontest"
)

// story is a small log in which one of each happens.
func story(t *testing.T) (*projectiontest.Log, *eventlog.Log) {
	t.Helper()
	store := memory.New(memory.Options{})
	log := projectiontest.New(t, store)
	ref := func(key string) webhook.Ref {
		return webhook.Ref{Environment: "development", Source: "stripe", Key: key, Generation: 1}
	}
	identify := projectiontest.Planned("welcome", action.UsersIdentify, `{"id":"cus_9f2","name":"Ada"}`)
	trigger := projectiontest.Planned("paid", action.WorkflowsTrigger, `{"data":{"key":"no"},"key":"invoice-paid","recipients":["cus_9f2"]}`)
	missing := projectiontest.Planned("refund", action.WorkflowsTrigger, `{"key":"refund-notice"}`)
	missing.Problem = &action.Problem{Code: action.MissingField, Field: "recipients", Message: "recipients is missing"}

	log.Receive(ref("evt_succeeded"), "customer.created", "cus_9f2", "in_1")
	log.At = log.At.Add(40 * time.Millisecond)
	log.Plan(ref("evt_succeeded"), "", []rule.Verdict{{Key: "welcome", Matched: true}}, identify, trigger)
	log.Succeed(ref("evt_succeeded"))
	log.Receive(ref("evt_parked"), "charge.refunded", "ch_1")
	log.Plan(ref("evt_parked"), "", []rule.Verdict{{Key: "refund", Matched: true}}, missing)
	log.Receive(ref("evt_false"), "invoice.payment_failed", "in_2")
	log.Plan(ref("evt_false"), rule.ConditionFalse, []rule.Verdict{
		{Key: "off", Reason: rule.Inactive}, {Key: "dunning", Reason: rule.ConditionFalse, Trace: "1200 > 5000 is false"},
	})
	log.Receive(ref("evt_broken"), "invoice.paid", "in_3")
	log.Plan(ref("evt_broken"), "", []rule.Verdict{{Key: "dunning", Reason: rule.ConditionFailed, Error: "1:6: amount is null"}})
	log.Reject("development", "stripe", "signature_mismatch", 1)
	log.Reject("production", "shop", "malformed_json", 14)
	log.Receive(ref("evt_waiting"), "", "")
	log.Do(ref("evt_waiting"), webhook.CountDuplicates{N: 3, LastAt: log.At})

	runner := projectiontest.Runner(t, store, eventlog.Projection())
	log.WaitFor(runner)
	return log, eventlog.New(runner)
}

func TestSummaries(t *testing.T) {
	t.Parallel()
	_, log := story(t)
	for id, want := range map[string]struct {
		status  eventlog.Status
		summary eventlog.Summary
	}{
		"development.stripe.evt_succeeded": {"succeeded", eventlog.Summary{Actions: []eventlog.ActionSummary{
			{Type: action.UsersIdentify, Mapping: "welcome", Target: "cus_9f2", Status: webhook.StatusSucceeded},
			{Type: action.WorkflowsTrigger, Mapping: "paid", Name: "invoice-paid", Target: "cus_9f2", Status: webhook.StatusSucceeded},
		}}},
		"development.stripe.evt_parked": {"failed", eventlog.Summary{Actions: []eventlog.ActionSummary{
			{Type: action.WorkflowsTrigger, Mapping: "refund", Name: "refund-notice", Status: webhook.StatusParked, Note: "recipients is missing"},
		}}},
		"development.stripe.evt_false": {"ignored", eventlog.Summary{
			Mapping: "dunning", Because: "1200 > 5000 is false", Explanation: "nothing was done: condition_false",
		}},
		"development.stripe.evt_broken":  {"failed", eventlog.Summary{Mapping: "dunning", Because: "1:6: amount is null"}},
		"development.stripe.evt_waiting": {"processing", eventlog.Summary{}},
		"rejection.development.stripe.0": {"rejected", eventlog.Summary{Explanation: "The request was refused: signature_mismatch."}},
		"rejection.production.shop.0":    {"rejected", eventlog.Summary{}},
	} {
		got, err := log.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != want.status {
			t.Errorf("%s is %s, want %s", id, got.Status, want.status)
		}
		if diff := cmp.Diff(want.summary, got.Summary); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	succeeded, _ := log.Get(t.Context(), "development.stripe.evt_succeeded")
	if took := succeeded.WorkedAt.Sub(succeeded.ReceivedAt); took != 40*time.Millisecond {
		t.Errorf("it took %s, want 40ms", took)
	}
}

func TestItemJSON(t *testing.T) {
	t.Parallel()
	_, log := story(t)
	for id, want := range map[string]string{
		"development.stripe.evt_succeeded": `{"id":"development.stripe.evt_succeeded","kind":"webhook","stream":"webhook-development.stripe.evt_succeeded",` +
			`"source":"stripe","environment":"development","event_type":"customer.created","event_id":"evt_succeeded","object_id":"cus_9f2",` +
			`"idempotency_key":"evt_succeeded","status":"succeeded","cause":null,"reason":null,"received_at":"2025-11-24T16:00:00.000Z",` +
			`"occurred_at":"2025-11-24T15:59:58.000Z","deliveries":1,"actions":{"total":2,"succeeded":2,"waiting":0,"parked":0},"position":"1"}`,
		"rejection.production.shop.0": `{"id":"rejection.production.shop.0","kind":"rejection","stream":"rejection-production.shop",` +
			`"source":"shop","environment":"production","event_type":null,"event_id":null,"object_id":null,` +
			`"idempotency_key":null,"status":"rejected","cause":"malformed_json","reason":null,"received_at":"2025-11-24T16:00:00.040Z",` +
			`"occurred_at":null,"deliveries":14,"actions":{"total":0,"succeeded":0,"waiting":0,"parked":0},"position":"13"}`,
	} {
		item, err := log.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
		var read eventlog.Item
		if err := json.Unmarshal(got, &read); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(read)
		if err != nil || string(again) != string(got) {
			t.Errorf("read and written again: %s, %v", again, err)
		}
	}
}

func TestGetUnknown(t *testing.T) {
	t.Parallel()
	_, log := story(t)
	for _, id := range []string{
		"", "x", "development.stripe.evt_none", "development.stripe.evt_succeeded~2", "rejection.development.stripe.7",
		"rejection.development.stripe", "rejection.development.stripe.-1", "development.stripe.evt_succeeded~0",
	} {
		if _, err := log.Get(t.Context(), id); !errors.Is(err, eventlog.ErrNotFound) {
			t.Errorf("Get(%q): %v, want ErrNotFound", id, err)
		}
		if _, _, err := log.Neighbours(t.Context(), id, eventlog.Filter{}); !errors.Is(err, eventlog.ErrNotFound) {
			t.Errorf("Neighbours(%q): %v, want ErrNotFound", id, err)
		}
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	history, log := story(t)
	types, err := log.EventTypes(t.Context(), "stripe", "development")
	if err != nil {
		t.Fatal(err)
	}
	start, end := es.Time(1_764_000_000_000), history.At
	want := []eventlog.TypeCount{
		{Type: "charge.refunded", Count: 1, LastAt: end, Statuses: eventlog.Statuses{Failed: 1}},
		{Type: "customer.created", Count: 1, LastAt: start, Statuses: eventlog.Statuses{Succeeded: 1}},
		{Type: "invoice.paid", Count: 1, LastAt: end, Statuses: eventlog.Statuses{Failed: 1}},
		{Type: "invoice.payment_failed", Count: 1, LastAt: end, Statuses: eventlog.Statuses{Ignored: 1}},
	}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("event types (-want +got):\n%s", diff)
	}
	sources, err := log.Sources(t.Context(), start)
	if err != nil {
		t.Fatal(err)
	}
	wantSources := []eventlog.SourceCount{
		{Source: "stripe", Environment: "development", Webhooks: 5, Rejections: 1, LastAt: end, Attention: 3},
		{Source: "shop", Environment: "production", Rejections: 1, LastAt: end, Attention: 1},
	}
	if diff := cmp.Diff(wantSources, sources); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	later, err := log.Sources(t.Context(), start.Add(2*time.Hour))
	if err != nil || later[0].Attention != 0 {
		t.Errorf("two hours later %d need attention (%v), want 0", later[0].Attention, err)
	}
}

func TestGenerations(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	history := projectiontest.New(t, store)
	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_1", Generation: 1}
	for range 3 {
		history.Receive(ref, "invoice.paid", "in_1")
		history.Receive(ref, "invoice.paid", "in_1")
		history.At = history.At.Add(25 * time.Hour)
	}
	runner := projectiontest.Runner(t, store, eventlog.Projection())
	history.WaitFor(runner)
	page, err := eventlog.New(runner).List(t.Context(), eventlog.Filter{Key: ref.Key}, 5, "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range slices.Backward(page.Items) {
		got = append(got, fmt.Sprint(item.ID, " ", item.Deliveries))
	}
	if diff := cmp.Diff([]string{"development.stripe.evt_1 2", "development.stripe.evt_1~2 2", "development.stripe.evt_1~3 2"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestPartialPages: a search that would take too long ends early and says how
// far it came; going on from there finds everything.
func TestPartialPages(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	history := projectiontest.New(t, store)
	for i := range 100 {
		history.At += 1000
		history.Receive(webhook.Ref{Environment: "development", Source: "stripe", Key: fmt.Sprintf("evt_%03d", i), Generation: 1}, "invoice.paid", "")
	}
	runner := projectiontest.Runner(t, store, eventlog.Projection())
	history.WaitFor(runner)
	log := eventlog.New(runner)
	log.LookAtMost(30)

	var found []string
	pages, after := 0, ""
	for {
		page, err := log.List(t.Context(), eventlog.Filter{Q: "_00"}, 5, after)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, item := range page.Items {
			found = append(found, item.EventID)
		}
		if page.Partial && (page.LookedTo.IsZero() || page.Next == "" || len(page.Items) == 5) {
			t.Errorf("a partial page that says too little: %+v", page)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if want := 10; len(found) != want || found[0] != "evt_009" || found[9] != "evt_000" {
		t.Errorf("found %v", found)
	}
	if pages < 4 {
		t.Errorf("100 items were looked at in %d pages of at most 30", pages)
	}
	newer, _, err := log.Neighbours(t.Context(), "development.stripe.evt_000", eventlog.Filter{Q: "_099"})
	if err != nil || newer != "" {
		t.Errorf("a neighbour too far away: %q, %v", newer, err)
	}
	h, err := log.Histogram(t.Context(), eventlog.Filter{Q: "evt"}, history.At-100_000, history.At+1, 10)
	if err != nil || !h.Partial {
		t.Errorf("a histogram that looked at 30 of 100: %+v, %v", h, err)
	}
	changes, err := log.ChangedSince(t.Context(), 0, eventlog.Filter{Q: "_099"}, 5)
	if err != nil || len(changes.Items) != 0 || !changes.More || changes.Next != 30 {
		t.Errorf("changes: %+v, %v; want none, more, from 30", changes, err)
	}
}

// TestWholeIDs: a whole id is found however far back it lies, and once,
// whatever it is the id of.
func TestWholeIDs(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	history := projectiontest.New(t, store)
	history.Receive(webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_same", Generation: 1}, "", "evt_same")
	for i := range 5 {
		history.Receive(webhook.Ref{Environment: "development", Source: "stripe", Key: fmt.Sprintf("evt_%d", i), Generation: 1}, "", "")
	}
	runner := projectiontest.Runner(t, store, eventlog.Projection())
	history.WaitFor(runner)
	log := eventlog.New(runner)
	log.LookAtMost(2)
	for _, q := range []string{"evt_same", "development.stripe.evt_same"} {
		page, err := log.List(t.Context(), eventlog.Filter{Q: q}, 5, "")
		if err != nil || len(page.Items) != 1 || page.Partial {
			t.Errorf("%s: %+v, %v", q, page, err)
		}
	}
	if page, err := log.List(t.Context(), eventlog.Filter{Q: "vt_same"}, 5, ""); err != nil || len(page.Items) != 0 || !page.Partial {
		t.Errorf("a part of an id: %+v, %v", page, err)
	}
	history.Receive(webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_same_no", Generation: 1}, "", "")
	history.WaitFor(runner)
	changes, err := eventlog.New(runner).ChangedSince(t.Context(), 0, eventlog.Filter{Q: "evt_same"}, 5)
	if err != nil || len(changes.Items) != 1 || changes.Items[0].EventID != "evt_same" {
		t.Errorf("changes: %+v, %v; want what the list shows", changes, err)
	}
}

func TestCursors(t *testing.T) {
	t.Parallel()
	_, log := story(t)
	page, err := log.List(t.Context(), eventlog.Filter{}, 2, "")
	if err != nil || page.Next == "" {
		t.Fatal(page, err)
	}
	for name, cursor := range map[string]string{
		"another version": "Ag" + page.Next[2:],
		"cut":             page.Next[:8],
		"no base64":       "!!",
		"a position":      "17",
		"of another log":  page.Next[:4] + "AAAA" + page.Next[8:],
		"much too long":   page.Next + strings.Repeat("AAAA", 1000),
	} {
		if _, err := log.List(t.Context(), eventlog.Filter{}, 2, cursor); !errors.Is(err, projections.ErrInvalidCursor) {
			t.Errorf("%s: %v, want ErrInvalidCursor", name, err)
		}
	}
}

// TestCancelled: a query ends with its context.
func TestCancelled(t *testing.T) {
	t.Parallel()
	_, log := story(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := log.List(ctx, eventlog.Filter{}, 2, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("List: %v, want %v", err, context.Canceled)
	}
}

// A use that is not in the log any more is none.
func TestUsesGoWithTheirStream(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	history := projectiontest.New(t, store)
	ref := func(key string) webhook.Ref {
		return webhook.Ref{Environment: "development", Source: "stripe", Key: key, Generation: 1}
	}
	secret := projectiontest.SecretOf("charge.updated")
	history.Receive(ref("evt_1"), "charge.updated", "ch_1")
	first := history.At
	history.At = history.At.Add(time.Hour)
	history.Receive(ref("evt_2"), "charge.updated", "ch_2")
	runner := projectiontest.Runner(t, store, eventlog.Projection())
	used := func() es.Time {
		t.Helper()
		history.WaitFor(runner)
		last, err := eventlog.New(runner).LastUses(t.Context(), "stripe", "development", eventlog.UseSecret, secret)
		if err != nil {
			t.Fatal(err)
		}
		return last[secret]
	}
	if got := used(); secret == "" || got.Sub(first) < 59*time.Minute {
		t.Errorf("%q was last used at %s", secret, got)
	}
	history.Delete(ref("evt_2").Stream())
	if got := used(); got > first || first.Sub(got) >= time.Minute {
		t.Errorf("after that was deleted it was last used at %s, want the minute of %s", got, first)
	}
}
