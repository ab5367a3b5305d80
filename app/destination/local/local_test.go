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
	carriedOut := map[action.Type]bool{
		action.UsersIdentify: true, action.UsersDelete: true, action.WorkflowsTrigger: true, action.WorkflowsCancel: true,
	}
	types := []action.Type{"no_such_action"}
	for _, d := range action.Catalogue() {
		types = append(types, d.Type)
	}
	for _, kind := range types {
		_, err := local.Destination{}.CarryOut(t.Context(), destination.Action{ID: "a", Type: kind})
		var notSupported *destination.NotSupportedError
		switch {
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
