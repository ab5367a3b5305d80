package actions_test

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections"
	"daybook/projections/actions"
	"daybook/projections/projectiontest"
)

type chooser struct{ t *rapid.T }

func (c chooser) IntN(n int) int { return rapid.IntRange(0, n-1).Draw(c.t, "choice") }

// TestListIsTheFold: the list says of every action that is not done what a fold
// of its stream says, whatever the batches were, and a filter selects of them
// what it names.
func TestListIsTheFold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New(memory.Options{})
		log := projectiontest.New(rt, store)
		for range rapid.IntRange(0, 80).Draw(rt, "steps") {
			log.Step(chooser{rt})
		}
		size := rapid.IntRange(1, 8).Draw(rt, "size")
		runner := projectiontest.Runner(rt, projectiontest.Rebatched(store, func() int { return size }), actions.Projection())
		log.WaitFor(runner)
		list := actions.New(runner)

		open := folded(log)
		filter := actions.Filter{
			Status:      rapid.SampledFrom(append(actions.Statuses(), "", "")).Draw(rt, "status"),
			Environment: rapid.SampledFrom([]string{"", "", "development"}).Draw(rt, "environment"),
			Class:       rapid.SampledFrom([]webhook.Class{"", "", webhook.ClassTemporary}).Draw(rt, "class"),
		}
		want := slices.DeleteFunc(slices.Clone(open), func(i actions.Item) bool { return !selects(filter, i) })
		got := all(rt, list, filter)
		// Whether something once went wrong with an action that is under way is
		// not known to a fold; without a status it is in the list if so.
		if filter.Status == "" {
			underWay := func(i actions.Item) bool {
				return i.Status == webhook.StatusPlanned || i.Status == webhook.StatusClaimed
			}
			want, got = slices.DeleteFunc(want, underWay), slices.DeleteFunc(got, underWay)
		}
		ignored := cmpopts.IgnoreFields(actions.Item{}, "PlannedAt", "ChangedAt", "Name", "Target", "More", "Destination", "HTTPStatus")
		if diff := gocmp.Diff(want, got, ignored, cmpopts.IgnoreUnexported(actions.Item{}), cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("%+v (-fold +list):\n%s", filter, diff)
		}
		for _, item := range open {
			if found, err := list.Find(context.Background(), item.ID); err != nil || found.Webhook != item.Webhook {
				rt.Fatalf("find %s: %v, %v", item.ID, found, err)
			}
		}
	})
}

func selects(f actions.Filter, i actions.Item) bool {
	return (f.Status == "" || f.Status == i.Status) && (f.Environment == "" || f.Environment == i.Environment) && (f.Class == "" || f.Class == i.Class)
}

// folded is what the list should hold, by the streams themselves.
func folded(log *projectiontest.Log) []actions.Item {
	var open []actions.Item
	for stream, state := range log.States {
		ref, _ := webhook.ParseStream(stream)
		for n := range state.Generations {
			ref.Generation = n + 1
			for _, a := range state.Generations[n].Actions {
				if a.Status == webhook.StatusSucceeded || a.Status == webhook.StatusSkipped {
					continue
				}
				open = append(open, actions.Item{
					ID: a.ID, Webhook: ref.ID(), Environment: ref.Environment, Source: ref.Source, Mapping: a.MappingKey, ActionType: a.ActionType,
					Status: a.Status, Reason: a.Reason, Error: a.Error, Attempts: len(a.Attempts), Lacking: a.Problem != nil, RetryAt: a.RetryAt,
					Class: lastClass(a), Ref: ref,
				})
			}
		}
	}
	slices.SortFunc(open, byID)
	return open
}

func byID(a, b actions.Item) int { return cmp.Compare(a.ID, b.ID) }

// lastClass is how the newest attempt failed whose end was recorded.
func lastClass(a webhook.Action) webhook.Class {
	for _, attempt := range slices.Backward(a.Attempts) {
		if attempt.Class != "" {
			return attempt.Class
		}
	}
	return ""
}

// all reads the whole list in pages, and checks its order.
func all(t *rapid.T, list *actions.List, f actions.Filter) []actions.Item {
	var items []actions.Item
	for after := ""; ; {
		page, err := list.List(context.Background(), f, 3, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			if n := len(items); n > 0 && items[n-1].PlannedAt < item.PlannedAt {
				t.Fatalf("%s stands before %s, which was planned later", items[n-1].ID, item.ID)
			}
			items = append(items, item)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	counts, err := list.Count(context.Background(), f)
	if err != nil || counts.Total != len(items) {
		t.Fatalf("count %+v (%v), and %d are listed", counts, err, len(items))
	}
	slices.SortFunc(items, byID)
	return items
}

// history is a webhook with one action, as it goes.
type history struct {
	*projectiontest.Log
	list   *actions.List
	runner *projections.Runner
	ref    webhook.Ref
}

func begin(t *testing.T) *history {
	t.Helper()
	store := memory.New(memory.Options{})
	h := &history{Log: projectiontest.New(t, store), ref: webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_1", Generation: 1}}
	h.runner = projectiontest.Runner(t, store, actions.Projection())
	h.list = actions.New(h.runner)
	h.Receive(h.ref, "invoice.paid", "in_1")
	h.Plan(h.ref, "", []rule.Verdict{{Key: "paid", EventType: "invoice.paid", Matched: true}},
		projectiontest.Planned("paid", action.WorkflowsTrigger, `{"key":"invoice-paid","recipients":["cus_1","cus_2"]}`))
	return h
}

func (h *history) record(o webhook.ActionOutcome, begin bool) {
	g := h.States[h.ref.Stream()].Generation(1)
	o.Action = g.Actions[0].ID
	c := webhook.Record{Generation: 1, Claim: g.Claim.Revision, At: h.At, Outcomes: []webhook.ActionOutcome{o}}
	if begin {
		c.Outcomes, c.Begin = nil, &webhook.Begin{Action: o.Action, Destination: "http hooks.example.com:443"}
	}
	h.Do(h.ref, c)
	h.At++
}

func (h *history) listed(t *testing.T, f actions.Filter) []actions.Item {
	t.Helper()
	h.WaitFor(h.runner)
	page, err := h.list.List(t.Context(), f, 10, "")
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

func TestAnActionGoesThroughTheList(t *testing.T) {
	t.Parallel()
	h := begin(t)
	if items := h.listed(t, actions.Filter{}); len(items) != 0 {
		t.Errorf("what goes well is in the list: %+v", items)
	}
	if items := h.listed(t, actions.Filter{Status: webhook.StatusClaimed}); len(items) != 1 || items[0].Target != "cus_1" || items[0].More != 1 {
		t.Errorf("what is claimed: %+v", items)
	}
	h.record(webhook.ActionOutcome{}, true)
	h.record(webhook.ActionOutcome{Class: webhook.ClassTemporary, Error: "it answered 503", Exchange: webhook.Exchange{HTTPStatus: 503}}, false)
	want := actions.Item{
		ID: h.ref.ActionID("paid", 0), Webhook: "development.stripe.evt_1", Environment: "development", Source: "stripe", Mapping: "paid",
		ActionType: action.WorkflowsTrigger, Name: "invoice-paid", Target: "cus_1", More: 1, Status: webhook.StatusWaiting,
		Error: "it answered 503", Class: webhook.ClassTemporary, HTTPStatus: 503, Destination: "http hooks.example.com:443", Attempts: 1,
		RetryAt: h.At - 1 + 2500, PlannedAt: h.At - 2, ChangedAt: h.At - 1, Ref: h.ref,
	}
	if diff := gocmp.Diff([]actions.Item{want}, h.listed(t, actions.Filter{Destination: "http hooks.example.com:443"}), cmpopts.IgnoreUnexported(actions.Item{})); diff != "" {
		t.Errorf("waiting (-want +got):\n%s", diff)
	}
	h.Do(h.ref, webhook.Rearm{Generation: 1})
	if items := h.listed(t, actions.Filter{}); len(items) != 1 || items[0].Status != webhook.StatusPlanned || !items[0].RetryAt.IsZero() {
		t.Errorf("re-armed: %+v", items)
	}
	h.Do(h.ref, webhook.TakeOver{Generation: 1, At: h.At, Claim: webhook.Claimant{Instance: "one", Start: "s1"}})
	h.record(webhook.ActionOutcome{}, false)
	if items := h.listed(t, actions.Filter{}); len(items) != 0 {
		t.Errorf("what succeeded is in the list: %+v", items)
	}
	if _, err := h.list.Find(t.Context(), want.ID); !errors.Is(err, actions.ErrNotFound) {
		t.Errorf("find what succeeded: %v", err)
	}
}

func TestWhatIsGivenUpLeavesTheList(t *testing.T) {
	t.Parallel()
	h := begin(t)
	h.record(webhook.ActionOutcome{Class: webhook.ClassRefused, Error: "it answered 400"}, false)
	if items := h.listed(t, actions.Filter{}); len(items) != 1 || items[0].Status != webhook.StatusParked {
		t.Fatalf("parked: %+v", items)
	}
	h.Do(h.ref, webhook.Skip{Generation: 1, Actions: []string{h.ref.ActionID("paid", 0)}})
	if items := h.listed(t, actions.Filter{}); len(items) != 0 {
		t.Errorf("given up: %+v", items)
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query string
		field string // of what is wrong; empty: nothing
	}{
		{"status=waiting&environment=development&source=stripe&action=http_request&mapping=a&destination=d&class=network&reason=r&webhook=development.stripe.evt_1~2", ""},
		{"status=succeeded", "status"},
		{"environment=..", "environment"},
		{"action=dance", "action"},
		{"webhook=1", "webhook"},
		{"mapping=%ff", "mapping"},
	} {
		values, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		f, err := actions.ParseFilter(values)
		if refusals := es.RefusalsOf(err); c.field != "" && (len(refusals) != 1 || refusals[0].Field != c.field) {
			t.Errorf("%s: %v", c.query, err)
		}
		if c.field == "" && (err != nil || f.Values().Encode() != values.Encode()) {
			t.Errorf("%s is read as %+v (%v)", c.query, f, err)
		}
	}
}

func TestACursorOfAnother(t *testing.T) {
	t.Parallel()
	h := begin(t)
	h.WaitFor(h.runner)
	if _, err := h.list.List(t.Context(), actions.Filter{}, 1, "AAAA"); !errors.Is(err, projections.ErrInvalidCursor) {
		t.Errorf("got %v", err)
	}
}
