package webhook

import (
	"slices"

	"daybook/domain/es"
)

// The functions of this file say what one fact means by itself. A projection
// that keeps a few values of each generation goes by them, and so comes to the
// same answers as a fold of the whole stream.

// GenerationOf returns the generation that a fact is about, counted from 1.
func GenerationOf(e Event) int {
	switch e := e.(type) {
	case Received:
		return e.Receipt.Generation
	case DuplicateReceived:
		return e.Generation
	case DuplicatesCounted:
		return e.Generation
	case ActionsPlanned:
		return e.Generation
	case PlanParked:
		return e.Generation
	case PlanRearmed:
		return e.Generation
	case WorkClaimed:
		return e.Generation
	case AttemptBegun:
		return e.Generation
	case ActionSucceeded:
		return e.Generation
	case ActionFailed:
		return e.Generation
	case ActionDeferred:
		return e.Generation
	case ActionParked:
		return e.Generation
	case ActionUncertain:
		return e.Generation
	case ActionSkipped:
		return e.Generation
	case ActionsRearmed:
		return e.Generation
	}
	return 0
}

// DeliveriesIn returns how many deliveries a fact stands for.
func DeliveriesIn(e Event) int {
	switch e := e.(type) {
	case Received, DuplicateReceived:
		return 1
	case DuplicatesCounted:
		return max(e.N, 0)
	default:
		return 0
	}
}

// Standing is where an action stands, and why.
type Standing struct {
	Status Status
	// Reason and Error say what is wrong, if it is parked, or waited for.
	Reason ParkReason
	Error  string
	// RetryAt is when it is due again, if it is waiting.
	RetryAt es.Time
}

// Standing returns where the action stands before anything was done.
func (p PlannedAction) Standing() Standing {
	a := p.action()
	return Standing{Status: a.Status, Reason: a.Reason, Error: a.Error}
}

// StandingAfter returns where an action stands after a fact of its generation,
// given its status before; ok is false if the fact leaves it where it was.
func StandingAfter(e Event, action string, before Status) (s Standing, ok bool) {
	switch e := e.(type) {
	case WorkClaimed:
		claims := !before.Done() && (len(e.Actions) == 0 || slices.Contains(e.Actions, action))
		return Standing{Status: StatusClaimed}, claims
	case ActionsRearmed:
		return Standing{Status: StatusPlanned}, e.By.rearms(before) && slices.Contains(e.Actions, action)
	case ActionSucceeded:
		return Standing{Status: StatusSucceeded}, e.Action == action
	case ActionFailed:
		return Standing{Status: StatusWaiting, Error: e.Error, RetryAt: e.RetryAt}, e.Action == action
	case ActionDeferred:
		return Standing{Status: StatusWaiting, Reason: ParkReason(e.Reason), Error: e.Error, RetryAt: e.RetryAt}, e.Action == action
	case ActionParked:
		return Standing{Status: StatusParked, Reason: e.Reason, Error: e.Error}, e.Action == action
	case ActionUncertain:
		return Standing{Status: StatusUncertain, Error: e.Error}, e.Action == action
	case ActionSkipped:
		return Standing{Status: StatusSkipped, Error: e.Note}, e.Action == action
	default:
		return Standing{}, false
	}
}

// rearms reports whether an action with that status begins anew. A fact may
// have been decided before others that it did not know of.
func (by RearmCause) rearms(s Status) bool {
	switch s {
	case StatusParked:
		return true
	case StatusUncertain, StatusWaiting:
		return by == ByPerson
	default:
		return false
	}
}
