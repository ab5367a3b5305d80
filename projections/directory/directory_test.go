package directory_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections"
	"daybook/projections/directory"
	"daybook/projections/projectiontest"
)

// house is a log and the directory that follows it.
type house struct {
	*projectiontest.Log
	runner    *projections.Runner
	directory *directory.Directory
	webhooks  int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	store := memory.New(memory.Options{})
	log := projectiontest.New(t, store)
	// Every event is a batch of its own, so nothing is remembered in between.
	runner := projectiontest.Runner(t, projectiontest.Rebatched(store, func() int { return 1 }), directory.Projection())
	return &house{Log: log, runner: runner, directory: directory.New(runner, store)}
}

// carryOut records a webhook whose actions succeed; it returns its ref.
func (h *house) carryOut(environment string, actions ...rule.Planned) webhook.Ref {
	h.webhooks++
	h.At += 1000
	ref := webhook.Ref{Environment: environment, Source: "stripe", Key: fmt.Sprintf("evt_%d", h.webhooks), Generation: 1}
	h.Receive(ref, "customer.created", "cus_1")
	h.Plan(ref, "", nil, actions...)
	h.Succeed(ref)
	h.WaitFor(h.runner)
	return ref
}

func identify(payload string) rule.Planned {
	return projectiontest.Planned("identify", action.UsersIdentify, payload)
}

func remove(id string) rule.Planned {
	return projectiontest.Planned("delete", action.UsersDelete, fmt.Sprintf(`{"id":%q}`, id))
}

func trigger(payload string) rule.Planned {
	return projectiontest.Planned("trigger", action.WorkflowsTrigger, payload)
}

func cancel(payload string) rule.Planned {
	return projectiontest.Planned("cancel", action.WorkflowsCancel, payload)
}

// user is what the directory says of a user, as JSON; empty if it is not there.
func (h *house) user(t *testing.T, environment, id string) string {
	t.Helper()
	page, err := h.directory.Users(t.Context(), directory.Filter{Environment: environment, Q: id}, directory.MaxLimit, "")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(page.Items, func(u directory.User) bool { return u.ID == id })
	if i < 0 {
		return ""
	}
	u := page.Items[i]
	text, err := json.Marshal(map[string]any{
		"name": u.Name, "email": u.Email, "phone_number": u.PhoneNumber, "avatar": u.Avatar, "properties": u.Properties,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestIdentifyMerges(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, step := range []struct{ payload, want string }{
		{
			`{"id":"cus_1","name":"Ada","properties":{"plan":"free","seats":1}}`,
			`{"avatar":null,"email":null,"name":"Ada","phone_number":null,"properties":{"plan":"free","seats":1}}`,
		},
		{
			`{"email":"ada@example.com","id":"cus_1"}`,
			`{"avatar":null,"email":"ada@example.com","name":"Ada","phone_number":null,"properties":{"plan":"free","seats":1}}`,
		},
		{
			`{"id":"cus_1","name":"Ada L.","phone_number":"+44","properties":{"plan":"pro","tags":["a"]}}`,
			`{"avatar":null,"email":"ada@example.com","name":"Ada L.","phone_number":"+44","properties":{"plan":"pro","seats":1,"tags":["a"]}}`,
		},
	} {
		h.carryOut("development", identify(step.payload))
		if diff := cmp.Diff(step.want, h.user(t, "development", "cus_1")); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", step.payload, diff)
		}
	}
	if other := h.user(t, "production", "cus_1"); other != "" {
		t.Errorf("the other environment has %s", other)
	}
	h.carryOut("development", remove("cus_1"))
	if gone := h.user(t, "development", "cus_1"); gone != "" {
		t.Errorf("a deleted user is %s", gone)
	}
	h.carryOut("development", identify(`{"id":"cus_1","email":"new@example.com"}`))
	want := `{"avatar":null,"email":"new@example.com","name":null,"phone_number":null,"properties":{}}`
	if diff := cmp.Diff(want, h.user(t, "development", "cus_1")); diff != "" {
		t.Errorf("identified again (-want +got):\n%s", diff)
	}
}

// TestOnlySuccessCounts: what was planned, claimed or parked is not there.
func TestOnlySuccessCounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_x", Generation: 1}
	h.Receive(ref, "customer.created", "cus_1")
	h.Plan(ref, "", nil, identify(`{"id":"cus_1"}`))
	h.WaitFor(h.runner)
	if there := h.user(t, "development", "cus_1"); there != "" {
		t.Errorf("planned only, and there: %s", there)
	}
	h.Park(ref, webhook.ParkNotSupported, "not now")
	h.WaitFor(h.runner)
	if there := h.user(t, "development", "cus_1"); there != "" {
		t.Errorf("parked, and there: %s", there)
	}
}

func (h *house) runs(t *testing.T, f directory.Filter) []directory.Run {
	t.Helper()
	page, err := h.directory.Runs(t.Context(), f, 50, "")
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

func TestRuns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.carryOut("development", identify(`{"id":"cus_1"}`))
	ref := h.carryOut("development", trigger(`{"actor":"cus_7","cancellation_key":"in_1","data":{"amount":9900},"key":"dunning","recipients":["cus_1","cus_2",{"id":"cus_3","name":"Grace","team":"red"},{"collection":"teams","id":"blue"}],"tenant":{"id":"acme"}}`))
	h.carryOut("development", identify(`{"id":"cus_2"}`)) // too late for the run

	runs := h.runs(t, directory.Filter{Environment: "development"})
	if len(runs) != 1 {
		t.Fatalf("%d runs, want 1", len(runs))
	}
	got, err := json.Marshal(runs[0])
	if err != nil {
		t.Fatal(err)
	}
	id := ref.ActionID("trigger", 0)
	want := fmt.Sprintf(`{"id":%q,"action_id":%q,"environment":"development","key":"dunning",`+
		`"recipients":["cus_1","cus_2",{"id":"cus_3","name":"Grace","team":"red"},{"collection":"teams","id":"blue"}],`+
		`"data":{"amount":9900},"tenant":{"id":"acme"},"actor":"cus_7","cancellation_key":"in_1","status":"triggered",`+
		`"unknown_recipients":["cus_2","teams/blue"],"cancelled_recipients":[],"webhook_id":"development.stripe.evt_2",`+
		`"at":"2025-11-24T16:00:02.000Z","request_left_out":false,"position":"8"}`, id, id)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("run (-want +got):\n%s", diff)
	}
	inline := `{"avatar":null,"email":null,"name":"Grace","phone_number":null,"properties":{"team":"red"}}`
	if diff := cmp.Diff(inline, h.user(t, "development", "cus_3")); diff != "" {
		t.Errorf("a recipient that came with traits (-want +got):\n%s", diff)
	}
	if runs := h.runs(t, directory.Filter{Environment: "production"}); len(runs) != 0 {
		t.Errorf("the other environment has %d runs", len(runs))
	}
}

// TestRunID: the destination says what the run is called.
func TestRunID(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_x", Generation: 1}
	h.Receive(ref, "invoice.paid", "in_1")
	h.Plan(ref, "", nil, trigger(`{"key":"paid","recipients":["cus_1"]}`))
	g := h.States[ref.Stream()].Generation(1)
	h.Do(ref, webhook.Record{Generation: 1, Claim: g.Claim.Revision, Outcomes: []webhook.ActionOutcome{
		{Action: g.Actions[0].ID, Result: json.RawMessage(`{"workflow_run_id":"run_1"}`)},
	}})
	h.WaitFor(h.runner)
	runs := h.runs(t, directory.Filter{})
	if len(runs) != 1 || runs[0].ID != "run_1" || runs[0].Action != g.Actions[0].ID {
		t.Errorf("runs %+v", runs)
	}
}

func TestCancellations(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	run := func(workflow, key string) {
		h.carryOut("development", trigger(fmt.Sprintf(`{"cancellation_key":%q,"key":%q,"recipients":["a","b"]}`, key, workflow)))
	}
	run("dunning", "in_1")
	run("dunning", "in_2")
	run("receipt", "in_1")
	h.carryOut("development", trigger(`{"key":"dunning","recipients":["a"]}`)) // cannot be cancelled
	h.carryOut("production", trigger(`{"cancellation_key":"in_1","key":"dunning","recipients":["a"]}`))
	h.carryOut("development", cancel(`{"cancellation_key":"in_1","key":"dunning"}`))
	h.carryOut("development", cancel(`{"cancellation_key":"in_2","key":"dunning","recipients":["b","z"]}`))
	run("dunning", "in_1") // after it was cancelled

	status := func() string {
		var all []string
		for _, r := range h.runs(t, directory.Filter{}) {
			all = append(all, fmt.Sprint(r.Workflow, " ", r.Status, " ", r.CancelledRecipients))
		}
		return strings.Join(all, "\n")
	}
	want := strings.Join([]string{
		"dunning triggered []", "dunning triggered []", "dunning triggered []", "receipt triggered []",
		"dunning triggered [b]", "dunning cancelled [a b]",
	}, "\n")
	if diff := cmp.Diff(want, status()); diff != "" {
		t.Errorf("runs, the newest first (-want +got):\n%s", diff)
	}
	if cancelled := h.runs(t, directory.Filter{Status: directory.Cancelled}); len(cancelled) != 1 {
		t.Errorf("%d cancelled runs, want 1", len(cancelled))
	}
	h.carryOut("development", cancel(`{"cancellation_key":"in_2","key":"dunning","recipients":["a"]}`))
	if cancelled := h.runs(t, directory.Filter{Status: directory.Cancelled}); len(cancelled) != 2 {
		t.Errorf("%d cancelled runs after the second recipient, want 2", len(cancelled))
	}
}

// TestErased: what came from an erased webhook is gone, what others said stays.
func TestErased(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.carryOut("development", identify(`{"id":"cus_1","name":"Ada","properties":{"a":1}}`))
	erased := h.carryOut("development", identify(`{"id":"cus_1","name":"Secret","email":"secret@example.com","properties":{"b":2}}`),
		trigger(`{"cancellation_key":"k","key":"w","recipients":["cus_1"]}`))
	h.carryOut("development", trigger(`{"cancellation_key":"k","key":"w","recipients":["cus_1"]}`))
	cancelling := h.carryOut("development", cancel(`{"cancellation_key":"k","key":"w"}`), remove("cus_1"))

	h.Delete(cancelling.Stream())
	h.WaitFor(h.runner)
	if there := h.user(t, "development", "cus_1"); !strings.Contains(there, "Secret") {
		t.Errorf("the deletion was erased, the user is %q", there)
	}
	if n := len(h.runs(t, directory.Filter{Status: directory.Cancelled})); n != 0 {
		t.Errorf("the cancellation was erased, %d runs are cancelled", n)
	}
	h.Delete(erased.Stream())
	h.WaitFor(h.runner)
	want := `{"avatar":null,"email":null,"name":"Ada","phone_number":null,"properties":{"a":1}}`
	if diff := cmp.Diff(want, h.user(t, "development", "cus_1")); diff != "" {
		t.Errorf("after the erasure (-want +got):\n%s", diff)
	}
	if n := len(h.runs(t, directory.Filter{})); n != 1 {
		t.Errorf("%d runs are left, want 1", n)
	}
}

// TestLeftOut: a request that its plan had no room for is marked, and what the
// result repeats of it is shown.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_x", Generation: 1}
	h.Receive(ref, "invoice.paid", "in_1")
	large := strings.Repeat("x", webhook.MaxPlan)
	h.Plan(ref, "", nil, trigger(`{"data":"`+large+`","key":"paid","recipients":["cus_1"]}`), identify(`{"id":"cus_1"}`))
	g := h.States[ref.Stream()].Generation(1)
	if g.Actions[0].Payload != nil {
		t.Fatal("the plan holds the request")
	}
	h.Do(ref, webhook.Record{Generation: 1, Claim: g.Claim.Revision, Outcomes: []webhook.ActionOutcome{
		{Action: g.Actions[0].ID, Result: json.RawMessage(`{"key":"paid","recipients":["cus_1"]}`)},
		{Action: g.Actions[1].ID},
	}})
	h.WaitFor(h.runner)
	runs := h.runs(t, directory.Filter{Q: "paid"})
	if len(runs) != 1 || !runs[0].LeftOut || runs[0].Workflow != "paid" || len(runs[0].Recipients) != 1 || runs[0].Data != nil {
		t.Errorf("runs %+v", runs)
	}
	if there := h.user(t, "development", "cus_1"); there != "" {
		t.Errorf("a user of whom nothing is known: %s", there)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var inline []string
	for i := range 7 {
		inline = append(inline, fmt.Sprintf(`{"id":"inline_%d","name":"I"}`, i))
	}
	for i := range 5 {
		h.carryOut("development", identify(fmt.Sprintf(`{"email":"U%d@example.com","id":"user_%d"}`, i, i)))
		h.carryOut("production", identify(fmt.Sprintf(`{"id":"live_%d"}`, i)))
	}
	h.carryOut("development", trigger(`{"key":"all","recipients":[`+strings.Join(inline, ",")+`]}`)) // seven users at one position
	h.carryOut("development", trigger(`{"key":"one","recipients":["user_1"]}`))

	for _, c := range []struct {
		filter directory.Filter
		want   int
	}{
		{directory.Filter{}, 17},
		{directory.Filter{Environment: "development"}, 12},
		{directory.Filter{Environment: "production"}, 5},
		{directory.Filter{Q: "u3@EXAMPLE"}, 1},
		{directory.Filter{Environment: "development", Q: "inline"}, 7},
		{directory.Filter{Q: "nobody"}, 0},
	} {
		for _, limit := range []int{1, 3, 50} {
			seen := map[string]bool{}
			var last es.Time
			after := ""
			for {
				page, err := h.directory.Users(t.Context(), c.filter, limit, after)
				if err != nil {
					t.Fatal(err)
				}
				for _, u := range page.Items {
					if seen[u.ID] || last != 0 && u.UpdatedAt > last {
						t.Errorf("%+v, limit %d: %s is seen twice, or out of order", c.filter, limit, u.ID)
					}
					seen[u.ID], last = true, u.UpdatedAt
				}
				if after = page.Next; after == "" {
					break
				}
			}
			if len(seen) != c.want {
				t.Errorf("%+v, limit %d: %d users, want %d", c.filter, limit, len(seen), c.want)
			}
		}
	}
	first, err := h.directory.Runs(t.Context(), directory.Filter{}, 1, "")
	if err != nil || len(first.Items) != 1 || first.Items[0].Workflow != "one" {
		t.Fatal(first, err)
	}
	second, err := h.directory.Runs(t.Context(), directory.Filter{}, 1, first.Next)
	if err != nil || len(second.Items) != 1 || second.Items[0].Workflow != "all" || second.Next != "" {
		t.Fatal(second, err)
	}
	if diff := cmp.Diff([]string{"user_1"}, idsOf(first.Items[0].Recipients), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	for name, list := range map[string]func() error{
		"users": func() error { _, err := h.directory.Users(t.Context(), directory.Filter{}, 1, "x"); return err },
		"runs":  func() error { _, err := h.directory.Runs(t.Context(), directory.Filter{}, 1, "x"); return err },
	} {
		if err := list(); !errors.Is(err, projections.ErrInvalidCursor) {
			t.Errorf("%s: %v, want ErrInvalidCursor", name, err)
		}
	}
}

func idsOf(recipients []json.RawMessage) []string {
	ids := make([]string, len(recipients))
	for i, raw := range recipients {
		ids[i] = strings.Trim(string(raw), `"`)
	}
	return ids
}

// TestErasedAtOnce: a stream may be planned and erased within one batch.
func TestErasedAtOnce(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Options{})
	log := projectiontest.New(t, store)
	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_1", Generation: 1}
	log.Receive(ref, "customer.created", "cus_1")
	log.Plan(ref, "", nil, identify(`{"id":"cus_1"}`))
	log.Delete(ref.Stream())
	runner := projectiontest.Runner(t, store, directory.Projection())
	log.WaitFor(runner)
	var rows strings.Builder
	if err := runner.Dump(t.Context(), &rows); err != nil || rows.Len() > 0 {
		t.Errorf("what is left of an erased stream (%v):\n%s", err, rows.String())
	}
}
