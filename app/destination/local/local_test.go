package local_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"daybook/app/destination"
	"daybook/app/destination/local"
	"daybook/domain/action"
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
		_, err := local.Destination{}.CarryOut(t.Context(), destination.Action{ID: "a", Type: kind})
		var notSupported *destination.NotSupportedError
		switch {
		case (local.Effect(kind) != "") != carriedOut[kind]:
			t.Errorf("%s: what the directory shows of it is said to be %q", kind, local.Effect(kind))
		case carriedOut[kind] && err != nil:
			t.Errorf("%s: %v", kind, err)
		case !carriedOut[kind] && !errors.As(err, &notSupported):
			t.Errorf("%s: %v, want that it is not supported", kind, err)
		case !carriedOut[kind] && !strings.Contains(err.Error(), string(kind)):
			t.Errorf("%s: %q does not say which action", kind, err)
		}
	}
}

func TestARunHasTheSameIDEachTime(t *testing.T) {
	t.Parallel()
	trigger := func(id string) string {
		result, err := local.Destination{}.CarryOut(t.Context(), destination.Action{ID: id, Type: action.WorkflowsTrigger})
		if err != nil {
			t.Fatal(err)
		}
		var run struct {
			ID string `json:"workflow_run_id"`
		}
		if err := json.Unmarshal(result, &run); err != nil {
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
		result, err := local.Destination{}.CarryOut(t.Context(), destination.Action{
			ID: "a", Type: action.WorkflowsTrigger, Payload: json.RawMessage(payload), LeftOut: true,
		})
		if err != nil || string(result) != want {
			t.Errorf("the result is %.200s (%v), want %s", result, err, want)
		}
	}
	if result, err := (local.Destination{}).CarryOut(t.Context(), destination.Action{
		ID: "a", Type: action.UsersIdentify, Payload: json.RawMessage(`{"id":"u"}`),
	}); err != nil || result != nil {
		t.Errorf("a request that the log holds is repeated: %s (%v)", result, err)
	}
}
