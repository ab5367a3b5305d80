package rule_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/action"
	"daybook/domain/rule"
)

// parameters reads the fields of a mapping as they stand in the configuration.
func parameters(tb testing.TB, text string) rule.Parameters {
	tb.Helper()
	var p rule.Parameters
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestCompileSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	fine := `{"id": "body.id"}`
	tests := map[string]struct {
		mapping rule.Mapping
		want    []string // field: message (line:column)
	}{
		"nothing": {rule.Mapping{EventType: "a", ActionType: "users_delete", ActionParameters: parameters(t, fine)}, nil},
		"all forms": {rule.Mapping{
			EventType: "invoice.*", When: "body.livemode", ActionType: "workflows_trigger",
			ActionParameters: parameters(t, `{"key": "k", "recipients": {"path": "to", "default": ["u"]}, "data": {"expr": "body"}, "tenant": {"value": "acme"}, "actor": null}`),
		}, nil},
		"an empty mapping": {rule.Mapping{}, []string{
			"event_type: name an event type, exactly as in invoice.paid or with * as in invoice.*",
			"action_type: name an action: one of users_identify, users_delete, objects_set, objects_delete, tenants_set, tenants_delete, objects_subscribe, objects_unsubscribe, audiences_add_member, audiences_remove_member, workflows_cancel, workflows_trigger, http_request",
		}},
		"a key that is none": {
			rule.Mapping{Key: "Big Invoice", EventType: "a", ActionType: "users_delete", ActionParameters: parameters(t, fine)},
			[]string{"key: a key has 1 to 63 of a-z, 0-9, - and _, and begins with a letter or digit"},
		},
		"an action that is not there": {
			rule.Mapping{EventType: "a", ActionType: "user_delete"},
			[]string{"action_type: there is no action user_delete; did you mean users_delete?"},
		},
		"a condition that cannot be read": {
			rule.Mapping{EventType: "a", When: "body.a >\n &&", ActionType: "users_delete", ActionParameters: parameters(t, fine)},
			[]string{`when: unexpected token Operator("&&") (2:2)`},
		},
		"a condition of the wrong kind": {
			rule.Mapping{EventType: "a", When: "1 + 1", ActionType: "users_delete", ActionParameters: parameters(t, fine)},
			[]string{"when: expected bool, but got int (1:1)"},
		},
		"fields": {
			rule.Mapping{EventType: "a", ActionType: "workflows_trigger", ActionParameters: parameters(t, `{"key": "", "recipient": "body.a", "data": "body..a", "tenant": {"expr": "bdy"}, "actor": {"pth": "a"}, "cancellation_key": 5}`)},
			[]string{
				"action_parameters.recipient: workflows_trigger has no field recipient; did you mean recipients?",
				"action_parameters.key: key is an empty string",
				"action_parameters.recipients: workflows_trigger needs recipients",
				"action_parameters.data: a name is missing here (1:6)",
				"action_parameters.tenant.expr: unknown name bdy (1:1)",
				`action_parameters.actor: write a path, {"path": …, "default": …}, {"expr": …} or {"value": …}`,
				`action_parameters.cancellation_key: a number is neither a path nor a form; write {"value": …} for a literal`,
			},
		},
		"literals": {
			rule.Mapping{EventType: "a", ActionType: "users_identify", ActionParameters: parameters(t, `{"id": {"value": null}, "email": {"value": 5}, "name": {"path": "a", "default": []}, "avatar": {"path": 1}}`)},
			[]string{
				"action_parameters.id.value: users_identify needs id, and null counts as missing",
				"action_parameters.name.path: name must be a string, not a list",
				"action_parameters.email.value: email must be a string, not a number",
				"action_parameters.avatar: path must be a string, not a number",
			},
		},
		"a request": {
			rule.Mapping{EventType: "a", ActionType: "http_request", ActionParameters: parameters(t, `{"url": "example.com", "method": "fetch"}`)},
			[]string{
				"action_parameters.url: url must be a whole URL that begins with https:// or http://",
				"action_parameters.method: method must be one of GET, POST, PUT, PATCH, DELETE",
			},
		},
		"a long field": {
			rule.Mapping{EventType: "a", ActionType: "users_delete", ActionParameters: rule.Parameters{"id": json.RawMessage(`"` + strings.Repeat("a", rule.MaxLiteral) + `"`)}},
			[]string{"action_parameters.id: the field has 65538 bytes; at most 65536 can be used"},
		},
		"an event type": {
			rule.Mapping{EventType: " a", ActionType: "users_delete", ActionParameters: parameters(t, fine)},
			[]string{"event_type: remove the space around the event type"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := rule.Compile(rule.Definition{Mappings: []rule.Mapping{test.mapping}})
			var got []string
			for _, p := range problems {
				if p.Mapping != 0 || !strings.HasPrefix(p.Field, "mappings[0].") {
					t.Errorf("%+v", p)
				}
				text := strings.TrimPrefix(p.Field, "mappings[0].") + ": " + p.Message
				if p.Line > 0 {
					text += fmt.Sprintf(" (%d:%d)", p.Line, p.Column)
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompileLooksAtTheWhole(t *testing.T) {
	t.Parallel()
	one := rule.Mapping{Key: "k", EventType: "a", ActionType: "users_delete", ActionParameters: parameters(t, `{"id": "id"}`)}
	many := make([]rule.Mapping, rule.MaxMappings+1)
	for i := range many {
		many[i] = one
		many[i].Key = fmt.Sprintf("k%d", i)
	}
	_, problems := rule.Compile(rule.Definition{Mappings: []rule.Mapping{one, one}, DisabledEventTypes: []string{"a", ""}})
	if len(problems) != 2 || problems[0].Field != "disabled_event_types[1]" || problems[1].Message != "mappings[0] has the key k already; keys are unique" || problems[1].Key != "k" {
		t.Errorf("%+v", problems)
	}
	rules, problems := rule.Compile(rule.Definition{Mappings: many})
	if len(problems) != 1 || problems[0].Field != "mappings" || problems[0].Mapping != -1 {
		t.Errorf("%+v", problems)
	}
	if got := rules.Evaluate(input(t, []byte(`{"id":"x","type":"a"}`))); len(got.Actions) != rule.MaxMappings {
		t.Errorf("%d actions", len(got.Actions))
	}
}

func TestIgnored(t *testing.T) {
	t.Parallel()
	yes := true
	when := func(condition string) []rule.Mapping {
		return []rule.Mapping{
			{EventType: "a.*", When: condition, ActionType: "users_delete", ActionParameters: parameters(t, `{"id": "id"}`)},
			{EventType: "a.b", When: condition, ActionType: "users_delete", ActionParameters: parameters(t, `{"id": "id"}`)},
		}
	}
	tests := map[string]struct {
		definition  rule.Definition
		payload     string
		reason      rule.Reason
		explanation string
	}{
		"not":             {rule.Definition{Mappings: when("")}, `{"type":"a.b"}`, "", ""},
		"no mapping":      {rule.Definition{Mappings: when("")}, `{"type":"b"}`, rule.NoMapping, "no mapping is for b"},
		"false":           {rule.Definition{Mappings: when("false")}, `{"type":"a.b"}`, rule.ConditionFalse, "2 mappings are for a.b, and none of their conditions was true"},
		"failed":          {rule.Definition{Mappings: when("body.x.y")}, `{"type":"a.b"}`, "", ""},
		"disabled":        {rule.Definition{Mappings: when(""), DisabledEventTypes: []string{"a.b"}}, `{"type":"a.b"}`, rule.TypeDisabled, "a.b is disabled for this source"},
		"type missing":    {rule.Definition{Mappings: when("")}, `{}`, rule.EventTypeMissing, "the event type path leads to no text"},
		"the mode":        {rule.Definition{Mappings: when(""), Livemode: &yes}, `{"type":"a.b","livemode":true}`, "", ""},
		"the other mode":  {rule.Definition{Mappings: when(""), Livemode: &yes}, `{"type":"a.b","livemode":false}`, rule.WrongMode, "body.livemode is false, and true is expected here"},
		"no mode":         {rule.Definition{Mappings: when(""), Livemode: &yes}, `{"type":"a.b"}`, rule.WrongMode, "body.livemode is null, and true is expected here"},
		"not an envelope": {rule.Definition{Mappings: when(""), Livemode: &yes}, `{"type":"a.b","livemode":"true"}`, rule.WrongMode, "body.livemode is a string, and true is expected here"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, problems := rule.Compile(test.definition)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			got := rules.Evaluate(input(t, []byte(test.payload)))
			if got.Reason != test.reason || got.Explanation != test.explanation {
				t.Errorf("%q, %q", got.Reason, got.Explanation)
			}
			if got.Failed() != (name == "failed") {
				t.Errorf("failed: %t", got.Failed())
			}
		})
	}
}

func TestATypeThatIsTooLongIsIgnoredAsThat(t *testing.T) {
	t.Parallel()
	rules, problems := rule.Compile(rule.Definition{Preprocess: "{\"a\": body.x.y}"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	in := input(t, []byte(`{}`))
	in.TypeTooLong = true
	got := rules.Evaluate(in)
	if got.Reason != rule.EventTypeMissing || got.Explanation != "the event type has over 255 bytes, more than are taken" {
		t.Errorf("%q, %q", got.Reason, got.Explanation)
	}
}

func TestEventTypePatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, eventType string
		want               bool
	}{
		{"invoice.paid", "invoice.paid", true},
		{"invoice.paid", "invoice.paid2", false},
		{"invoice.paid", "Invoice.paid", false},
		{"*", "anything at all", true},
		{"invoice.*", "invoice.paid", true},
		{"invoice.*", "invoice.", true},
		{"invoice.*", "invoice", false},
		{"*.created", "customer.created", true},
		{"*.created", "customer.created.x", false},
		{"customer.*.created", "customer.subscription.created", true},
		{"a*b*c", "a1b2c", true},
		{"a*b*c", "abc", true},
		{"a*b*c", "acb", false},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"**", "x", true},
		{"v2.core.account[identity].*", "v2.core.account[identity].updated", true},
		{"v2.core.account[identity].*", "v2.core.accounti.updated", false},
		{"a?", "ab", false},
	}
	for _, test := range tests {
		rules, problems := rule.Compile(rule.Definition{Mappings: []rule.Mapping{{EventType: test.pattern, ActionType: "users_delete", ActionParameters: parameters(t, `{"id": "id"}`)}}})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		raw, err := json.Marshal(map[string]any{"type": test.eventType, "id": "x"})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(rules.Evaluate(input(t, raw)).Actions) == 1; got != test.want {
			t.Errorf("%s matches %s: %t", test.pattern, test.eventType, got)
		}
	}
}

func TestMappingsInJSON(t *testing.T) {
	t.Parallel()
	var got []rule.Mapping
	raw := `[{"key":"a","event_type":"t","action_type":"users_delete","action_parameters":{"id":"body.id"}},{"key":"b","event_type":"t","when":"true","action_type":"users_delete","action_parameters":{"id":"body.id"},"active":false},{"key":"c","active":null}]`
	if err := json.Unmarshal([]byte(raw), &got); err != nil {
		t.Fatal(err)
	}
	if got[0].Active != rule.On || got[1].Active != rule.Off || got[2].Active != rule.On {
		t.Errorf("%+v", got)
	}
	written, err := json.Marshal(got[:2])
	want := `[{"key":"a","event_type":"t","action_type":"users_delete","action_parameters":{"id":"body.id"},"active":true},{"key":"b","event_type":"t","when":"true","action_type":"users_delete","action_parameters":{"id":"body.id"},"active":false}]`
	if err != nil || string(written) != want {
		t.Errorf("%s, %v", written, err)
	}
	if err := json.Unmarshal([]byte(`{"active":"no"}`), &got[0]); err == nil {
		t.Error("a string was taken for a switch")
	}
	if rule.SwitchOf(true) != rule.On || rule.SwitchOf(false) != rule.Off {
		t.Error("SwitchOf")
	}
}

func TestParametersReadWhatTheyWrite(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]rule.Parameter{
		`null`:                                  {},
		`"body.id"`:                             {Form: rule.Bare, Text: "body.id"},
		`{"path":"a"}`:                          {Form: rule.Path, Text: "a"},
		`{"path":"a","default":{"b":[1,null]}}`: {Form: rule.Path, Text: "a", Value: json.RawMessage(`{"b":[1,null]}`)},
		`{"expr":"1 + 1"}`:                      {Form: rule.Expression, Text: "1 + 1"},
		`{"value":5}`:                           {Form: rule.Literal, Value: json.RawMessage(`5`)},
		`{"value":null}`:                        {Form: rule.Literal, Value: json.RawMessage(`null`)},
	} {
		got, err := rule.ParseParameter(json.RawMessage(raw))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", raw, err, diff)
		}
		if written, err := json.Marshal(got); err != nil || string(written) != raw {
			t.Errorf("%s was written as %s, %v", raw, written, err)
		}
	}
	for _, raw := range []string{``, `{}`, `{"path":"a","expr":"b"}`, `{"default":1}`, `{"value":1,"default":2}`, `{"path":null}`, `{"path":"a","path":"b"}`, `[]`, `true`, `{"Path":"a"}`} {
		if got, err := rule.ParseParameter(json.RawMessage(raw)); err == nil {
			t.Errorf("%s was read as %+v", raw, got)
		}
	}
}

// Conditions and expressions are read by people, and compare with < and >.
func TestJSONIsWrittenForPeople(t *testing.T) {
	t.Parallel()
	for _, written := range []json.Marshaler{
		rule.Verdict{Key: "a", Error: "b > c", Trace: "1 < 2 && 3 > 2"},
		rule.Parameter{Form: rule.Expression, Text: "a > b && c < d"},
		rule.Parameter{Form: rule.Literal, Value: json.RawMessage(`"<b>"`)},
	} {
		if raw, err := written.MarshalJSON(); err != nil || strings.Contains(string(raw), `\u00`) {
			t.Errorf("%s, %v", raw, err)
		}
	}
}

// What is planned is stored in an event, and its hash must still be its hash
// when it is read again.
func TestAnEvaluationSurvivesItsJSON(t *testing.T) {
	t.Parallel()
	rules, _ := rule.Compile(rule.Definition{Mappings: []rule.Mapping{
		{EventType: "*", When: "body.n > 0", ActionType: "users_identify", ActionParameters: parameters(t, `{"id": "id", "name": "name", "properties": "body"}`)},
		{EventType: "*", When: "body.x.y", ActionType: "users_delete", ActionParameters: parameters(t, `{"id": "id"}`)},
		{EventType: "*", ActionType: "users_delete", ActionParameters: parameters(t, `{"id": "nope"}`)},
	}})
	got := rules.Evaluate(input(t, []byte(`{"type":"a","id":"u","name":"<Ada & \u2028 Bob>","n":1.0,"huge":1e999,"z":[1e30,0.1]}`)))
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var again rule.Evaluation
	if err := json.Unmarshal(raw, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, again); diff != "" {
		t.Error(diff)
	}
	for _, planned := range again.Actions {
		if action.SHA256(planned.Payload) != planned.SHA256 {
			t.Errorf("the hash of %s is another", planned.Payload)
		}
	}
}

func TestBudgetsAreEachMappingsOwn(t *testing.T) {
	t.Parallel()
	mapping := func(key, when string) rule.Mapping {
		return rule.Mapping{Key: key, EventType: "*", When: when, ActionType: "users_identify", ActionParameters: parameters(t, `{"id": "id", "properties": {"expr": "{\"n\": sum(1..20000)}"}}`)}
	}
	rules, problems := rule.Compile(rule.Definition{Mappings: []rule.Mapping{
		mapping("endless", "any(1..90000, any(1..90000, # < 0))"), mapping("greedy", "sum(1..40000) > 0"), mapping("modest", "true"),
	}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := rules.Evaluate(input(t, []byte(`{"type":"a","id":"u"}`)))
	if v := got.Verdicts[0]; v.Reason != rule.ConditionFailed || !strings.Contains(v.Error, "budget of 100000 steps") {
		t.Errorf("%+v", v)
	}
	if len(got.Actions) != 2 || got.Actions[0].Problem == nil || got.Actions[0].Problem.Code != action.RuleFailed || got.Actions[1].Problem != nil {
		t.Errorf("%+v", got.Actions)
	}
}

// A mapping that uses up its budget and renders the largest request stays
// within the memory that an evaluation may take.
func TestTheLargestMappingStaysWithinItsMemory(t *testing.T) { //nolint:paralleltest // measures allocations
	rules, problems := rule.Compile(rule.Definition{Mappings: []rule.Mapping{{
		EventType: "*", When: `len(map(1..13000, ({"a": #}))) > 0`, ActionType: "workflows_trigger",
		ActionParameters: parameters(t, `{"key": "k", "recipients": {"value": "u"}, "data": "body", "actor": {"expr": "{\"id\": \"x\", \"again\": body}"}}`),
	}}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	in := input(t, []byte(`{"type":"a","items":[`+strings.Repeat(`{"a":1,"b":"text"},`, 50_000)+`{}]}`))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := rules.Evaluate(in)
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 16<<20 || len(got.Actions) != 1 {
		t.Errorf("%d bytes, %d actions", allocated, len(got.Actions))
	} else {
		t.Logf("%d KiB, %d bytes of payload, %v", allocated>>10, len(got.Actions[0].Payload), got.Actions[0].Problem)
	}
}

func TestRulesAreForManyGoroutines(t *testing.T) {
	t.Parallel()
	rules, _ := rule.Compile(rule.Definition{Mappings: fifty(t)})
	in := input(t, []byte(invoice))
	want := rules.Evaluate(in)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 5 {
				if diff := cmp.Diff(want, rules.Evaluate(in)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	group.Wait()
}
