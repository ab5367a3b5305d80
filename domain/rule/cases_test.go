package rule_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"daybook/domain/action"
	"daybook/domain/rule"
	"daybook/domain/value"
)

var update = flag.Bool("update", false, "write what the cases give into their files")

// Each case is one file: mappings, a payload, and what must come of them. Its
// first lines say what it is about.
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil || len(archive.Files) != 3 {
				t.Fatal(err)
			}
			got := evaluateCase(t, archive.Files[0].Data, archive.Files[1].Data)
			if *update {
				archive.Files[2].Data = got
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[2].Data), string(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", archive.Comment, diff)
			}
		})
	}
}

func evaluateCase(t *testing.T, mappings, payload []byte) []byte {
	t.Helper()
	var definition rule.Definition
	if err := json.Unmarshal(mappings, &definition.Mappings); err != nil {
		t.Fatal(err)
	}
	rules, _ := rule.Compile(definition)
	got := rules.Evaluate(input(t, payload))
	for i, planned := range got.Actions {
		if planned.SHA256 != action.SHA256(planned.Payload) {
			t.Errorf("%s: the hash is not the payload's", planned.MappingKey)
		}
		got.Actions[i].SHA256 = "?"
	}
	if again := rules.Evaluate(input(t, payload)); len(again.Actions) != len(got.Actions) {
		t.Error("a second evaluation came out differently")
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(got); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// input is a payload as it would arrive at a source.
func input(tb testing.TB, payload []byte) rule.Input {
	tb.Helper()
	decoded, err := value.Decode(payload)
	if err != nil {
		tb.Fatal(err)
	}
	body, _ := decoded.Value.(map[string]any)
	eventType, _ := body["type"].(string)
	return rule.Input{
		Body:    decoded.Value,
		Headers: map[string]string{"user-agent": "Stripe/1.0", "x-request-id": "req_1"},
		Event: rule.Event{
			ID: "development.stripe.evt_1", Type: eventType, Key: "evt_1",
			Source: "stripe", Environment: "development", ReceivedAt: "2026-11-24T10:00:00.000Z",
		},
	}
}
