package rule_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/rule"
)

// preprocessed are rules of one mapping that reads what preprocess gives.
func preprocessed(t *testing.T, source string) *rule.Rules {
	t.Helper()
	rules, problems := rule.Compile(rule.Definition{Preprocess: source, Mappings: []rule.Mapping{{
		Key: "m", EventType: "*", When: "preprocess.big", ActionType: "users_identify",
		ActionParameters: parameters(t, `{"id":"preprocess.who.id","name":{"expr":"upper(preprocess.who.name)"}}`),
	}}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return rules
}

func TestRulesSeeWhatPreprocessGives(t *testing.T) {
	t.Parallel()
	rules := preprocessed(t, `{"big": body.data.object.amount_due > 1, "who": {"id": body.data.object.customer, "name": headers["user-agent"]}}`)
	got := rules.Evaluate(input(t, []byte(invoice)))
	if len(got.Actions) != 1 || string(got.Actions[0].Payload) != `{"id":"cus_1","name":"STRIPE/1.0"}` {
		t.Errorf("%+v", got)
	}
	output, err := rules.Preprocess(input(t, []byte(invoice)))
	want := map[string]any{"big": true, "who": map[string]any{"id": "cus_1", "name": "Stripe/1.0"}}
	if diff := cmp.Diff(any(want), output); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestPreprocessThatFailsFailsTheMappingsThatAreAsked(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`{"big": body.none.deeper}`:       "the source's preprocess expression failed: cannot fetch deeper from <nil>: body.none is null",
		`{"big": repeat("a", 100000000)}`: "the source's preprocess expression failed: the rule ran out of its budget of 6291456 bytes",
		`body.data.object.lines.data`:     "the source's preprocess expression failed: the expression gives a list, not an object",
	} {
		rules := preprocessed(t, source)
		in := input(t, []byte(invoice))
		got := rules.Evaluate(in)
		if len(got.Actions) > 0 || !got.Failed() || !strings.HasPrefix(got.Verdicts[0].Error, want) {
			t.Errorf("%s: %+v", source, got)
		}
		if diff := cmp.Diff(got, rules.Evaluate(in)); diff != "" {
			t.Errorf("%s: once more (-first +then):\n%s", source, diff)
		}
		in.Event.Type = ""
		missing := rules.Evaluate(in)
		if missing.Reason != rule.EventTypeMissing || !strings.HasPrefix(missing.Explanation, "the event type path leads to no text; "+want) {
			t.Errorf("%s: %+v", source, missing)
		}
	}
}

func TestPreprocessThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	rules, problems := rule.Compile(rule.Definition{Preprocess: "{\n\"a\": event.id}", Mappings: []rule.Mapping{{
		Key: "m", EventType: "*", ActionType: "users_delete", ActionParameters: parameters(t, `{"id":"body.id"}`),
	}}})
	if len(problems) != 1 || problems[0].Field != "preprocess" || problems[0].Mapping != -1 || problems[0].Line != 2 || problems[0].Column != 6 {
		t.Fatalf("%+v", problems)
	}
	got := rules.Evaluate(input(t, []byte(invoice)))
	if !got.Failed() || !strings.HasPrefix(got.Verdicts[0].Error, "the source's preprocess expression failed: it cannot be used: unknown name event") {
		t.Errorf("%+v", got)
	}
}
