package rule_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"daybook/domain/expression"
	"daybook/domain/rule"
	"daybook/domain/value"
)

// maxAllocated is what the rules may allocate for one mapping, whatever it and
// the payload say.
const maxAllocated = 16 << 20

// hostilePayloads are bodies as large as a request may be.
func hostilePayloads(tb testing.TB) map[string]any {
	tb.Helper()
	payloads := map[string]any{}
	for name, text := range map[string]string{
		"a text of 900 kB":  `{"text":"` + strings.Repeat("a", 900_000) + `","many":[1],"deep":{}}`,
		"20,000 items":      `{"text":"x","many":[` + strings.Repeat(`{"id":"u","tags":["a","b"]},`, 20_000) + `{}],"deep":{}}`,
		"450,000 numbers":   `{"text":"x","many":[` + strings.Repeat(`1,`, 450_000) + `1],"deep":{}}`,
		"nested 120 deep":   `{"text":"x","many":[1],"deep":` + strings.Repeat(`{"deep":[`, 60) + `1` + strings.Repeat(`]}`, 60) + `}`,
		"many odd members":  `{"text":"x","many":[1],"deep":{` + manyMembers(60_000) + `}}`,
		"numbers as nobody": `{"text":"x","many":[` + strings.Repeat(`1e999,`, 100_000) + `1],"deep":{}}`,
	} {
		decoded, err := value.Decode([]byte(text))
		if err != nil {
			tb.Fatal(name, err)
		}
		payloads[name] = decoded.Value
	}
	return payloads
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"custome%d":1,`, i)
	}
	return b.String() + `"last":1`
}

// hostileMappings are rules that would cost minutes or gigabytes, whatever else
// they are for.
func hostileMappings(tb testing.TB) map[string]rule.Mapping {
	tb.Helper()
	doubling := "let v0 = body.text + \"0123456789abcdef\"; "
	for i := 1; i <= 26; i++ {
		doubling += fmt.Sprintf("let v%d = v%d + v%d; ", i, i-1, i-1)
	}
	when := func(source string) rule.Mapping {
		return rule.Mapping{When: source, ActionType: "users_delete", ActionParameters: parameters(tb, `{"id":"body.text"}`)}
	}
	data := func(parameter string) rule.Mapping {
		return rule.Mapping{ActionType: "workflows_trigger", ActionParameters: parameters(tb, `{"key":"k","recipients":{"value":"u"},"data":`+parameter+`}`)}
	}
	to := func(parameter string) rule.Mapping {
		return rule.Mapping{ActionType: "workflows_trigger", ActionParameters: parameters(tb, `{"key":"k","recipients":`+parameter+`}`)}
	}
	return map[string]rule.Mapping{
		"doubling by let":             when(doubling + "len(v26) > 0"),
		"repeat":                      when(`len(repeat(body.text, 1000000)) > 0`),
		"replace":                     when(`len(replace(repeat("a", 90000), "a", repeat("b", 2000))) > 0`),
		"nested predicates":           when("any(body.many, let x = #; all(1..20000, any(body.many, # != x)))"),
		"regular expressions":         when(`any(1..1000, body.text matches "(a|aa|aaa)+b$")`),
		"all of it as data":           data(`"body"`),
		"built data":                  data(`{"expr":"{\"a\": map(1..50000, ({\"b\": {\"c\": body.text}}))}"}`),
		"data that is nested":         data(`{"expr":"{\"a\": reduce(1..50000, [#acc], body.deep)}"}`),
		"data that is shared":         data(`{"expr":"{\"a\": map(1..9000, body.deep)}"}`),
		"text that is shared":         data(`{"expr":"{\"a\": map(1..9000, body.text)}"}`),
		"every entry":                 to(`"body.many[*]"`),
		"every entry of every entry":  to(`"body.many[*].tags[*]"`),
		"nothing in any entry":        to(`"body.many[*].nobody.here"`),
		"all of the list":             to(`"body.many"`),
		"a name that is nearly there": to(`"body.deep.customer"`),
		"recipients that are built":   to(`{"expr":"map(1..50000, ({\"id\": \"u\", \"text\": body.text}))"}`),
	}
}

// Whatever a mapping and a payload say, it ends within its budget, alike on
// every run, and is failed where it had to be stopped.
func TestHostileMappings(t *testing.T) { //nolint:paralleltest // measures what is allocated
	payloads := hostilePayloads(t)
	for name, m := range hostileMappings(t) {
		m.Key, m.EventType = "hostile", "*"
		rules, problems := rule.Compile(rule.Definition{Mappings: []rule.Mapping{m}})
		if len(problems) > 0 {
			t.Fatal(name, problems)
		}
		spent := 0
		for payload, body := range payloads {
			in := rule.Input{Body: body, Event: rule.Event{Type: "t"}}
			var got rule.Evaluation
			allocated, took := measured(func() { got = rules.Evaluate(in) })
			t.Logf("%s, %s: %v, %d KiB", name, payload, took, allocated>>10)
			if allocated > maxAllocated {
				t.Errorf("%s, %s: %d bytes were allocated", name, payload, allocated)
			}
			for range 2 {
				if !reflect.DeepEqual(got, rules.Evaluate(in)) {
					t.Errorf("%s, %s: another run said something else", name, payload)
				}
			}
			if got.Verdicts[0].OverBudget {
				spent++
				checkStopped(t, name+", "+payload, got)
			}
		}
		if spent == 0 && !strings.Contains(harmless, name) {
			t.Errorf("%s: it was never stopped", name)
		}
	}
}

// harmless are those of the hostile mappings that the size of a request stops,
// or that find nothing.
const harmless = "all of it as data, text that is shared, data that is shared, all of the list, nothing in any entry, a name that is nearly there"

// checkStopped checks that what ran out of its budget says so where it failed:
// in its condition, or in a field.
func checkStopped(t *testing.T, name string, got rule.Evaluation) {
	t.Helper()
	message := got.Verdicts[0].Error
	if len(got.Actions) > 0 {
		message = got.Actions[0].Problem.Message
	} else if !got.Failed() || got.Verdicts[0].Reason != rule.ConditionFailed {
		t.Errorf("%s: %+v", name, got)
	}
	if !strings.Contains(message, "the rule ran out of its budget of ") {
		t.Errorf("%s: %s", name, message)
	}
}

func measured(do func()) (allocated uint64, took time.Duration) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	do()
	took = time.Since(began)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, took
}

// worst is as many of the worst mappings as there can be; each of them ends
// just within its own budget, or not at all.
func worst(tb testing.TB) map[string][]rule.Mapping {
	tb.Helper()
	all := map[string][]rule.Mapping{}
	for name, m := range map[string]rule.Mapping{
		"steps":    {When: "count(1..9000, # * 2 + 1 > 0 && # > 0) > 0"},
		"bytes":    {When: `len(repeat("a", 5000000)) > 0`},
		"spent":    {When: "any(1..50000, any(1..50000, # < 0))"},
		"requests": {ActionParameters: parameters(tb, `{"key":"k","recipients":{"value":"u"},"data":"body"}`)},
		"two":      {ActionParameters: parameters(tb, `{"key":"k","recipients":{"value":"u"},"data":"body","actor":{"expr":"{\"id\":\"x\",\"b\":body}"},"tenant":{"expr":"{\"id\":\"x\",\"b\":body}"}}`)},
		"JSON":     {ActionParameters: parameters(tb, `{"key":"k","recipients":{"value":"u"},"data":{"expr":"toJSON([body, body])"},"actor":{"expr":"toJSON([body.odd, body, body])"},"tenant":{"expr":"toJSON([body.some, body, body])"}}`)},
		"in vain":  {ActionParameters: parameters(tb, `{"key":"k","recipients":"body.text","tenant":"body.text","cancellation_key":"body.text","data":"body.text"}`)},
		"entries":  {ActionParameters: parameters(tb, `{"key":"k","recipients":"body.some[*]"}`)},
		"missing":  {ActionParameters: parameters(tb, `{"key":"k","recipients":"body.odd.customer"}`)},
	} {
		if m.ActionParameters == nil {
			m.ActionParameters = parameters(tb, `{"key":"k","recipients":{"value":"u"}}`)
		}
		for i := range rule.MaxMappings {
			m.Key, m.EventType, m.ActionType = fmt.Sprintf("m%d", i), "*", "workflows_trigger"
			all[name] = append(all[name], m)
		}
	}
	return all
}

func worstPayload(tb testing.TB) any {
	tb.Helper()
	decoded, err := value.Decode([]byte(`{"text":"` + strings.Repeat("b", 700_000) + `","some":["` +
		strings.Repeat(`u","`, 30_000) + `u"],"odd":{` + manyMembers(150) + `}}`))
	if err != nil {
		tb.Fatal(err)
	}
	return decoded.Value
}

// What all mappings of a webhook have together runs out too: those that are
// left have failed, and say so.
func TestAllMappingsTogetherHaveABudget(t *testing.T) { //nolint:paralleltest // measures what is allocated
	in := rule.Input{Body: worstPayload(t), Event: rule.Event{Type: "t"}}
	for name, mappings := range worst(t) {
		rules, problems := rule.Compile(rule.Definition{Mappings: mappings})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		var got rule.Evaluation
		allocated, took := measured(func() { got = rules.Evaluate(in) })
		asked, kept := 0, 0
		for _, v := range got.Verdicts {
			if !strings.Contains(v.Error, expression.ErrTotal.Error()) {
				asked++
			} else if v.OverBudget || v.Matched || v.Reason != rule.ConditionFailed {
				t.Errorf("%s: %+v", name, v)
			}
		}
		for _, a := range got.Actions {
			kept += len(a.Payload)
		}
		t.Logf("%s: %v, %d KiB, %d of %d mappings asked, requests of %d KiB", name, took, allocated>>10, asked, len(mappings), kept>>10)
		if most := uint64(12 * maxAllocated); allocated > most {
			t.Errorf("%s: %d bytes were allocated", name, allocated)
		}
		if kept > 20<<20 {
			t.Errorf("%s: %d bytes of requests are kept", name, kept)
		}
		if name != "missing" && asked > 60 {
			t.Errorf("%s: %d mappings were asked", name, asked)
		}
		if !reflect.DeepEqual(got, rules.Evaluate(in)) {
			t.Errorf("%s: another run said something else", name)
		}
	}
}

// A budget that was never spent is no matter for its neighbours.
func TestOrdinaryMappingsHaveEnoughTogether(t *testing.T) {
	t.Parallel()
	mappings := make([]rule.Mapping, rule.MaxMappings)
	for i := range mappings {
		mappings[i] = rule.Mapping{
			Key: fmt.Sprintf("m%d", i), EventType: "*", When: "body.data.object.amount_due > 5 && any(body.data.object.lines.data, .amount > 4900)",
			ActionType: "workflows_trigger", ActionParameters: parameters(t, `{"key":"k","recipients":"body.data.object.customer","data":"body"}`),
		}
	}
	var large map[string]any
	if err := json.Unmarshal([]byte(invoice), &large); err != nil {
		t.Fatal(err)
	}
	large["pad"] = strings.Repeat("x", 60_000)
	raw, err := json.Marshal(large)
	if err != nil {
		t.Fatal(err)
	}
	rules, _ := rule.Compile(rule.Definition{Mappings: mappings})
	if got := rules.Evaluate(input(t, raw)); got.Failed() || len(got.Actions) != len(mappings) {
		t.Errorf("%d actions: %+v", len(got.Actions), got.Verdicts[len(mappings)-1])
	}
}
