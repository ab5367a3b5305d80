package web

import (
	"fmt"
	"strings"

	"daybook/app/detail"
	"daybook/domain/value"
	"daybook/domain/webhook"
	"daybook/views"
	"daybook/views/ui"
)

// maxSteps is how many steps a timeline shows from its beginning, and as many
// again from its end.
const maxSteps = 100

// timelineOf is what was recorded, as steps. Of very many, those in the middle
// are left to the page of the stream.
func timelineOf(d detail.Webhook) []views.Step {
	entries := d.Timeline
	left := len(entries) - 2*maxSteps
	steps := make([]views.Step, 0, min(len(entries), 2*maxSteps+1))
	for i, e := range entries {
		step := views.Step{
			Revision: uint64(e.Revision),
			At:       e.At.Time(),
			Detail:   ui.Text(because(strings.TrimPrefix(e.Summary, "received, ")) + by(e.Actor)),
			URL:      revisionPath(d.Stream, e.Revision),
			Differs:  differs(e.Difference),
		}
		step.Title, step.State = stepOf(e.Type)
		if e.Type == webhook.TypeActionsPlanned && d.Generation.Plan != nil {
			step.Detail = ui.Text(planWords(*d.Generation.Plan))
			if parkedIn(*d.Generation.Plan) > 0 {
				step.State = "bad"
			}
		}
		if left > 0 && i == maxSteps {
			step.Title, step.State, step.Detail = ui.Plural(left, "more fact"), "", ui.Text("in the stream")
		}
		if left <= 0 || i <= maxSteps || i >= maxSteps+left {
			steps = append(steps, step)
		}
	}
	return steps
}

// by says which person did something; of what happened by itself, nothing.
func by(actor string) string {
	if actor == "" {
		return ""
	}
	return ", by " + actor
}

// differs is how a body differs from the first one, for the page.
func differs(d *webhook.BodyDifference) *views.BodyDifference {
	if d == nil {
		return nil
	}
	shown := &views.BodyDifference{More: d.More}
	for _, c := range d.Changes {
		shown.Fields = append(shown.Fields, views.FieldDifference{Name: c.Path, Before: value.OrEmpty(c.Before), After: value.OrEmpty(c.After)})
	}
	if d.Offset != nil {
		shown.Fields = append(shown.Fields, views.FieldDifference{Name: fmt.Sprintf("from byte %d on", *d.Offset), Before: d.Before, After: d.After})
	}
	return shown
}

// stepOf is what a recorded event is called in the timeline, and how it bodes.
func stepOf(eventType string) (title, state string) {
	switch eventType {
	case webhook.TypeReceived:
		return "Received", "ok"
	case webhook.TypeDuplicateReceived:
		return "Delivered again", ""
	case webhook.TypeDuplicatesCounted:
		return "Delivered again and again", ""
	case webhook.TypeActionsPlanned:
		return "Planned", ""
	case webhook.TypePlanParked:
		return "Not planned", "bad"
	case webhook.TypeWorkClaimed:
		return "Taken on", "wait"
	case webhook.TypeActionSucceeded:
		return "Carried out", "ok"
	case webhook.TypeActionParked:
		return "Parked", "bad"
	case webhook.TypePlanRearmed:
		return "Planned after all", ""
	case webhook.TypeAttemptBegun:
		return "Being sent", "wait"
	case webhook.TypeActionFailed:
		return "Failed, and waits", "wait"
	case webhook.TypeActionDeferred:
		return "Put off", "wait"
	case webhook.TypeActionUncertain:
		return "Uncertain", "bad"
	case webhook.TypeActionSkipped:
		return "Given up", ""
	case webhook.TypeActionsRearmed:
		return "Begun anew", ""
	default:
		return eventType, ""
	}
}

// planWords says what a plan came to. What each mapping said, and why an action
// is parked, stands beside the timeline already.
func planWords(plan webhook.ActionsPlanned) string {
	matched, parked := 0, parkedIn(plan)
	for _, v := range plan.Mappings {
		if v.Matched {
			matched++
		}
	}
	said := []string{fmt.Sprintf("rules revision %d", plan.ConfigurationRevision)}
	if asked := len(plan.Mappings); asked > 0 {
		said = append(said, fmt.Sprintf("%s asked, %s matched", ui.Plural(asked, "mapping"), orNone(matched)))
	}
	switch {
	case len(plan.Actions) == 0:
		said = append(said, "nothing to do")
	case parked > 0:
		said = append(said, fmt.Sprintf("%s, %d parked", ui.Plural(len(plan.Actions), "action"), parked))
	default:
		said = append(said, ui.Plural(len(plan.Actions), "action"))
	}
	return strings.Join(said, " · ")
}

// parkedIn is how many actions of a plan cannot be carried out.
func parkedIn(plan webhook.ActionsPlanned) int {
	n := 0
	for _, a := range plan.Actions {
		if a.Problem != nil {
			n++
		}
	}
	return n
}

func orNone(n int) string {
	if n == 0 {
		return "none"
	}
	return ui.Count(n)
}
