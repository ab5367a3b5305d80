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
	Reason   ParkReason // why it is parked, or was deferred
	Error    string
	// RetryAt is when it is due again, while it is waiting.
	RetryAt es.Time
	// ArmedAt is from when its tries count: the plan, or the newest re-arming.
	ArmedAt es.Time
	// Failures are the attempts that failed since, and Deferrals how often in a
	// row it was deferred.
	Failures  int
	Deferrals int
	// Doubt says that an earlier attempt may have carried it out. It is about
	// Destination, where it was first sent at FirstSent: both are known where a
	// second effect is possible.
	Doubt       bool
	Destination string
	FirstSent   es.Time
}

// Attempt is one try at one action. Its JSON is the API's.
type Attempt struct {
	Number int     `json:"number"`
	At     es.Time `json:"at"` // when it began, where that was recorded; else when it ended
	// Outcome is claimed while it is under way, and failed if another follows.
	Outcome Status `json:"outcome"`
	Class   Class  `json:"class,omitempty"`
	Error   string `json:"error,omitempty"`
	Exchange
	RetryAt es.Time `json:"retry_at,omitzero"`
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

// Claimed returns the actions that the holder of the claim is to carry out.
func (g *Generation) Claimed() []Action {
	var claimed []Action
	for _, a := range g.Actions {
		if a.Status == StatusClaimed {
			claimed = append(claimed, a)
		}
	}
	return claimed
}

// Resting reports whether the newest claim is over: whoever made it has
// nothing left to carry out.
func (g *Generation) Resting() bool {
	return !slices.ContainsFunc(g.Actions, func(a Action) bool { return a.Status == StatusClaimed })
}

// DueAt returns when something is to be done, and false if nothing is by
// itself. No time means that it is to be done now.
func (g *Generation) DueAt() (es.Time, bool) {
	if g.Plan == nil {
		return 0, g.PlanParked == nil
	}
	var due es.Time
	found := false
	for _, a := range g.Actions {
		if !a.Status.Done() && (!found || a.RetryAt < due) {
			due, found = a.RetryAt, true
		}
	}
	return due, found
}

// Action returns the action with that id, nil if there is none.
func (g *Generation) Action(id string) *Action {
	i := slices.IndexFunc(g.Actions, func(a Action) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return &g.Actions[i]
}
