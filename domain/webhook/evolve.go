package webhook

import (
	"slices"

	"daybook/domain/es"
)

// Evolve returns s after f.
func Evolve(s State, f es.Fact[Event]) State {
	s.Revision = f.Revision
	switch e := f.Event.(type) {
	case Received:
		s.LastDelivery = max(s.LastDelivery, f.Metadata.At)
		s.Generations = append(slices.Clip(s.Generations), Generation{
			Received:   e,
			ReceivedAt: f.Metadata.At,
			EventID:    f.ID.String(),
			Revision:   f.Revision,
			Position:   f.Position,
			Deliveries: 1,
		})
		return s
	case DuplicateReceived:
		s.LastDelivery = max(s.LastDelivery, f.Metadata.At)
		return s.change(e.Generation, func(g *Generation) { g.Deliveries++ })
	case DuplicatesCounted:
		s.LastDelivery = max(s.LastDelivery, e.LastAt)
		return s.change(e.Generation, func(g *Generation) { g.Deliveries += max(e.N, 0) })
	case ActionsPlanned:
		return s.change(e.Generation, func(g *Generation) { g.plan(e, f.Metadata.At) })
	case PlanParked:
		return s.change(e.Generation, func(g *Generation) { g.PlanParked = &e })
	case WorkClaimed:
		return s.change(e.Generation, func(g *Generation) { g.claim(e, f) })
	case ActionSucceeded:
		return s.changeAction(e.Generation, e.Action, func(a *Action) {
			a.Status, a.Result, a.Reason, a.Error = StatusSucceeded, e.Result, "", ""
			a.attempt(e.Attempt, f.Metadata.At)
		})
	case ActionParked:
		return s.changeAction(e.Generation, e.Action, func(a *Action) {
			a.Status, a.Reason, a.Error = StatusParked, e.Reason, e.Error
			a.attempt(e.Attempt, f.Metadata.At)
		})
	}
	return s
}

// change alters a copy of generation n. A fact about a generation that does
// not exist changes nothing.
func (s State) change(n int, alter func(*Generation)) State {
	if s.Generation(n) == nil {
		return s
	}
	s.Generations = slices.Clone(s.Generations)
	alter(s.Generation(n))
	return s
}

func (s State) changeAction(n int, id string, alter func(*Action)) State {
	return s.change(n, func(g *Generation) {
		i := slices.IndexFunc(g.Actions, func(a Action) bool { return a.ID == id })
		if i < 0 {
			return
		}
		g.Actions = slices.Clone(g.Actions)
		alter(&g.Actions[i])
	})
}

func (g *Generation) plan(e ActionsPlanned, at es.Time) {
	g.Plan, g.PlannedAt, g.PlanParked = &e, at, nil
	g.Actions = make([]Action, len(e.Actions))
	for i, planned := range e.Actions {
		g.Actions[i] = planned.action()
	}
}

// action returns where a planned action stands before anything was done: one
// that was planned with a problem is parked from the start.
func (p PlannedAction) action() Action {
	if p.Problem == nil {
		return Action{PlannedAction: p, Status: StatusPlanned}
	}
	return Action{PlannedAction: p, Status: StatusParked, Reason: ParkReason(p.Problem.Code), Error: p.Problem.Message}
}

func (g *Generation) claim(e WorkClaimed, f es.Fact[Event]) {
	g.Claim = &Claim{WorkClaimed: e, Revision: f.Revision, At: f.Metadata.At}
	g.Actions = slices.Clone(g.Actions)
	for i := range g.Actions {
		if !g.Actions[i].Status.Done() {
			g.Actions[i].Status = StatusClaimed
		}
	}
}

func (a *Action) attempt(number int, at es.Time) {
	a.Attempts = append(slices.Clip(a.Attempts), Attempt{Number: number, At: at, Outcome: a.Status, Error: a.Error})
}
