package rule_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daybook/domain/action"
	"daybook/domain/rule"
	"daybook/domain/value"
)

const invoice = `{
	"id": "evt_1", "object": "event", "type": "invoice.payment_failed", "livemode": true, "account": "acct_1", "created": 1764000000,
	"data": {"object": {
		"id": "in_1", "object": "invoice", "customer": "cus_1", "amount_due": 9900, "currency": "eur", "attempt_count": 2,
		"lines": {"data": [{"id": "il_1", "amount": 4900, "description": "Pro"}, {"id": "il_2", "amount": 5000, "description": "Seats"}]},
		"metadata": {"plan": "pro"}
	}}
}`

// fifty is a configuration as a large source might have it.
func fifty(tb testing.TB) []rule.Mapping {
	tb.Helper()
	var mappings []rule.Mapping
	for i := range 50 {
		mappings = append(mappings, rule.Mapping{
			Key: fmt.Sprintf("m%d", i), EventType: []string{"invoice.*", "invoice.payment_failed", "customer.*", "charge.refunded", "*"}[i%5],
			When:       fmt.Sprintf("(body.data.object.amount_due ?? 0) > %d && body.livemode", i*400),
			ActionType: action.WorkflowsTrigger,
			ActionParameters: parameters(tb, `{
				"key": "payment-failed", "recipients": "body.data.object.customer", "tenant": {"path": "body.account", "default": "acme"},
				"data": {"expr": "{\"amount\": body.data.object.amount_due / 100, \"lines\": map(body.data.object.lines.data, .description)}"}
			}`),
		})
	}
	return mappings
}

func BenchmarkEvaluate50Mappings(b *testing.B) {
	rules, problems := rule.Compile(rule.Definition{Mappings: fifty(b)})
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	in := input(b, []byte(invoice))
	b.ReportAllocs()
	for b.Loop() {
		if got := rules.Evaluate(in); len(got.Verdicts) != 30 || len(got.Actions) != 15 {
			b.Fatalf("%d verdicts, %d actions", len(got.Verdicts), len(got.Actions))
		}
	}
}

// What fifty mappings allocate, of which thirty are asked and fifteen make a
// request, with a quarter as much again.
const evaluateBudget = 1250

func TestEvaluateAllocatesLittle(t *testing.T) { //nolint:paralleltest // counts the allocations of the whole process
	rules, problems := rule.Compile(rule.Definition{Mappings: fifty(t)})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	in := input(t, []byte(invoice))
	allocations := testing.AllocsPerRun(100, func() { rules.Evaluate(in) })
	if allocations > evaluateBudget {
		t.Errorf("%.0f allocations, at most %d", allocations, evaluateBudget)
	}
}

func BenchmarkDecodeInvoice(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(invoice)))
	for b.Loop() {
		if _, err := value.Decode([]byte(invoice)); err != nil {
			b.Fatal(err)
		}
	}
}

// mappings draws configurations of which some parts do not work.
func mappings() *rapid.Generator[[]rule.Mapping] {
	one := rapid.Custom(func(t *rapid.T) rule.Mapping {
		definition := rapid.SampledFrom(action.Catalogue()).Draw(t, "action")
		fields := rule.Parameters{}
		for _, f := range definition.Fields {
			text := rapid.SampledFrom([]string{
				`"body.id"`, `"id"`, `"body.data"`, `"nope"`, `"to[*]"`, `{"expr": "body.n + 1"}`, `{"expr": "body.none.x"}`, `{"value": {"id": "v"}}`, `{"value": "v"}`,
				`{"path": "nope", "default": "d"}`, `"https://example.com"`, `"POST"`, `null`,
			}).Draw(t, f.Name)
			fields[f.Name] = json.RawMessage(text)
		}
		return rule.Mapping{
			Key:        rapid.SampledFrom([]string{"", "", "a", "b"}).Draw(t, "key"),
			EventType:  rapid.SampledFrom([]string{"t.a", "t.*", "*", "u"}).Draw(t, "type"),
			When:       rapid.SampledFrom([]string{"", "true", "body.n > 1", "body.none.x", "false", "body.n >"}).Draw(t, "when"),
			ActionType: definition.Type, ActionParameters: fields,
			Active: rapid.SampledFrom([]rule.Switch{rule.On, rule.On, rule.Off}).Draw(t, "active"),
		}
	})
	return rapid.SliceOfN(one, 0, 8)
}

func TestLawsOfEvaluation(t *testing.T) {
	t.Parallel()
	in := input(t, []byte(`{"type":"t.a","id":"x","n":5,"none":null,"data":{"id":"d","list":[1]},"to":["u1",{"id":2}]}`))
	rapid.Check(t, func(t *rapid.T) {
		all := mappings().Draw(t, "mappings")
		rules, _ := rule.Compile(rule.Definition{Mappings: all})
		got := rules.Evaluate(in)

		again, _ := rule.Compile(rule.Definition{Mappings: all})
		if diff := cmp.Diff(got, again.Evaluate(in)); diff != "" {
			t.Fatalf("a second evaluation differs:\n%s", diff)
		}
		checkVerdicts(t, rule.DeriveKeys(all), got)
		checkActions(t, got)
	})
}

// checkVerdicts: one for each mapping of the type, in their order; the inactive
// ones never match.
func checkVerdicts(t *rapid.T, all []rule.Mapping, got rule.Evaluation) {
	var keys []string
	matched, failed, asked := 0, 0, 0
	i := 0
	for _, m := range all {
		if m.EventType == "u" {
			continue
		}
		keys = append(keys, m.Key)
		v := got.Verdicts[i]
		i++
		if (m.Active == rule.Off) != (v.Reason == rule.Inactive) || v.Matched != (v.Reason == "") || (v.Error != "") != (v.Reason == rule.ConditionFailed) {
			t.Fatalf("%+v of %+v", v, m)
		}
		if v.Matched {
			matched++
		}
		if v.Error != "" {
			failed++
		}
		if m.Active == rule.On {
			asked++
		}
	}
	if i != len(got.Verdicts) || matched != len(got.Actions) {
		t.Fatalf("%d verdicts for %v, %d matched, %d actions", len(got.Verdicts), keys, matched, len(got.Actions))
	}
	want := rule.Reason("")
	switch {
	case matched > 0 || failed > 0:
	case asked == 0:
		want = rule.NoMapping
	default:
		want = rule.ConditionFalse
	}
	if got.Reason != want || (got.Explanation != "") != (want != "") {
		t.Fatalf("reason %q, %q; want %q", got.Reason, got.Explanation, want)
	}
}

// checkActions: in the order of the catalogue, then of the mappings; each with
// a canonical payload and its hash.
func checkActions(t *rapid.T, got rule.Evaluation) {
	place := func(p rule.Planned) [2]int {
		i := slices.IndexFunc(got.Verdicts, func(v rule.Verdict) bool { return v.Key == p.MappingKey && v.Matched })
		return [2]int{action.Order(p.ActionType), i}
	}
	if !slices.IsSortedFunc(got.Actions, func(a, b rule.Planned) int {
		x, y := place(a), place(b)
		return slices.Compare(x[:], y[:])
	}) {
		t.Fatalf("order: %+v", got.Actions)
	}
	for _, p := range got.Actions {
		decoded, err := value.Decode(p.Payload)
		if err != nil || action.SHA256(p.Payload) != p.SHA256 {
			t.Fatalf("%s: %v", p.Payload, err)
		}
		definition, _ := action.Lookup(p.ActionType)
		request, _ := decoded.Value.(map[string]any)
		for _, f := range definition.Fields {
			if _, there := request[f.Name]; f.Required && !there && p.Problem == nil {
				t.Fatalf("%s has no %s, and no problem", p.Payload, f.Name)
			}
		}
	}
}

func TestLawsOfKeys(t *testing.T) {
	t.Parallel()
	slug := regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
	one := rapid.Custom(func(t *rapid.T) rule.Mapping {
		return rule.Mapping{
			Key:        rapid.SampledFrom([]string{"", "", "", "invoice-paid-users-delete", "invoice-paid-users-delete-2", "mapping"}).Draw(t, "key"),
			EventType:  rapid.OneOf(rapid.SampledFrom([]string{"invoice.paid", "*", "", "é"}), rapid.String()).Draw(t, "type"),
			ActionType: action.Type(rapid.OneOf(rapid.SampledFrom([]string{"users_delete", "http_request", ""}), rapid.String()).Draw(t, "action")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.SliceOfN(one, 0, 12).Draw(t, "mappings")
		keyed := rule.DeriveKeys(given)
		derived := map[string]bool{}
		for i, m := range keyed {
			if given[i].Key != "" {
				if m.Key != given[i].Key {
					t.Fatalf("%q became %q", given[i].Key, m.Key)
				}
				continue
			}
			taken := slices.ContainsFunc(given, func(other rule.Mapping) bool { return other.Key == m.Key })
			if !slug.MatchString(m.Key) || derived[m.Key] || taken {
				t.Fatalf("key %q of %v", m.Key, keyed)
			}
			derived[m.Key] = true
		}
		if diff := cmp.Diff(keyed, rule.DeriveKeys(keyed)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestDerivedKeys(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very.long.", 20)
	given := []rule.Mapping{
		{EventType: "invoice.paid", ActionType: "workflows_trigger"},
		{EventType: "invoice.paid", ActionType: "workflows_trigger"},
		{EventType: "invoice.*", ActionType: "users_delete"},
		{EventType: "*", ActionType: "http_request"},
		{EventType: "V2.Core[x]/y", ActionType: "users_delete"},
		{EventType: long, ActionType: "audiences_remove_member"},
		{EventType: long, ActionType: "audiences_remove_member"},
		{},
	}
	want := []string{
		"invoice-paid-workflows-trigger", "invoice-paid-workflows-trigger-2", "invoice-any-users-delete",
		"any-http-request", "v2-core-x-y-users-delete", "very-long-very-long-very-long-very-long-audiences-remove-member", "very-long-very-long-very-long-very-long-audiences-remove-memb-2", "mapping",
	}
	for i, m := range rule.DeriveKeys(given) {
		if m.Key != want[i] {
			t.Errorf("%s %s: %q, want %q", m.EventType, m.ActionType, m.Key, want[i])
		}
	}
	if given[0].Key != "" {
		t.Error("what was given was changed")
	}
}

func FuzzRule(f *testing.F) {
	f.Add("(body.data.object.amount_due ?? 0) > 5000", "body.data.object.customer", `{"t": lower(body.type)}`, invoice)
	f.Add("any(body.data.object.lines.data, .amount > 1)", "data.object.lines.data[*].id", "body.data", invoice)
	f.Add("true", "headers.x", "", `{"type":"t","a":1e999,"b":"\ud800"}`)
	f.Add("preprocess.t == 1", "preprocess.t", "let x = body; {\"t\": event.id}", `{"t":1}`)
	f.Fuzz(func(t *testing.T, when, field, preprocess, payload string) {
		decoded, err := value.Decode([]byte(payload))
		if err != nil {
			return
		}
		quoted, err := json.Marshal(field)
		if err != nil {
			t.Fatal(err)
		}
		computed, err := json.Marshal(map[string]string{"expr": field})
		if err != nil {
			t.Fatal(err)
		}
		rules, problems := rule.Compile(rule.Definition{Preprocess: preprocess, Mappings: []rule.Mapping{
			{EventType: "*", When: when, ActionType: "workflows_trigger", ActionParameters: rule.Parameters{"key": quoted, "recipients": quoted, "data": computed}},
			{EventType: field, When: when, ActionType: "users_identify", ActionParameters: rule.Parameters{"id": computed, "name": quoted}},
		}})
		for _, p := range problems {
			if p.Field == "" || p.Message == "" || (p.Mapping < 0) != (p.Field == "preprocess") {
				t.Fatalf("%+v", p)
			}
		}
		in := rule.Input{Body: decoded.Value, Event: rule.Event{Type: "t"}}
		got := rules.Evaluate(in)
		if diff := cmp.Diff(got, rules.Evaluate(in)); diff != "" {
			t.Fatal(diff)
		}
		if _, err := json.Marshal(got); err != nil {
			t.Fatal(err)
		}
		output, err := rules.Preprocess(in)
		if _, object := output.(map[string]any); preprocess != "" && err == nil && !object || preprocess == "" && output != nil {
			t.Fatalf("preprocess gave %v, %v", output, err)
		}
	})
}
