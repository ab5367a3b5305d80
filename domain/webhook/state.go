package webhook

import (
	"encoding/json"
	"slices"

	"daybook/domain/es"
)

// State is a webhook's stream, folded.
type State struct {
	Generations []Generation
	// LastDelivery is when the key last arrived.
	LastDelivery es.Time
	// Revision is that of the newest fact; it means nothing while there are no
	// generations.
	Revision es.Revision
}

// Generation is one life of a webhook.
type Generation struct {
	Received   Received
	ReceivedAt es.Time
	EventID    string // the id of the event that began it
	Revision   es.Revision
	Position   es.Position
	Deliveries int // the first one included
	Plan       *ActionsPlanned
	PlannedAt  es.Time
	// PlanParked is why there is no plan, nil while one is still to be made.
	PlanParked *PlanParked
	Claim      *Claim
	Actions    []Action // in the order in which they run
}

// Claim is the newest claim of a generation's work.
type Claim struct {
	WorkClaimed WorkClaimed
	Revision    es.Revision
	At          es.Time
}

// Action is a planned action and what became of it.
type Action struct {
	PlannedAction
	Status   Status
	Attempts []Attempt
	Result   json.RawMessage
	Reason   ParkReason
	Error    string
}

// Attempt is one try at one action.
type Attempt struct {
	Number  int     `json:"number"`
	At      es.Time `json:"at"`
	Outcome Status  `json:"outcome"`
	Error   string  `json:"error,omitempty"`
}

// Current returns the newest generation, nil if there is none.
func (s State) Current() *Generation {
	if len(s.Generations) == 0 {
		return nil
	}
	return &s.Generations[len(s.Generations)-1]
}

// Generation returns generation n, counted from 1, nil if there is none.
func (s State) Generation(n int) *Generation {
	if n < 1 || n > len(s.Generations) {
		return nil
	}
	return &s.Generations[n-1]
}

// Pending reports whether the generation still has something to be done.
func (g *Generation) Pending() bool {
	if g.Plan == nil {
		return g.PlanParked == nil
	}
	return slices.ContainsFunc(g.Actions, func(a Action) bool { return !a.Status.Done() })
}

// Due returns the actions that are to be carried out.
func (g *Generation) Due() []Action {
	var due []Action
	for _, a := range g.Actions {
		if !a.Status.Done() {
			due = append(due, a)
		}
	}
	return due
}
