package webhook

import (
	"daybook/domain/rule"
)

// Status is where a webhook or an action stands. The words are those of the
// API.
type Status string

// The statuses of a webhook.
const (
	StatusProcessing Status = "processing" // something is still to be done
	StatusSucceeded  Status = "succeeded"
	StatusFailed     Status = "failed"  // an action or the plan is parked, an action is uncertain, or a condition failed
	StatusIgnored    Status = "ignored" // nothing matched; there is a reason
)

// The statuses of an action; succeeded is one too.
const (
	StatusPlanned   Status = "planned"
	StatusClaimed   Status = "claimed"
	StatusWaiting   Status = "waiting"
	StatusParked    Status = "parked"
	StatusUncertain Status = "uncertain"
	StatusSkipped   Status = "skipped" // given up by a person; counts as done
)

// Done reports whether nothing more happens by itself to an action with
// status s.
func (s Status) Done() bool {
	switch s {
	case StatusSucceeded, StatusParked, StatusUncertain, StatusSkipped:
		return true
	default:
		return false
	}
}

// Outcome is what a webhook's status is made from. A projection that keeps
// these few values needs no more to say where a webhook stands.
type Outcome struct {
	Planned         bool
	PlanParked      bool // there is no plan, and none will be made by itself
	ConditionFailed bool
	Reason          rule.Reason
	Actions         Counts
}

// Counts are the actions of a webhook by where they stand. Waiting counts
// whatever is still to be done; Parked counts the uncertain ones too; the rest
// of Total is done.
type Counts struct {
	Total     int `json:"total"`
	Succeeded int `json:"succeeded"`
	Waiting   int `json:"waiting"`
	Parked    int `json:"parked"`
}

// Add counts one action with status s.
func (c Counts) Add(s Status) Counts {
	c.Total++
	switch s {
	case StatusSucceeded, StatusSkipped:
		c.Succeeded++
	case StatusParked, StatusUncertain:
		c.Parked++
	default:
		c.Waiting++
	}
	return c
}

// Status says where a webhook with outcome o stands.
func (o Outcome) Status() Status {
	switch {
	case !o.Planned && o.PlanParked:
		return StatusFailed
	case !o.Planned || o.Actions.Waiting > 0:
		return StatusProcessing
	case o.Actions.Parked > 0 || o.ConditionFailed:
		return StatusFailed
	case o.Reason != "":
		return StatusIgnored
	default:
		return StatusSucceeded
	}
}

// ConditionFailed reports whether a rule could not be evaluated, as opposed
// to being false.
func (e ActionsPlanned) ConditionFailed() bool {
	for _, v := range e.Mappings {
		if v.Error != "" {
			return true
		}
	}
	return false
}

// Outcome returns what the status of g is made from.
func (g *Generation) Outcome() Outcome {
	if g.Plan == nil {
		return Outcome{PlanParked: g.PlanParked != nil}
	}
	o := Outcome{Planned: true, ConditionFailed: g.Plan.ConditionFailed(), Reason: g.Plan.Reason}
	for _, a := range g.Actions {
		o.Actions = o.Actions.Add(a.Status)
	}
	return o
}
