package webhook_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daybook/domain/action"
	"daybook/domain/rule"
	"daybook/domain/webhook"
)

func plan(actions ...rule.Planned) []webhook.PlannedAction {
	return ref(1).PlanActions(rule.Evaluation{Actions: actions})
}

func TestCompare(t *testing.T) {
	t.Parallel()
	a, b := planned("a", `{"n":1}`), planned("b", `{}`)
	a2 := planned("a", `{"n":2}`)
	second := planned("a", `{"n":1}`)
	second.Index = 1
	other := planned("a", `{"n":1}`)
	other.ActionType = action.UsersIdentify
	bare := a
	bare.Payload = nil
	reworded := withProblem(a)
	reworded.Problem = &action.Problem{Code: action.MissingField, Field: "recipients", Message: "in other words"}
	elsewhere := withProblem(a)
	elsewhere.Problem = &action.Problem{Code: action.MissingField, Field: "key"}

	type counts struct{ added, dropped, changed, unchanged int }
	for name, c := range map[string]struct {
		before, after []webhook.PlannedAction
		want          counts
	}{
		"nothing":                         {plan(), plan(), counts{}},
		"the same":                        {plan(a, b), plan(a, b), counts{unchanged: 2}},
		"in another order":                {plan(a, b), plan(b, a), counts{unchanged: 2}},
		"one more":                        {plan(a), plan(a, b), counts{added: 1, unchanged: 1}},
		"one less":                        {plan(a, b), plan(b), counts{dropped: 1, unchanged: 1}},
		"another index":                   {plan(a), plan(a, second), counts{added: 1, unchanged: 1}},
		"another request":                 {plan(a), plan(a2), counts{changed: 1}},
		"another action type":             {plan(a), plan(other), counts{changed: 1}},
		"another mapping":                 {plan(a), plan(b), counts{added: 1, dropped: 1}},
		"a payload that was left out":     {plan(bare), plan(a), counts{unchanged: 1}},
		"left out, and another":           {plan(bare), plan(a2), counts{changed: 1}},
		"a problem now":                   {plan(a), plan(withProblem(a)), counts{changed: 1}},
		"no problem any more":             {plan(withProblem(a)), plan(a), counts{changed: 1}},
		"the same problem in other words": {plan(withProblem(a)), plan(reworded), counts{unchanged: 1}},
		"a problem elsewhere":             {plan(withProblem(a)), plan(elsewhere), counts{changed: 1}},
	} {
		d := webhook.Compare(c.before, c.after)
		if got := (counts{len(d.Added), len(d.Dropped), len(d.Changed), d.Unchanged}); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestCompareBothWays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before, after := plan(randomEvaluation(t).Actions...), plan(randomEvaluation(t).Actions...)
		there, back := webhook.Compare(before, after), webhook.Compare(after, before)
		if diff := cmp.Diff(there.Added, back.Dropped); diff != "" {
			t.Fatalf("added there is not dropped on the way back\n%s", diff)
		}
		if len(there.Changed) != len(back.Changed) || there.Unchanged != back.Unchanged {
			t.Fatalf("there %+v, back %+v", there, back)
		}
		if n := len(there.Added) + len(there.Changed) + there.Unchanged; n != len(after) {
			t.Fatalf("%d of %d actions are accounted for", n, len(after))
		}
	})
}

func TestDifferenceInJSON(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(webhook.Compare(nil, nil))
	if want := `{"added":[],"dropped":[],"changed":[],"unchanged":0}`; err != nil || string(raw) != want {
		t.Errorf("%s (%v), want %s", raw, err, want)
	}
	raw, err = json.Marshal(webhook.Compare(plan(planned("a", `{"n":1}`)), plan(planned("a", `{"n":2}`))).Changed)
	if err != nil {
		t.Fatal(err)
	}
	var changed []struct {
		Mapping string
		Index   int
		Before  struct {
			ID         string
			ActionType action.Type     `json:"action_type"`
			Payload    json.RawMessage `json:"action_payload"`
		}
		After struct {
			Payload json.RawMessage `json:"action_payload"`
		}
	}
	if err := json.Unmarshal(raw, &changed); err != nil || len(changed) != 1 {
		t.Fatalf("%s: %v", raw, err)
	}
	c := changed[0]
	if c.Mapping != "a" || c.Before.ID != ref(1).ActionID("a", 0) || c.Before.ActionType != action.WorkflowsTrigger ||
		string(c.Before.Payload) != `{"n":1}` || string(c.After.Payload) != `{"n":2}` {
		t.Errorf("%s", raw)
	}
}

func TestInput(t *testing.T) {
	t.Parallel()
	g := webhook.Generation{
		ReceivedAt: 1_700_000_000_000,
		Received: webhook.Received{Receipt: webhook.Receipt{
			EventType: "invoice.paid", IdempotencyKey: "evt 1", Headers: map[string]string{"x": "y"},
		}},
	}
	hashed := ref(2)
	hashed.Key = webhook.StreamKey("evt 1")
	want := rule.Input{
		Body: "body", Headers: map[string]string{"x": "y"},
		Event: rule.Event{
			ID: hashed.ID(), Type: "invoice.paid", Key: "evt 1", Source: "stripe", Environment: "development",
			ReceivedAt: "2023-11-14T22:13:20.000Z",
		},
	}
	if diff := cmp.Diff(want, g.Input(hashed, "body")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	g.Received.Receipt.IdempotencyKey = ""
	if got := g.Input(ref(1), nil).Event.Key; got != "evt_1" {
		t.Errorf("without a key of its own it sees %q", got)
	}
}
