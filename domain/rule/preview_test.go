package rule_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/action"
	"daybook/domain/rule"
)

// told is a preview as lines.
func told(p rule.Preview) []string {
	lines := []string{fmt.Sprintf("for type: %t; matched: %t %s%s", p.ForType, p.Condition.Matched, p.Condition.Trace, at(p.Condition.Error, p.Condition.Line, p.Condition.Column))}
	if p.Reason != "" {
		lines = append(lines, "refused: "+string(p.Reason))
	}
	for _, problem := range p.Problems {
		lines = append(lines, problem.Field+at(": "+problem.Message, problem.Line, problem.Column))
	}
	for _, f := range p.Fields {
		line := f.Name + " = " + string(f.Value)
		for _, more := range []string{at(f.Problem, f.Line, f.Column), f.Note, f.Found} {
			line += " | " + more
		}
		lines = append(lines, line)
	}
	if p.Planned != nil {
		lines = append(lines, "request: "+string(p.Planned.Payload))
	}
	return lines
}

func at(text string, line, column int) string {
	if line == 0 {
		return text
	}
	return fmt.Sprintf("%s (%d:%d)", text, line, column)
}

func TestPreview(t *testing.T) {
	t.Parallel()
	body := `{"id":"evt_1","type":"invoice.paid","livemode":false,"account":"acct_1","data":{"object":{"customer":"cus_1","amount_due":1200,"to":[],"flag":true}}}`
	mapping := func(when, parameterText string) rule.Mapping {
		return rule.Mapping{Key: "m", EventType: "invoice.*", When: when, ActionType: action.WorkflowsTrigger, ActionParameters: parameters(t, parameterText)}
	}
	tests := map[string]struct {
		mapping    rule.Mapping
		definition rule.Definition
		want       []string
	}{
		"all is well": {
			mapping("body.data.object.amount_due > 1000", `{"key":"k","recipients":"body.data.object.customer","data":{"expr":"{\"amount\": body.data.object.amount_due / 100}"},"tenant":{"path":"account","default":"acme"}}`),
			rule.Definition{},
			[]string{
				"for type: true; matched: true body.data.object.amount_due > 1000: 1200 > 1000 → true",
				`key = "k" |  |  | `, `recipients = ["cus_1"] |  |  | `, `data = {"amount":12} |  |  | `, `tenant = "acct_1" |  |  | `,
				`request: {"data":{"amount":12},"key":"k","recipients":["cus_1"],"tenant":"acct_1"}`,
			},
		},
		"a false condition hides nothing": {
			mapping("body.livemode", `{"key":"k","recipients":"data.object.custmer","tenant":"acount","actor":{"path":"nobody","default":"bot"},"data":"data.object.flag","cancellation_key":"data.object.to"}`),
			rule.Definition{},
			[]string{
				"for type: true; matched: false body.livemode → false",
				`key = "k" |  |  | `,
				`recipients =  | recipients is required; nothing at body.data.object.custmer; did you mean body.data.object.customer? | nothing at body.data.object.custmer; did you mean body.data.object.customer? | `,
				`data =  | data must be an object, not true |  | true`,
				`tenant =  |  | nothing at body.acount; did you mean body.account? | `,
				`actor = "bot" |  | nothing at body.nobody | `,
				`cancellation_key =  | cancellation_key must be a string or a whole number, not a list | body.data.object.to is an empty list | []`,
				`request: {"actor":"bot","key":"k"}`,
			},
		},
		"what cannot be read, and what fails": {
			mapping("body.data.object.amount_due > body.account", `{"key":"k","recipients":"a..b","data":{"expr":"{\"a\": body.data.object.amount_due + body.account}"},"tenant":{"expr":"1 +"}}`),
			rule.Definition{},
			[]string{
				"for type: true; matched: false cannot compare a number with a string: 1200 and \"acct_1\" have no order (1:29)",
				"mappings[0].action_parameters.recipients: a name is missing here (1:3)",
				"mappings[0].action_parameters.tenant.expr: the expression ends too early (1:3)",
				`key = "k" |  |  | `,
				`data =  | cannot compute 1200 + "acct_1": a number and a string do not go together (1:35) |  | `,
			},
		},
		"an unknown action": {
			rule.Mapping{EventType: "x", ActionType: "user_delete"},
			rule.Definition{DisabledEventTypes: []string{"invoice.paid"}},
			[]string{
				"for type: false; matched: true ", "refused: type_disabled",
				"mappings[0].action_type: there is no action user_delete; did you mean users_delete?",
			},
		},
		"a preprocess expression that fails": {
			mapping("", `{"key":"k","recipients":"preprocess.who"}`),
			rule.Definition{Preprocess: `{"who": body.account + 1}`},
			[]string{
				"for type: true; matched: false the source's preprocess expression failed: cannot compute \"acct_1\" + 1: a string and a number do not go together (1:22)",
				`key = "k" |  |  | `,
				`recipients =  | recipients is required; the source's preprocess expression failed | the source's preprocess expression failed | `,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := told(test.definition.Preview(test.mapping, input(t, []byte(body))))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a preview says and what the rules then do is the same.
func TestAPreviewSaysWhatTheRulesDo(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"type":"invoice.paid","id":"a","n":5,"list":["u","v"]}`, `{"type":"invoice.paid","id":"a","n":"x"}`, `{"type":"invoice.paid","n":9007199254740993}`, `{"type":"invoice.paid","n":1e400}`} {
		for _, when := range []string{"", "body.n > 4", "body.n == nil"} {
			for _, data := range []string{`"body"`, `{"expr":"{\"x\": body.n + 1}"}`, `{"expr":"map(1..60000, #)"}`, `{"path":"nowhere","default":{}}`} {
				m := rule.Mapping{Key: "m", EventType: "invoice.paid", When: when, ActionType: action.WorkflowsTrigger, ActionParameters: parameters(t,
					`{"key":"k","recipients":"list[*]","tenant":"id","data":`+data+`}`)}
				in := input(t, []byte(body))
				d := rule.Definition{Mappings: []rule.Mapping{m}}
				rules, _ := rule.Compile(d)
				e := rules.Evaluate(in)
				p := d.Preview(m, in)
				if v := e.Verdicts[0]; v.Matched != p.Condition.Matched || v.Trace != p.Condition.Trace || (v.Error != "") != (p.Condition.Error != "") {
					t.Errorf("%s, %s: %+v, and the rules say %+v", body, when, p.Condition, v)
				}
				if len(e.Actions) == 0 {
					continue
				}
				if diff := cmp.Diff(e.Actions[0], *p.Planned); diff != "" {
					t.Errorf("%s, %s, %s: (-rules +preview)\n%s", body, when, data, diff)
				}
				var first string
				for _, f := range p.Fields {
					if first == "" {
						first = f.Problem
					}
				}
				if problem := e.Actions[0].Problem; (problem != nil) != (first != "") || problem != nil && !strings.Contains(problem.Message, first) {
					t.Errorf("%s, %s, %s: %q, and the rules say %v", body, when, data, first, problem)
				}
			}
		}
	}
}

// What the condition has used up, the fields do not have.
func TestAPreviewHasOneBudget(t *testing.T) {
	t.Parallel()
	m := rule.Mapping{EventType: "*", ActionType: action.WorkflowsTrigger, ActionParameters: parameters(t,
		`{"key":"k","recipients":{"value":"u"},"data":{"expr":"{\"n\": count(1..22000, # > 1)}"}}`)}
	in := input(t, []byte(`{"type":"invoice.paid"}`))
	problem := func(when string) string {
		m.When = when
		p := rule.Definition{}.Preview(m, in)
		if p.Condition.Error != "" || (p.Planned.Problem != nil) != (p.Fields[2].Problem != "") {
			t.Errorf("%q: %+v", when, p)
		}
		return p.Fields[2].Problem
	}
	if got := problem(""); got != "" {
		t.Errorf("alone: %s", got)
	}
	if got := problem("count(1..22000, # > 1) > 0"); !strings.Contains(got, "ran out of its budget") {
		t.Errorf("after a condition that costs as much: %q", got)
	}
}

func TestFor(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{"invoice.*": "true true false false", "invoice.paid": "true false false false", "*": "true true true false", "": "false false false false"} {
		var got []string
		for _, eventType := range []string{"invoice.paid", "invoice.created", "customer.created", ""} {
			got = append(got, fmt.Sprint(rule.Mapping{EventType: pattern}.For(eventType)))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v", pattern, got)
		}
	}
}
