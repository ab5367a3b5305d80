package expression_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/expr-lang/expr/builtin"
	"github.com/google/go-cmp/cmp"

	"daybook/domain/expression"
	"daybook/domain/fieldpath"
	"daybook/domain/value"
)

func TestValuesOfItsOwn(t *testing.T) {
	t.Parallel()
	doc := sampleDocument(t)
	tests := map[string]any{
		`9223372036854775807 > 9223372036854775806.0`: false, // 2⁶³ as a float64
		`9007199254740993 == 9007199254740992.0`:      false,
		`"héllo"[1:2]`:                                "é",
		`"héllo"[:-1]`:                                "héll",
		`toJSON({"b": 1, "a": [1.5, "x"]})`:           `{"a":[1.5,"x"],"b":1}`,
		`keys({"b": 1, "a": 2})`:                      []any{"a", "b"},
		`values({"b": 1, "a": 2})`:                    []any{int64(2), int64(1)},
		`string(1e21)`:                                "1e+21",
		`get(body, 5)`:                                nil,
		`1 in body.customer`:                          false,
		`nil in body.customer`:                        false,
		`(-9223372036854775807) % -1`:                 int64(0),
		`split("a,b,c", ",", -5)`:                     []any{"a", "b", "c"},
		`first(body.none)`:                            nil,
		`event.received_at > "2026-01-01"`:            true,
	}
	for source, want := range tests {
		got, err := evaluate(source, doc)
		if err != nil {
			t.Errorf("%s: %v", source, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", source, diff)
		}
	}
}

func TestFailuresSayWhatAndWhere(t *testing.T) {
	t.Parallel()
	doc := sampleDocument(t)
	tests := map[string]string{
		"body.data.object.amount_due > 5000": "cannot fetch object from <nil>: body.data is null or missing; write ?. before the name if it may be (1:11)",
		"body.amount > 1 &&\n  body.none.a":  "cannot fetch a from <nil>: body.none is null or missing; write ?. before the name if it may be (2:13)",
		"body.id.a":                          "cannot fetch a from a string: body.id is not an object (1:9)",
		"body.tags[4]":                       "index out of range: body.tags has 4 entries, and none at 4 (1:10)",
		`body.missing > 5000`:                "cannot compare null with a number: null and 5000 have no order (1:14)",
		`body.id - 1`:                        `cannot compute "evt_1" - 1: a string and a number do not go together (1:9)`,
		`body.id || true`:                    "body.id is a string, not true or false (1:6)",
		`9223372036854775807 + 1`:            "9223372036854775807 + 1 does not fit in 64 bits (1:21)",
		`-9223372036854775807 - 2`:           "-9223372036854775807 - 2 does not fit in 64 bits (1:22)",
		`4611686018427387904 * 2`:            "4611686018427387904 * 2 does not fit in 64 bits (1:21)",
		`4611686018427387904 * -3`:           "4611686018427387904 * -3 does not fit in 64 bits (1:21)",
		`1 / body.zero`:                      "division by zero: 1 / 0 (1:3)",
		`1 % body.zero`:                      "division by zero: 1 % 0 (1:3)",
		`10 ** 400`:                          "10 ** 400 is not a finite number (1:4)",
		`(-1) ** 0.5`:                        "-1 ** 0.5 is not a finite number (1:6)",
		`int(1e300)`:                         "1e+300 does not fit in 64 bits (1:1)",
		`int("0x10")`:                        `"0x10" is not a whole number of 64 bits (1:1)`,
		`float("Infinity")`:                  `"Infinity" is not a number (1:1)`,
		`string(body.tags)`:                  "string of a list; toJSON writes lists and objects, ?? replaces null (1:1)",
		`any(body.tags, #)`:                  "the condition of any is a string, not true or false (1:1)",
		`map(body.customer, #)`:              "map needs a list; body.customer is an object (1:10)",
		`fromJSON("1e999")`:                  "the number 1e999 is neither a whole number of 64 bits nor one that a float64 holds (1:1)",
		`fromBase64("/w==")`:                 "fromBase64: what was encoded is not text (1:1)",
		`toJSON(reduce(1..600, [#acc], 0))`:  "toJSON: nested too deeply (1:1)",
	}
	for source, want := range tests {
		_, err := evaluate(source, doc)
		if err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", source, err, want)
		}
	}
}

func TestWhatCannotBeCompiled(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"bdy.id == 1":            "unknown name bdy (1:1)",
		"event.kind":             "unknown field kind (1:7)",
		"$env.body":              "unknown name $env; there are body, headers, event and preprocess (1:1)",
		`$env["body"]`:           "unknown name $env; there are body, headers, event and preprocess (1:1)",
		"now()":                  "now is not available: a rule has no clock, so that a replay decides as the first time did (1:1)",
		`date("2026-01-01") > 1`: "date is not available: a rule has no clock, so that a replay decides as the first time did (1:1)",
		"lenn(body)":             "there is no function lenn; did you mean len? (1:1)",
		"body.a()":               "only the functions of the language can be called (1:6)",
		"groupBy(body.a, #)":     "there is no function groupBy; there are abs, all,",
		`b"abc"`:                 "write the text without the b before it (1:1)",
		"body.a >":               "the expression ends too early (1:8)",
		`1 + "a"`:                `invalid operation: + (mismatched types int and string) (1:3)`,
		"#":                      "unexpected token Operator(\"#\") (1:1)",
		"":                       "the expression ends too early (1:1)",
		`len()`:                  "invalid number of arguments (expected 1, got 0) (1:1)",
	}
	for source, want := range tests {
		_, err := expression.Compile(source)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", source, err, want)
			continue
		}
		var located *expression.Error
		if !errors.As(err, &located) || located.Line < 1 || located.Column < 1 {
			t.Errorf("%s: %#v has no place", source, err)
		}
	}
	if _, err := expression.CompileCondition("1 + 1"); err == nil {
		t.Error("a number was taken for a condition")
	}
}

func TestNumbersThatCannotBeHeld(t *testing.T) {
	t.Parallel()
	const huge = "123456789012345678901234567890"
	doc := fieldpath.Document{Body: map[string]any{
		"n": value.Unrepresentable(huge), "list": []any{value.Unrepresentable(huge)}, "ok": int64(1),
	}}
	for _, source := range []string{
		"body.n > 5", "body.n == nil", "body.list[0]", "any(body.list, # == 1)", "1 in body.list", "sum(body.list)", "body.list == [1]",
		"first(body.list)", "string(body.n)", "let x = body; x.n", "max(body.list)", "find(body.list, true)", "get(body, 'n')", "uniq([1, body.list[0]])",
	} {
		_, err := evaluate(source, doc)
		if err == nil {
			t.Errorf("%s did not fail", source)
		}
	}
	for _, source := range []string{"body.ok == 1", "body", "len(body.list)", "toJSON(body.list) contains '" + huge + "'"} {
		if _, err := evaluate(source, doc); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestTraces(t *testing.T) {
	t.Parallel()
	doc := sampleDocument(t)
	tests := map[string]expression.Decision{
		"(body.missing ?? 0) > 5000":                              {Matched: false, Trace: "(body.missing ?? 0) > 5000: 0 > 5000 → false"},
		"body.amount > 5000 && body.livemode":                     {Matched: false, Trace: "body.amount > 5000: 1200 > 5000 → false"},
		"body.amount > 500 && body.livemode":                      {Matched: false, Trace: "body.livemode → false"},
		"body.amount > 500 && !body.livemode":                     {Matched: true, Trace: "body.amount > 500: 1200 > 500 → true; body.livemode → false"},
		"body.livemode or body.id startsWith 'evt'":               {Matched: true, Trace: `body.id startsWith "evt": "evt_1" startsWith "evt" → true`},
		"body.livemode || body.none == 1":                         {Matched: false, Trace: "body.livemode → false; body.none == 1: null == 1 → false"},
		"any(body.tags, # == 'c')":                                {Matched: true, Trace: `any(body.tags, # == "c") → true`},
		"body.tags == body.numbers":                               {Matched: false, Trace: "body.tags == body.numbers: [4 entries] == [5 entries] → false"},
		"1 == 2":                                                  {Matched: false, Trace: "1 == 2 → false"},
		"true && true && true && body.amount == 1200 && 1 in [1]": {Matched: true, Trace: "true → true; true → true; true → true and 2 more"},
	}
	for source, want := range tests {
		x, err := expression.CompileCondition(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		got, err := x.Decide(doc, expression.NewBudget())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", source, err, diff)
		}
	}
}

func TestTracesAreShort(t *testing.T) {
	t.Parallel()
	doc := fieldpath.Document{Body: map[string]any{"a": strings.Repeat("é\x00", 100_000)}}
	source := "body.a != '" + strings.Repeat("b", 3000) + "' && body.a != 'c' && body.a != 'd'"
	x, err := expression.CompileCondition(source)
	if err != nil {
		t.Fatal(err)
	}
	got, err := x.Decide(doc, expression.NewBudget())
	if err != nil || len(got.Trace) > 520 {
		t.Errorf("%d bytes, %v", len(got.Trace), err)
	}
}

func TestOneExpressionForManyGoroutines(t *testing.T) {
	t.Parallel()
	x, err := expression.CompileCondition("sum(map(body.numbers, let y = #; y * body.k)) == 17.5 * body.k")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for k := range 8 {
		group.Go(func() {
			doc := fieldpath.Document{Body: map[string]any{"k": int64(k), "numbers": []any{int64(3), int64(1), 2.5, int64(10), int64(1)}}}
			for range 200 {
				budget := expression.NewBudget()
				if got, err := x.Decide(doc, budget); err != nil || !got.Matched || budget.Steps() > 100 {
					t.Errorf("k = %d: %v, %v, %d steps", k, got, err, budget.Steps())
				}
			}
		})
	}
	group.Wait()
}

func TestABudgetIsShared(t *testing.T) {
	t.Parallel()
	x, err := expression.Compile("len(map(1..20000, #))")
	if err != nil {
		t.Fatal(err)
	}
	budget := expression.NewBudget()
	if _, err := x.Eval(fieldpath.Document{}, budget); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Eval(fieldpath.Document{}, budget); err == nil {
		t.Error("the second evaluation had a budget of its own")
	}
}

func FuzzExpression(f *testing.F) {
	for name, source := range expensive() {
		_ = name
		f.Add(source, sample)
	}
	f.Add("(body.data.object.amount_due ?? 0) > 5000 && body.livemode", `{"data":{"object":{"amount_due":1e400}}}`)
	f.Add("0 < (0 < (1) < 2) < 3", `[]`)
	f.Fuzz(func(t *testing.T, source, payload string) {
		doc := fieldpath.Document{Headers: map[string]any{}, Event: map[string]any{}}
		if decoded, err := value.Decode([]byte(payload)); err == nil {
			doc.Body = decoded.Value
		}
		x, err := expression.Compile(source)
		if err != nil {
			return
		}
		budget := expression.NewBudget()
		got, err := x.Eval(doc, budget)
		again, errAgain := x.Eval(doc, expression.NewBudget())
		if (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() || !cmp.Equal(got, again) {
			t.Errorf("first %v, %v; then %v, %v", got, err, again, errAgain)
		}
		if err != nil && strings.Contains(err.Error(), "cannot be evaluated") {
			t.Errorf("panic: %v", err)
		}
		if err == nil {
			if _, err := value.AppendCanonical(nil, got, 1<<20); err != nil && !errors.Is(err, value.ErrTooLarge) && !errors.Is(err, value.ErrTooDeep) {
				t.Errorf("%s gives what is not a value: %v", source, err)
			}
		}
	})
}

func TestEveryFunctionThatIsNamedIsThere(t *testing.T) {
	t.Parallel()
	_, err := expression.Compile("nosuchfunction(1)")
	_, list, ok := strings.Cut(err.Error(), "; there are ")
	if !ok || strings.Contains(list, "…") {
		t.Fatal(err)
	}
	list, _, _ = strings.Cut(list, " (")
	for name := range strings.SplitSeq(list, ", ") {
		if _, err := expression.Compile(name + "(body.a, body.b)"); err != nil && strings.Contains(err.Error(), "there is no function") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, f := range builtin.Builtins {
		_, err := expression.Compile(f.Name + "(body.a, body.b)")
		missing := err != nil && (strings.Contains(err.Error(), "there is no function") || strings.Contains(err.Error(), "not available"))
		if named := slices.Contains(strings.Split(list, ", "), f.Name); named == missing {
			t.Errorf("%s: named %t, missing %t", f.Name, named, missing)
		}
	}
}
