package webhook

import (
	"slices"
	"time"

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
	case PlanRearmed:
		return s.change(e.Generation, func(g *Generation) { g.PlanParked = nil })
	case WorkClaimed:
		return s.change(e.Generation, func(g *Generation) { g.claim(e, f) })
	case AttemptBegun:
		return s.changeAction(e.Generation, e.Action, func(a *Action) { a.begin(e, f.Metadata.At) })
	case ActionSucceeded:
		return s.changeAction(e.Generation, e.Action, func(a *Action) {
			a.follow(e)
			a.Result, a.Doubt = e.Result, false
			a.end(Attempt{Number: e.Attempt, Exchange: e.Exchange}, f.Metadata.At)
		})
	case ActionFailed:
		return s.changeAction(e.Generation, e.Action, func(a *Action) {
			a.follow(e)
			a.Doubt = a.Doubt || e.Class == ClassUnknown
			a.Failures, a.Deferrals = a.Failures+1, 0
			a.end(Attempt{Number: e.Attempt, Class: e.Class, Exchange: e.Exchange, RetryAt: e.RetryAt}, f.Metadata.At)
		})
	case ActionDeferred:
		return s.changeAction(e.Generation, e.Action, func(a *Action) {
			a.follow(e)
			a.Deferrals++
		})
	case ActionParked:
		return s.changeAction(e.Generation, e.Action, func(a *Action) {
			a.follow(e)
			a.end(Attempt{Number: e.Attempt, Class: e.Class, Exchange: e.Exchange}, f.Metadata.At)
		})
	case ActionUncertain:
		return s.changeAction(e.Generation, e.Action, func(a *Action) {
			a.follow(e)
			a.Doubt = true
			a.end(Attempt{Number: e.Attempt, Class: ClassUnknown, Exchange: e.Exchange}, f.Metadata.At)
		})
	case ActionSkipped:
		return s.changeAction(e.Generation, e.Action, func(a *Action) { a.follow(e) })
	case ActionsRearmed:
		return s.change(e.Generation, func(g *Generation) { g.rearm(e, f.Metadata.At) })
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
		g.Actions[i].ArmedAt = at
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
		a := &g.Actions[i]
		if a.follow(e) {
			a.abandon()
		}
	}
}

func (g *Generation) rearm(e ActionsRearmed, at es.Time) {
	g.Actions = slices.Clone(g.Actions)
	for i := range g.Actions {
		a := &g.Actions[i]
		if !a.follow(e) {
			continue
		}
		a.ArmedAt, a.Failures, a.Deferrals = at, 0, 0
		if e.By == ByPerson {
			a.Doubt = false // that person has looked, and takes it on
		}
	}
}

// follow makes the action stand where a fact leads it, and reports whether it
// leads anywhere.
func (a *Action) follow(e Event) bool {
	standing, ok := StandingAfter(e, a.ID, a.Status)
	if ok {
		a.Status, a.Reason, a.Error, a.RetryAt = standing.Status, standing.Reason, standing.Error, standing.RetryAt
	}
	return ok
}

func (a *Action) begin(e AttemptBegun, at es.Time) {
	window := time.Duration(e.RepeatableMS) * time.Millisecond
	if a.Destination != e.Destination || a.FirstSent.IsZero() || at.Sub(a.FirstSent) > window {
		a.Destination, a.FirstSent = e.Destination, at
	}
	a.Attempts = append(slices.Clip(a.Attempts), Attempt{Number: e.Attempt, At: at, Outcome: StatusClaimed})
}

// end records how an attempt ended, which was begun or is new; one without a
// number was none.
func (a *Action) end(ended Attempt, at es.Time) {
	if ended.Number == 0 {
		return
	}
	ended.At, ended.Outcome, ended.Error = at, a.Status, a.Error
	if a.Status == StatusWaiting {
		ended.Outcome = StatusFailed
	}
	a.Attempts = slices.Clone(a.Attempts)
	if begun := a.underWay(); begun != nil {
		ended.At = begun.At
		*begun = ended
		return
	}
	a.Attempts = append(a.Attempts, ended)
}

// underWay returns the attempt that was begun and has no outcome yet.
func (a *Action) underWay() *Attempt {
	if n := len(a.Attempts); n > 0 && a.Attempts[n-1].Outcome == StatusClaimed {
		return &a.Attempts[n-1]
	}
	return nil
}

// UnderWay reports whether an attempt was begun and has no outcome yet.
func (a *Action) UnderWay() bool { return a.underWay() != nil }

// abandon says of an attempt under way that its outcome will not be known:
// whoever began it holds the claim no more.
func (a *Action) abandon() {
	if a.underWay() == nil {
		return
	}
	a.Attempts = slices.Clone(a.Attempts)
	begun := a.underWay()
	begun.Outcome, begun.Class, begun.Error = StatusFailed, ClassUnknown, "it was begun, and how it ended was not recorded"
	a.Doubt = true
	a.Failures++
}
