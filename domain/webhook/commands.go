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

// TakeOver claims the actions of a generation that are due.
type TakeOver struct {
	Generation int
	At         es.Time
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
// carried out, and that the next one is about to be sent.
type Record struct {
	Generation int
	Claim      es.Revision
	At         es.Time
	Outcomes   []ActionOutcome
	Begin      *Begin
}

// Begin says that an action is about to be sent to a destination where a
// second effect is possible. Said again under the same claim it does nothing.
type Begin struct {
	Action      string
	Destination string
	Repeats     Repeats
}

// ActionOutcome is what came of an action whose turn it was. It was carried out
// unless one of Class, Reason, Deferred and Uncertain is set.
type ActionOutcome struct {
	Action string
	// Result is what an action that was carried out gave.
	Result json.RawMessage
	// Class is how the attempt failed.
	Class    Class
	Exchange Exchange
	// RetryAfter is how long the destination asks to be left alone.
	RetryAfter time.Duration
	// Repeats is what the destination makes of an action sent again.
	Repeats Repeats

	// Reason parks an action that was not tried.
	Reason ParkReason
	// Deferred leaves an action that was not tried until Until, or, if that is
	// no time, longer each time.
	Deferred DeferReason
	Until    es.Time
	// Uncertain: it was not tried, as an earlier attempt may have carried it
	// out and a second effect is possible.
	Uncertain bool

	Error string // says what is wrong, for a person
	// Chance is a random number in [0, 1), by which waits differ.
	Chance float64
}

// Succeeded reports whether the action was carried out.
func (o ActionOutcome) Succeeded() bool {
	return o.Class == "" && o.Reason == "" && o.Deferred == "" && !o.Uncertain
}

// Rearm has a person's word that actions are to be carried out after all: those
// named, or all that are parked, uncertain or waiting. What lacks something
// since it was planned stays as it is.
type Rearm struct {
	Generation int
	Actions    []string
}

// Skip has a person's word that actions are given up: those of the named that
// are not done and not being carried out.
type Skip struct {
	Generation int
	Actions    []string
	Note       string
}

// Replan has a person's word that a generation whose plan is parked is to be
// planned after all.
type Replan struct {
	Generation int
}

func (Receive) isCommand()         {}
func (CountDuplicates) isCommand() {}
func (Plan) isCommand()            {}
func (ParkPlan) isCommand()        {}
func (TakeOver) isCommand()        {}
func (Record) isCommand()          {}
func (Rearm) isCommand()           {}
func (Skip) isCommand()            {}
func (Replan) isCommand()          {}

// Why a command is not carried out. They are no faults: the work is another's.
var (
	// ErrClaimed: another's claim is not known to be over.
	ErrClaimed = errors.New("the work is claimed by another instance")
	// ErrFenced: a newer claim stands, so this outcome is not accepted.
	ErrFenced = errors.New("a newer claim stands")
	// ErrNothingReceived: the stream has no such generation.
	ErrNothingReceived = errors.New("no such webhook was received")
)
