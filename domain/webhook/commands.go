package webhook

import (
	"encoding/json"
	"errors"
	"time"

	"daybook/domain/es"
	"daybook/domain/rule"
)

// Command is something that is asked of a webhook.
//
//sumtype:decl
type Command interface{ isCommand() }

// Receive records a delivery: of a new generation if there is none yet, or if
// the idempotency window has passed since the last delivery; else of a
// duplicate.
type Receive struct {
	At      es.Time
	Body    []byte
	Receipt Receipt // its generation is set by Decide
	// Window is the idempotency window; 0 means that it never ends.
	Window time.Duration
}

// CountDuplicates records n deliveries at once.
type CountDuplicates struct {
	N      int
	LastAt es.Time
}

// Plan records what the rules said to a generation, and claims its actions if
// there are any to carry out. It does nothing if there is a plan.
type Plan struct {
	Ref                   Ref
	ConfigurationRevision es.Revision
	Evaluation            rule.Evaluation
	Claim                 Claimant
}

// ParkPlan records that a generation could not be planned. It does nothing if
// there is a plan, or if the plan is parked already.
type ParkPlan struct {
	Generation            int
	ConfigurationRevision es.Revision
	Reason                ParkReason
	Error                 string
}

// TakeOver claims the actions of a generation that are still to be done.
type TakeOver struct {
	Generation int
	Claim      Claimant
	// Lapsed is the revision of the claim that is known to be over, if there
	// is one.
	Lapsed *es.Revision
}

// Claimant is who claims, and for how long.
type Claimant struct {
	Instance string
	Start    string
	Lease    time.Duration
}

// Record records outcomes of actions, under the claim with which they were
// carried out.
type Record struct {
	Generation int
	Claim      es.Revision
	Outcomes   []ActionOutcome
}

// ActionOutcome is how an attempt at an action ended: with a result, or
// parked if Reason is set.
type ActionOutcome struct {
	Action string
	Result json.RawMessage
	Reason ParkReason
	Error  string
}

func (Receive) isCommand()         {}
func (CountDuplicates) isCommand() {}
func (Plan) isCommand()            {}
func (ParkPlan) isCommand()        {}
func (TakeOver) isCommand()        {}
func (Record) isCommand()          {}

// Why a command is not carried out. They are no faults: the work is another's.
var (
	// ErrClaimed: another's claim is not known to be over.
	ErrClaimed = errors.New("the work is claimed by another instance")
	// ErrFenced: a newer claim stands, so this outcome is not accepted.
	ErrFenced = errors.New("a newer claim stands")
	// ErrNothingReceived: the stream has no such generation.
	ErrNothingReceived = errors.New("no such webhook was received")
)
