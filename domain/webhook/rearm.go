package webhook

import "slices"

func rearm(s State, c Rearm) ([]Event, error) {
	g := s.Generation(c.Generation)
	if g == nil {
		return nil, ErrNothingReceived
	}
	armable := g.armable(c.Actions, ByPerson)
	if len(armable) == 0 {
		return nil, nil
	}
	return []Event{ActionsRearmed{Generation: c.Generation, Actions: armable, By: ByPerson}}, nil
}

// armable returns the actions that can be re-armed: of those named, or of all
// if none is. What was parked because it needs another comes along.
func (g *Generation) armable(named []string, by RearmCause) []string {
	var ids []string
	found := false
	for _, a := range g.Actions {
		if a.Problem != nil || !by.rearms(a.Status) {
			continue
		}
		wanted := len(named) == 0 || slices.Contains(named, a.ID)
		found = found || wanted
		if wanted || a.Reason == ParkNeeds {
			ids = append(ids, a.ID)
		}
	}
	if !found {
		return nil
	}
	return ids
}

func skip(s State, c Skip) ([]Event, error) {
	g := s.Generation(c.Generation)
	if g == nil {
		return nil, ErrNothingReceived
	}
	var events []Event
	for _, a := range g.Actions {
		if slices.Contains(c.Actions, a.ID) && a.Status.canSkip() {
			events = append(events, ActionSkipped{Generation: c.Generation, Action: a.ID, Note: c.Note})
		}
	}
	return events, nil
}

func (s Status) canSkip() bool {
	switch s {
	case StatusPlanned, StatusWaiting, StatusParked, StatusUncertain:
		return true
	default:
		return false
	}
}

func replan(s State, c Replan) ([]Event, error) {
	g := s.Generation(c.Generation)
	if g == nil {
		return nil, ErrNothingReceived
	}
	if g.PlanParked == nil {
		return nil, nil
	}
	return []Event{PlanRearmed(c)}, nil
}
