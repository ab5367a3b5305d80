package webhook

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"daybook/domain/action"
	"daybook/domain/es"
)

// Limits of what is written for one webhook.
const (
	// MaxDuplicates is the number of deliveries that are recorded each for
	// itself; further ones are counted.
	MaxDuplicates = 100
	// MaxPlan is the size, in bytes, up to which a plan holds its requests.
	MaxPlan = 256 << 10
	// MaxRelated is the number of related ids that are kept.
	MaxRelated = 16
)

// Decider folds and decides webhooks.
func Decider() es.Decider[State, Command, Event] {
	return es.Decider[State, Command, Event]{Decide: Decide, Evolve: Evolve}
}

// Decide returns the events that follow from c in state s.
func Decide(s State, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Receive:
		return receive(s, c), nil
	case CountDuplicates:
		return countDuplicates(s, c)
	case Plan:
		return plan(s, c)
	case ParkPlan:
		return parkPlan(s, c)
	case TakeOver:
		return takeOver(s, c)
	case Record:
		return record(s, c)
	case Rearm:
		return rearm(s, c)
	case Skip:
		return skip(s, c)
	case Replan:
		return replan(s, c)
	}
	return nil, nil
}

func receive(s State, c Receive) []Event {
	current := s.Current()
	if current == nil || s.windowPassed(c.At, c.Window) {
		e := Received{Body: c.Body, Receipt: c.Receipt}
		e.Receipt.Generation = len(s.Generations) + 1
		return []Event{e}
	}
	duplicate := DuplicateReceived{
		Generation:   len(s.Generations),
		SameBody:     bytes.Equal(c.Body, current.Received.Body),
		Verification: c.Receipt.Verification,
		Remote:       c.Receipt.Remote,
		Instance:     c.Receipt.Instance,
	}
	if !duplicate.SameBody {
		sum := sha256.Sum256(c.Body)
		duplicate.SHA256 = hex.EncodeToString(sum[:])
		duplicate.Difference = CompareBodies(current.Received.Body, c.Body)
	}
	events := []Event{duplicate}
	if parked := current.armable(nil, ByDuplicate); len(parked) > 0 {
		events = append(events, ActionsRearmed{Generation: len(s.Generations), Actions: parked, By: ByDuplicate})
	}
	return events
}

func (s State) windowPassed(at es.Time, window time.Duration) bool {
	return window > 0 && at.Sub(s.LastDelivery) > window
}

// CountsDuplicates reports whether a delivery at the given time would be a
// duplicate too many to be recorded for itself: it is to be counted, and
// recorded by [CountDuplicates] at most once a second.
func (s State) CountsDuplicates(at es.Time, window time.Duration) bool {
	current := s.Current()
	return current != nil && current.Deliveries > MaxDuplicates && !s.windowPassed(at, window)
}

func countDuplicates(s State, c CountDuplicates) ([]Event, error) {
	if s.Current() == nil {
		return nil, ErrNothingReceived
	}
	if c.N <= 0 {
		return nil, nil
	}
	return []Event{DuplicatesCounted{Generation: len(s.Generations), N: c.N, LastAt: c.LastAt}}, nil
}

func plan(s State, c Plan) ([]Event, error) {
	g := s.Generation(c.Ref.Generation)
	if g == nil {
		return nil, ErrNothingReceived
	}
	if g.Plan != nil {
		return nil, nil
	}
	planned := ActionsPlanned{
		Generation:            c.Ref.Generation,
		ConfigurationRevision: c.ConfigurationRevision,
		Reason:                c.Evaluation.Reason,
		Explanation:           c.Evaluation.Explanation,
		Mappings:              c.Evaluation.Verdicts,
		Actions:               c.Ref.PlanActions(c.Evaluation),
	}
	planned.leaveOutPayloads()
	canDo := func(a PlannedAction) bool { return a.Problem == nil }
	if !slices.ContainsFunc(planned.Actions, canDo) {
		return []Event{planned}, nil
	}
	return []Event{planned, c.Claim.claim(c.Ref.Generation)}, nil
}

// leaveOutPayloads keeps a plan within MaxPlan. All payloads go, not only the
// largest, so that what is kept does not depend on an order.
func (e *ActionsPlanned) leaveOutPayloads() {
	size := 0
	for _, a := range e.Actions {
		size += len(a.Payload)
	}
	if size <= MaxPlan {
		return
	}
	for i := range e.Actions {
		e.Actions[i].Payload = nil
	}
}

func (c Claimant) claim(generation int) WorkClaimed {
	return WorkClaimed{Generation: generation, Instance: c.Instance, Start: c.Start, LeaseMS: c.Lease.Milliseconds()}
}

func parkPlan(s State, c ParkPlan) ([]Event, error) {
	g := s.Generation(c.Generation)
	if g == nil {
		return nil, ErrNothingReceived
	}
	if g.Plan != nil || g.PlanParked != nil {
		return nil, nil
	}
	return []Event{PlanParked(c)}, nil
}

// Matches reports whether payload is the request that was planned, byte for byte.
func (a PlannedAction) Matches(payload []byte) bool {
	return action.SHA256(payload) == a.SHA256
}
