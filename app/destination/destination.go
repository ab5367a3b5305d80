// Package destination is where actions are carried out: what a worker hands
// over, and what it gets back. Each kind of destination is a package in this
// folder.
package destination

import (
	"context"
	"encoding/json"
	"fmt"

	"daybook/domain/action"
)

// Destination carries actions out. It may be used by many goroutines at once.
type Destination interface {
	// CarryOut carries an action out and returns its result, a JSON object, or
	// nothing. Given the same action again it does the same as if it had been
	// given it once: the id is the idempotency key.
	//
	// It returns a *[NotSupportedError] for an action that it never carries
	// out. Any other error says that the action was not carried out.
	CarryOut(ctx context.Context, a Action) (json.RawMessage, error)
}

// Action is an action to be carried out.
type Action struct {
	ID          string // also its idempotency key
	Type        action.Type
	Payload     json.RawMessage // the request, as it was planned
	Environment string
	// LeftOut says that the plan had no room for the payload: whoever reads the
	// log knows of the request what the result repeats of it.
	LeftOut bool
}

// NotSupportedError says that a destination does not carry out such actions.
type NotSupportedError struct {
	Destination string
	Type        action.Type
}

func (e *NotSupportedError) Error() string {
	return fmt.Sprintf("the %s destination does not carry out %s yet; the request was checked and is kept here as it would be sent", e.Destination, e.Type)
}
