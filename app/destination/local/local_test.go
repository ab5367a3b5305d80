package local_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	"daybook/app/destination"
	"daybook/app/destination/local"
	"daybook/domain/action"
	"daybook/domain/webhook"
)

var _ destination.Destination = local.Destination{}

func TestCarryOut(t *testing.T) {
	t.Parallel()
	types, carriedOut := []action.Type{"no_such_action"}, map[action.Type]bool{}
	for _, d := range action.Catalogue() {
		types = append(types, d.Type)
		carriedOut[d.Type] = d.Type != action.HTTPRequest
	}
	for _, kind := range types {
		outcome := local.Destination{}.CarryOut(t.Context(), destination.Action{ID: "a", Type: kind})
		switch {
		case (local.Effect(kind) != "") != carriedOut[kind]:
			t.Errorf("%s: what the directory shows of it is said to be %q", kind, local.Effect(kind))
		case carriedOut[kind] && outcome.Class != "":
			t.Errorf("%s: %+v", kind, outcome)
		case !carriedOut[kind] && outcome.Class != webhook.ClassNotSupported:
			t.Errorf("%s: %+v, want that it is not supported", kind, outcome)
		case !carriedOut[kind] && !strings.Contains(outcome.Error, string(kind)):
			t.Errorf("%s: %q does not say which action", kind, outcome.Error)
		}
	}
}

func TestARunHasTheSameIDEachTime(t *testing.T) {
	t.Parallel()
	trigger := func(id string) string {
		outcome := local.Destination{}.CarryOut(t.Context(), destination.Action{ID: id, Type: action.WorkflowsTrigger})
		var run struct {
			ID string `json:"workflow_run_id"`
		}
		if err := json.Unmarshal(outcome.Result, &run); err != nil {
			t.Fatal(err)
		}
		if _, err := uuid.Parse(run.ID); err != nil || run.ID != local.RunID(id) {
			t.Errorf("the run is called %q (%v)", run.ID, err)
		}
		return run.ID
	}
	first, again, other := trigger("a"), trigger("a"), trigger("b")
	if first != again || first == other {
		t.Error("a run's id does not follow from its action's")
	}
}

// TestLeftOut: of a request that the log does not hold, the result says what the
// directory shows.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 9<<10)
	for payload, want := range map[string]string{
		`{"data":{"a":"` + large + `"},"key":"paid","recipients":["cus_1"]}`:   `{"key":"paid","recipients":["cus_1"],"workflow_run_id":"` + local.RunID("a") + `"}`,
		`{"key":"paid","recipients":["` + large + `"],"tenant":{"id":"acme"}}`: `{"key":"paid","tenant":{"id":"acme"},"workflow_run_id":"` + local.RunID("a") + `"}`,
	} {
		outcome := local.Destination{}.CarryOut(t.Context(), destination.Action{
			ID: "a", Type: action.WorkflowsTrigger, Payload: json.RawMessage(payload), LeftOut: true,
		})
		if outcome.Class != "" || string(outcome.Result) != want {
			t.Errorf("the outcome is %.200s (%s), want %s", outcome.Result, outcome.Error, want)
		}
	}
	if outcome := (local.Destination{}).CarryOut(t.Context(), destination.Action{
		ID: "a", Type: action.UsersIdentify, Payload: json.RawMessage(`{"id":"u"}`),
	}); outcome.Result != nil {
		t.Errorf("a request that the log holds is repeated: %s", outcome.Result)
	}
}
