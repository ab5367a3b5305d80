package expression_test

import (
	"encoding/json"
	"strings"
	"testing"

	"daybook/domain/expression"
	"daybook/domain/fieldpath"
	"daybook/domain/value"
)

// TestExamples: what people are shown is what they get, and each example of a
// function calls it.
func TestExamples(t *testing.T) {
	t.Parallel()
	body, err := value.Decode([]byte(expression.ExampleBody))
	if err != nil {
		t.Fatal(err)
	}
	doc := fieldpath.Document{Body: body.Value, Event: map[string]any{"type": "invoice.paid"}}
	examples := expression.Operators()
	for _, group := range expression.Functions() {
		for _, f := range group.Examples {
			if !strings.HasPrefix(f.Source, f.Name+"(") {
				t.Errorf("the example of %s is %s", f.Name, f.Source)
			}
			examples = append(examples, f)
		}
	}
	for _, example := range examples {
		got, err := evaluate(example.Source, doc)
		if err != nil {
			t.Errorf("%s: %v", example.Source, err)
			continue
		}
		text, err := json.Marshal(got)
		if err != nil || string(text) != example.Value {
			t.Errorf("%s gives %s (%v), and is said to give %s", example.Source, text, err, example.Value)
		}
	}
}
