// Package local is the built-in destination: a directory of users, objects,
// tenants, audiences and workflow runs.
//
// The directory is a projection of the log, so there is nothing to be done
// here but to say what the result is: that the outcome is appended is the
// effect. An action whose outcome is in the log has happened, and one whose
// outcome is not has not; between the two there is nothing.
package local

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"daybook/app/destination"
	"daybook/domain/action"
	"daybook/domain/value"
	"daybook/domain/webhook"
)

// runSpace is the namespace of the ids of workflow runs. It never changes.
const runSpace = "5f7f4c52-9a0c-5b1e-8d6b-6a1f0f5f2b77"

// Destination is the built-in destination.
type Destination struct{}

// Terms says that nothing is sent, and that an outcome counts once.
func (Destination) Terms(destination.Action) destination.Terms {
	return destination.Terms{Repeats: webhook.Repeats{Always: true}}
}

// CarryOut returns the result of an action that the directory shows once its
// outcome is recorded.
func (Destination) CarryOut(_ context.Context, a destination.Action) destination.Outcome {
	if definition, known := action.Lookup(a.Type); !known || !definition.Local {
		return destination.NotSupported("local", a.Type)
	}
	members := map[string]any{}
	if a.LeftOut {
		members = repeat(a.Payload)
	}
	if a.Type == action.WorkflowsTrigger {
		members["workflow_run_id"] = RunID(a.ID)
	}
	if len(members) == 0 {
		return destination.Outcome{}
	}
	result, err := json.Marshal(members)
	if err != nil {
		return destination.Outcome{Class: webhook.ClassInvalid, Error: fmt.Sprintf("write the result: %v", err)}
	}
	return destination.Outcome{Result: result}
}

// maxRepeated bounds what a result repeats of a request, in bytes: the results
// of all actions of a webhook are recorded at once.
const maxRepeated = 8 << 10

// repeat returns what the directory shows of a request that the log does not
// hold: all but its data, as far as there is room.
func repeat(payload json.RawMessage) map[string]any {
	repeated, room := map[string]any{}, maxRepeated
	for name, given := range value.Members(payload) {
		if name != "data" && len(given) <= room {
			repeated[name], room = given, room-len(given)
		}
	}
	return repeated
}

// RunID returns the id of the workflow run that an action starts: the same
// whenever the action is carried out.
func RunID(actionID string) string {
	return uuid.NewSHA1(uuid.MustParse(runSpace), []byte(actionID)).String()
}
