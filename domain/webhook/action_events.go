package webhook

import (
	"encoding/json"

	"daybook/domain/es"
)

// WorkClaimed says that an instance is carrying out the actions of a
// generation. Its revision fences it: outcomes are accepted from the newest
// claim only. The claim is over when each of its actions has an outcome.
type WorkClaimed struct {
	Generation int    `json:"generation"`
	Instance   string `json:"instance"`
	// Start is the instance's start: a claim of an earlier start is void where
	// only one process can hold the store.
	Start string `json:"start"`
	// LeaseMS is for how long, in milliseconds from when it is seen, nobody
	// else claims.
	LeaseMS int64 `json:"lease_ms"`
	// Actions are those that are claimed; none: all that are not done.
	Actions []string `json:"actions,omitempty"`
}

// AttemptBegun says that an action is about to be sent. It is recorded where a
// second effect is possible, so that after a crash it is known what may have
// been sent.
type AttemptBegun struct {
	Generation int    `json:"generation"`
	Action     string `json:"action"`
	Attempt    int    `json:"attempt"`
	// Destination names where it is sent.
	Destination string `json:"destination"`
	// RepeatableMS is for how long, in milliseconds from when the action was
	// first sent there, sending it again has no second effect.
	RepeatableMS int64 `json:"repeatable_ms,omitempty"`
}

// ActionSucceeded says that an action was carried out.
type ActionSucceeded struct {
	Generation int             `json:"generation"`
	Action     string          `json:"action"`
	Attempt    int             `json:"attempt"`
	Result     json.RawMessage `json:"result,omitempty"`
	Exchange
}

// ActionFailed says that an attempt failed and that another follows.
type ActionFailed struct {
	Generation int     `json:"generation"`
	Action     string  `json:"action"`
	Attempt    int     `json:"attempt"`
	Class      Class   `json:"class"`
	Error      string  `json:"error"` // says what is wrong, for a person
	RetryAt    es.Time `json:"retry_at"`
	Exchange
}

// ActionDeferred says that an action was not tried when it was due, and is
// later. It is no attempt.
type ActionDeferred struct {
	Generation int         `json:"generation"`
	Action     string      `json:"action"`
	Reason     DeferReason `json:"reason"`
	Error      string      `json:"error"` // says what is waited for, for a person
	RetryAt    es.Time     `json:"retry_at"`
}

// DeferReason is why an action was not tried when it was due.
type DeferReason string

// The reasons for deferring an action.
const (
	// DeferNeeds: an action of the same webhook that it builds on is waiting.
	DeferNeeds DeferReason = "needs_action"
	// DeferDown: its destination failed so often that it is left alone.
	DeferDown DeferReason = "destination_down"
	// DeferBusy: more waits for its destination than is kept in mind.
	DeferBusy DeferReason = "destination_busy"
	// DeferNowhere: there is no destination for it at present.
	DeferNowhere DeferReason = "no_destination"
)

// ActionParked says that an action will not be carried out unless a person
// does something about it, or the webhook is delivered again.
type ActionParked struct {
	Generation int        `json:"generation"`
	Action     string     `json:"action"`
	Attempt    int        `json:"attempt"`
	Reason     ParkReason `json:"reason"`
	Error      string     `json:"error"` // says what is wrong, for a person
	Class      Class      `json:"class,omitempty"`
	Exchange
}

// ActionUncertain says that an action may have been carried out, and that
// sending it again might do so twice. Only a person can decide what follows.
type ActionUncertain struct {
	Generation int    `json:"generation"`
	Action     string `json:"action"`
	// Attempt is the one that ended so; 0 if an earlier one left the doubt.
	Attempt int    `json:"attempt,omitempty"`
	Error   string `json:"error"` // says what is not known, for a person
	Exchange
}

// ActionSkipped says that a person gave an action up.
type ActionSkipped struct {
	Generation int    `json:"generation"`
	Action     string `json:"action"`
	Note       string `json:"note,omitempty"` // why, in that person's words
}

// ActionsRearmed says that actions are to be carried out after all, under the
// same keys, with all tries before them.
type ActionsRearmed struct {
	Generation int        `json:"generation"`
	Actions    []string   `json:"actions"`
	By         RearmCause `json:"by"`
}

// RearmCause is what re-armed actions.
type RearmCause string

// What re-arms actions.
const (
	ByPerson    RearmCause = "person"
	ByDuplicate RearmCause = "duplicate" // only what is parked
)

// ParkReason is why an action was parked: one of these, the [Class] of the
// attempt that decided it, or the code of the [action.Problem] that it was
// planned with.
type ParkReason string

// The reasons for parking an action.
const (
	// ParkNotSupported: the destination does not carry out such actions yet.
	ParkNotSupported = ParkReason(ClassNotSupported)
	// ParkChanged: the request rendered again is not the one that was planned.
	ParkChanged ParkReason = "request_changed"
	// ParkExhausted: it was tried as often, or for as long, as is tried.
	ParkExhausted ParkReason = "attempts_exhausted"
	// ParkNeeds: an action of the same webhook that it builds on is parked.
	ParkNeeds = ParkReason(DeferNeeds)
)

func (WorkClaimed) isEvent()     {}
func (AttemptBegun) isEvent()    {}
func (ActionSucceeded) isEvent() {}
func (ActionFailed) isEvent()    {}
func (ActionDeferred) isEvent()  {}
func (ActionParked) isEvent()    {}
func (ActionUncertain) isEvent() {}
func (ActionSkipped) isEvent()   {}
func (ActionsRearmed) isEvent()  {}
