package webhook

import "daybook/domain/rule"

// Difference is how two plans for one webhook differ, action by action. An
// action is paired with the one of the same mapping and index.
type Difference struct {
	Added   []PlannedAction `json:"added"`   // only in the second plan
	Dropped []PlannedAction `json:"dropped"` // only in the first plan
	Changed []Change        `json:"changed"` // in both, but not the same
	// Unchanged counts the actions that are the same in both.
	Unchanged int `json:"unchanged"`
}

// Change is an action that two plans do not agree on.
type Change struct {
	MappingKey string        `json:"mapping"`
	Index      int           `json:"index"`
	Before     PlannedAction `json:"before"`
	After      PlannedAction `json:"after"`
}

// PlanActions gives the actions of an evaluation the ids that they have as
// actions of r.
func (r Ref) PlanActions(evaluation rule.Evaluation) []PlannedAction {
	actions := make([]PlannedAction, len(evaluation.Actions))
	for i, a := range evaluation.Actions {
		actions[i] = PlannedAction{ID: r.ActionID(a.MappingKey, a.Index), Planned: a}
	}
	return actions
}

// Compare returns how after differs from before, in the order of the actions.
// Requests are compared by their hashes, so it does not matter whether a plan
// left its payloads out.
func Compare(before, after []PlannedAction) Difference {
	type place struct {
		mapping string
		index   int
	}
	d := Difference{Added: []PlannedAction{}, Dropped: []PlannedAction{}, Changed: []Change{}}
	left := make(map[place]PlannedAction, len(before))
	for _, a := range before {
		left[place{a.MappingKey, a.Index}] = a
	}
	for _, a := range after {
		at := place{a.MappingKey, a.Index}
		was, paired := left[at]
		delete(left, at)
		switch {
		case !paired:
			d.Added = append(d.Added, a)
		case was.sameAs(a):
			d.Unchanged++
		default:
			d.Changed = append(d.Changed, Change{MappingKey: a.MappingKey, Index: a.Index, Before: was, After: a})
		}
	}
	for _, a := range before {
		if _, dropped := left[place{a.MappingKey, a.Index}]; dropped {
			d.Dropped = append(d.Dropped, a)
		}
	}
	return d
}

// sameAs reports whether a and b would do the same. One that cannot be carried
// out differs from one that can; for what reason it cannot is said by code and
// field, since messages are for people.
func (a PlannedAction) sameAs(b PlannedAction) bool {
	if a.ActionType != b.ActionType || a.SHA256 != b.SHA256 || (a.Problem == nil) != (b.Problem == nil) {
		return false
	}
	return a.Problem == nil || a.Problem.Code == b.Problem.Code && a.Problem.Field == b.Problem.Field
}
