package expression_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"daybook/domain/expression"
	"daybook/domain/fieldpath"
)

// hostile is a document that is as large as a payload may be: a string of
// 900 kB, a list of 20,000 numbers, one of 500,000, and a deep one.
func hostile() fieldpath.Document {
	many := make([]any, 20_000)
	for i := range many {
		many[i] = int64(i)
	}
	more := make([]any, 500_000)
	for i := range more {
		more[i] = int64(1)
	}
	texts := make([]any, 2_000)
	for i := range texts {
		texts[i] = strings.Repeat("a", 400) + fmt.Sprint(i%7)
	}
	var deep any = int64(1)
	for range 120 {
		deep = []any{deep, deep}
	}
	return fieldpath.Document{
		Body: map[string]any{
			"text": strings.Repeat("a", 900_000), "same": strings.Repeat("a", 900_000),
			"many": many, "more": more, "texts": texts, "deep": deep, "one": "0123456789abcdef",
			"json": "[" + strings.Repeat("[],", 300_000) + "0]",
		},
		Headers: map[string]any{}, Event: map[string]any{},
	}
}

// expensive are expressions that would take minutes or gigabytes.
func expensive() map[string]string {
	doubling := "let v0 = body.one; "
	for i := 1; i <= 26; i++ {
		doubling += fmt.Sprintf("let v%d = v%d + v%d; ", i, i-1, i-1)
	}
	lists := "let v0 = body.many; "
	for i := 1; i <= 26; i++ {
		lists += fmt.Sprintf("let v%d = concat(v%d, v%d); ", i, i-1, i-1)
	}
	return map[string]string{
		"a loop in a loop":            "count(body.many, let x = #; count(body.many, # == x) == 1) > 0",
		"doubling a string":           doubling + "len(v26) > 0",
		"doubling a list":             lists + "len(v26) > 0",
		"repeat":                      `len(repeat("a", 1000000000)) > 0`,
		"repeat in a loop":            `any(1..5000, len(repeat("aaaaaaaaaa", 10000)) < 0)`,
		"replace":                     `len(replace(body.text, "a", repeat("b", 2000))) > 0`,
		"replace of nothing":          `len(replace(body.text, "", "bbbbbbbbbbbb")) > 0`,
		"a long range":                "sum(map(1..100000000, #)) > 0",
		"the longest range":           "len((-9223372036854775807)..9223372036854775807) > 0",
		"ranges in a loop":            "any(1..1000, len(1..10000) < 0)",
		"building by reduce":          `len(reduce(body.many, #acc + "0123456789", "")) > 0`,
		"toJSON in a loop":            "any(body.many, len(toJSON(body.text)) < 0)",
		"toJSON of twins":             "len(toJSON(body.deep)) > 0",
		"fromJSON":                    `len(fromJSON("[" + join(map(body.more, "[]"), ",") + "]")) > 0`,
		"reading many lists":          "len(fromJSON(body.json)) > 0",
		"comparing long strings":      "any(body.many, body.text != body.same)",
		"ordering long strings":       "any(body.many, body.text < body.same)",
		"contains in a loop":          `any(body.many, body.text contains "b")`,
		"matches in a loop":           `any(body.many, body.text matches "(a|aa)+b$")`,
		"a large pattern":             `body.text matches "(a{1,9}){1,9}b"`,
		"lower in a loop":             "any(body.many, lower(body.text) == body.one)",
		"split":                       `len(split(body.text, "")) > 0`,
		"splitting in a loop":         `any(body.many, len(split(body.one, "")) < 0)`,
		"join":                        `len(join(map(1..50000, body.text), ",")) > 0`,
		"sorting":                     "len(sort(body.more)) > 0",
		"sorting strings":             "any(1..100, len(sort(body.texts)) < 0)",
		"sorting by a long key":       "len(sortBy(body.many, body.text)) > 0",
		"uniq":                        "len(uniq(body.many)) > 0",
		"in":                          "any(body.many, -1 in body.many)",
		"equal lists":                 "any(1..3, body.many != map(body.many, #))",
		"equal twins":                 "body.deep == map(body.deep, #)",
		"flatten":                     "len(flatten(body.deep)) > 0",
		"min of twins":                "min(body.deep) > 0",
		"objects":                     `len(map(body.many, ({"a": #, "b": {"c": #}}))) > 0`,
		"lists in a loop":             "any(body.many, len(map(body.many, #)) < 0)",
		"filter":                      "len(filter(body.more, # == 1)) > 0",
		"counting characters":         "any(body.many, len(body.text) < 0)",
		"slicing in a loop":           "any(body.many, body.text[1:] == body.one)",
		"trim":                        `any(body.many, trim(body.text, "abcdefgh") == "b")`,
		"base64 in a loop":            "any(body.many, len(toBase64(body.text)) < 0)",
		"reverse in a loop":           "any(body.many, len(reverse(body.many)) < 0)",
		"nesting by reduce":           "len(toJSON(reduce(1..40000, [#acc], 0))) > 0",
		"numbers as text":             "any(1..100000, string(# * 100000) == body.one)",
		"keys in a loop":              "any(body.many, len(keys(body)) < 0)",
		"arithmetic over all entries": "sum(body.more, # * 2 + 1) > 0",
	}
}

// These run one after the other, and alone in the package: what they allocate
// is measured.
func TestExpensiveExpressionsEndWithinTheirBudget(t *testing.T) { //nolint:paralleltest // measures allocations
	doc := hostile()
	for name, source := range expensive() {
		t.Run(name, func(t *testing.T) {
			x, err := expression.CompileCondition(source)
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start, budget := time.Now(), expression.NewBudget()
			_, err = x.Decide(doc, budget)
			took := time.Since(start)
			runtime.ReadMemStats(&after)

			if err == nil || !strings.Contains(err.Error(), "ran out of its budget") && !strings.Contains(err.Error(), "nested too deeply") {
				t.Errorf("error = %v, want one about the budget", err)
			}
			allocated := after.TotalAlloc - before.TotalAlloc
			t.Logf("%v, %d KiB, %d steps, %d bytes counted", took, allocated>>10, budget.Steps(), budget.Bytes())
			if allocated > 16<<20 {
				t.Errorf("allocated %d bytes", allocated)
			}
			if _, again := x.Decide(doc, expression.NewBudget()); fmt.Sprint(again) != fmt.Sprint(err) {
				t.Errorf("first %v, then %v", err, again)
			}
		})
	}
}

func TestWhatShouldNotEvenBeParsed(t *testing.T) {
	t.Parallel()
	twice := "1"
	for range 30 {
		twice = "0 < (" + twice + ") < 9"
	}
	tests := map[string]struct{ source, want string }{
		"a million brackets":     {strings.Repeat("(", 1_000_000), "the expression has 1000000 bytes; shorten it to 4096 (1:1)"},
		"brackets":               {strings.Repeat("(", 200) + "1", "the brackets are nested deeper than 100; simplify the expression (1:101)"},
		"a million operators":    {strings.Repeat("!", 1_000_000), "the expression has 1000000 bytes; shorten it to 4096 (1:1)"},
		"many operators":         {strings.Repeat("!", 4000) + "true", "compilation failed: expression exceeds maximum allowed nodes (1:"},
		"many parts":             {strings.Repeat("1+", 400) + "1", "compilation failed: expression exceeds maximum allowed nodes (1:"},
		"an exponential tree":    {twice, "the expression has more than 500 parts; simplify it (1:"},
		"an enormous pattern":    {`body.a matches "` + strings.Repeat("a{1000}", 500) + `"`, "the pattern is too large"},
		"a nested enormous one":  {`body.a matches "((a{30}){30}){30}"`, "the pattern"},
		"a pattern from a value": {"body.a matches body.b", "write the pattern of matches as text in quotes (1:"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := expression.Compile(test.source)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("Compile = %v, want %s…", err, test.want)
			}
		})
	}
}
