// Package local is the built-in destination: a directory of users and workflow
// runs.
//
// The directory is a projection of the log, so there is nothing to be done
// here but to say what the result is: that the outcome is appended is the
// effect. An action whose outcome is in the log has happened, and one whose
// outcome is not has not; between the two there is nothing.
package local

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"daybook/app/destination"
	"daybook/domain/action"
)

// runSpace is the namespace of the ids of workflow runs. It never changes.
const runSpace = "5f7f4c52-9a0c-5b1e-8d6b-6a1f0f5f2b77"

// Destination is the built-in destination.
type Destination struct{}

// CarryOut returns the result of an action that the directory shows once its
// outcome is recorded.
func (Destination) CarryOut(_ context.Context, a destination.Action) (json.RawMessage, error) {
	if definition, known := action.Lookup(a.Type); !known || !definition.Local {
		return nil, &destination.NotSupportedError{Destination: "local", Type: a.Type}
	}
	if a.Type == action.WorkflowsTrigger {
		return json.Marshal(triggered{RunID(a.ID)})
	}
	return nil, nil
}

// triggered is the result of workflows_trigger.
type triggered struct {
	WorkflowRunID string `json:"workflow_run_id"`
}

// RunID returns the id of the workflow run that an action starts: the same
// whenever the action is carried out.
func RunID(actionID string) string {
	return uuid.NewSHA1(uuid.MustParse(runSpace), []byte(actionID)).String()
}
