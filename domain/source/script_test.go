package source_test

import (
	"encoding/json"
	"errors"
	"testing"

	"daybook/domain/es"
	"daybook/domain/source"
)

func TestAScriptThatMeansNothingIsPassedOver(t *testing.T) {
	t.Parallel()
	for raw, idle := range map[string]bool{
		`null`:                                  true,
		`{"language":"javascript","source":""}`: true,
		`{"language":"javascript","source":" \n\t"}`:    true,
		`{"language":"javascript","source":"return 1"}`: false,
		`{"language":"javascript","source":null}`:       false,
		`{}`:             false,
		`""`:             false,
		`[]`:             false,
		`{"source":[]}`:  false,
		`{"source":"a"}`: false,
	} {
		_, err := defaults().Settings.Overlay(json.RawMessage(`{"preprocess_script":` + raw + `}`))
		var refusal *es.Refusal
		refused := errors.As(err, &refusal) && refusal.Field == "settings.preprocess_script"
		if refused == idle || (err != nil) == idle {
			t.Errorf("%s: %v, want passed over: %t", raw, err, idle)
		}
	}
}

func TestAKnownScriptIsKnownHoweverItIsSetOut(t *testing.T) {
	t.Parallel()
	known := source.ScriptSum("function main({ headers }) {\n  return { verified: true };\n}")
	for text, idle := range map[string]bool{
		"function main({ headers }) {\n  return { verified: true };\n}":           true,
		"function main({headers}) {\r\n\treturn {verified: true};\r\n}\r\n":       true,
		"function main({ headers }) {\n  return { verified: false };\n}":          false,
		"function main({ headers }) {\n  return { verified: true };\n} // really": false,
	} {
		raw, err := json.Marshal(map[string]string{"language": "javascript", "source": text})
		if err != nil {
			t.Fatal(err)
		}
		if got := source.IsIdleScript(raw, known); got != idle {
			t.Errorf("%s is passed over: %t, want %t", raw, got, idle)
		}
	}
}
