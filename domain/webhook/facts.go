package webhook

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
	case WorkClaimed:
		return e.Generation
	case ActionSucceeded:
		return e.Generation
	case ActionParked:
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

// Standing is where an action stands, and what is wrong if it is parked.
type Standing struct {
	Status Status
	Reason ParkReason
	Error  string
}

// Standing returns where the action stands before anything was done.
func (p PlannedAction) Standing() Standing {
	a := p.action()
	return Standing{Status: a.Status, Reason: a.Reason, Error: a.Error}
}

// OutcomeIn returns which action a fact is an outcome of, and where the action
// stands after it; ok is false for a fact that is no outcome.
func OutcomeIn(e Event) (action string, standing Standing, ok bool) {
	switch e := e.(type) {
	case ActionSucceeded:
		return e.Action, Standing{Status: StatusSucceeded}, true
	case ActionParked:
		return e.Action, Standing{Status: StatusParked, Reason: e.Reason, Error: e.Error}, true
	default:
		return "", Standing{}, false
	}
}
