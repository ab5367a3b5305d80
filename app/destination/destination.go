// Package destination is where actions are carried out: what a worker hands
// over, and what it gets back. Each kind of destination is a package in this
// folder.
package destination

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"daybook/domain/action"
	"daybook/domain/webhook"
)

// Book says where actions go.
type Book interface {
	// Find returns the destination of an environment's actions of type t, as it
	// is configured now. It is asked before each attempt and answers at once.
	// An error says, for people, why there is none now: the action waits.
	Find(environment string, t action.Type) (Destination, error)
}

// Destination carries actions out. It may be used by many goroutines at once.
type Destination interface {
	// Terms says under which terms a would be carried out. It does no I/O.
	Terms(a Action) Terms
	// CarryOut makes one attempt at an action: no tries of its own, no waiting
	// for better times. It returns as soon as ctx ends, and a request that was
	// being sent then ended as [webhook.ClassUnknown].
	CarryOut(ctx context.Context, a Action) Outcome
}

// Action is an action to be carried out.
type Action struct {
	// ID is also the idempotency key: the same id never comes with another
	// request.
	ID          string
	Type        action.Type
	Payload     json.RawMessage // the request, as it was planned
	Environment string
	// LeftOut says that the plan had no room for the payload: whoever reads the
	// log knows of the request what the result repeats of it.
	LeftOut bool
	// Webhook is the id of the webhook that it follows from, Mapping the key of
	// the mapping, and Attempt counts from 1.
	Webhook string
	Mapping string
	Attempt int
}

// Terms are what a worker has to know before it sends an action.
type Terms struct {
	// Lane names what is slow or down as one, in words for people, such as
	// "knock https://api.knock.app" or "http hooks.example.com:443". Actions of
	// one lane share a breaker and a limit of how many are sent at once. Empty:
	// nothing is sent over a network, and the outcome takes effect by being
	// recorded, as with the local directory.
	Lane string
	// Repeats says what happens if the same action is sent twice.
	Repeats webhook.Repeats
}

// Outcome is how an attempt ended. The zero value is success without a result.
type Outcome struct {
	// Class is empty if the action was carried out.
	Class webhook.Class
	// Result is a JSON object, or nothing, of an action that was carried out.
	Result json.RawMessage
	// Error says for people what is wrong and what to do; set with Class.
	Error string
	// RetryAfter is how long the destination asks to be left alone; 0 if it
	// says nothing.
	RetryAfter time.Duration
	// HTTPStatus is that of the answer; 0 if there was none.
	HTTPStatus int
	// Request and Answer are excerpts for people: secrets are taken out here,
	// and the worker cuts them to [webhook.MaxExcerpt] bytes.
	Request, Answer string
}

// NotSupported is the outcome of an action that a destination never carries out.
func NotSupported(destination string, t action.Type) Outcome {
	return Outcome{
		Class: webhook.ClassNotSupported,
		Error: fmt.Sprintf("the %s destination does not carry out %s yet; the request was checked and is kept here as it would be sent", destination, t),
	}
}

// Only is a book in which everything goes to one destination.
type Only struct{ Destination Destination }

// Find returns the one destination.
func (o Only) Find(string, action.Type) (Destination, error) { return o.Destination, nil }
