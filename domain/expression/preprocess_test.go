package expression_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/expression"
	"daybook/domain/fieldpath"
)

func TestPreprocess(t *testing.T) {
	t.Parallel()
	doc := fieldpath.Document{
		Body:    map[string]any{"kind": "Invoice", "action": "Paid", "id": int64(7), "meta": map[string]any{"a": true}},
		Headers: map[string]any{"x-topic": "orders"},
		Event:   map[string]any{"id": "never seen"},
	}
	for source, want := range map[string]map[string]any{
		`{"type": lower(body.kind + "." + body.action), "key": headers["x-topic"] + ":" + string(body.id)}`: {"type": "invoice.paid", "key": "orders:7"},
		`body.meta`:                              {"a": true},
		`let event = body.kind; {"type": event}`: {"type": "Invoice"},
		`body.id == 7 ? {"seven": true} : nil`:   {"seven": true},
	} {
		x, err := expression.CompilePreprocess(source)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		got, err := x.EvalObject(doc, expression.NewBudget())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", source, err, diff)
		}
	}
}

func TestPreprocessHasToGiveAnObject(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`{"a": event.type}`:         "unknown name event; it is made from what this expression gives, which sees body and headers only (1:7)",
		"{\n  \"a\": preprocess.a}": "unknown name preprocess; it is made from what this expression gives, which sees body and headers only (2:8)",
		`"text"`:                    `the expression gives a string; it has to give an object, as in {"type": body.kind} (1:1)`,
		`[body]`:                    `the expression gives a list; it has to give an object, as in {"type": body.kind} (1:1)`,
		`nil`:                       `the expression gives something else; it has to give an object, as in {"type": body.kind} (1:1)`,
		`body.a > 1`:                `the expression gives true or false; it has to give an object, as in {"type": body.kind} (1:1)`,
		`{"a": now()}`:              "now is not available",
	} {
		_, err := expression.CompilePreprocess(source)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}

func TestPreprocessThatFails(t *testing.T) {
	t.Parallel()
	doc := fieldpath.Document{Body: map[string]any{"text": "x", "list": []any{}}}
	for source, want := range map[string]string{
		`body.list`:                       "the expression gives a list, not an object (1:6)",
		`body.none`:                       "the expression gives null, not an object (1:6)",
		`{"a": body.none.deeper}`:         "cannot fetch deeper from <nil>: body.none is null or missing; write ?. before the name if it may be (1:17)",
		`{"a": repeat("a", 100_000_000)}`: "the rule ran out of its budget of 6291456 bytes (1:7)",
	} {
		x, err := expression.CompilePreprocess(source)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.EvalObject(doc, expression.NewBudget()); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}
