package rule

import (
	"cmp"
	"fmt"
	"slices"

	"daybook/domain/fieldpath"
	"daybook/domain/value"
)

// Evaluate asks the rules about one webhook. It never fails as a whole: what
// goes wrong in a mapping is in its verdict or in the problem of its action.
func (r *Rules) Evaluate(in Input) Evaluation {
	e := Evaluation{Verdicts: []Verdict{}, Actions: []Planned{}}
	if e.Reason, e.Explanation = r.refused(in); e.Reason != "" {
		return e
	}
	var (
		q     question
		asked int
		plans []ordered
	)
	for i := range r.mappings {
		m := &r.mappings[i]
		if !m.pattern.matches(in.Event.Type) {
			continue
		}
		if m.active && !m.paused {
			if asked++; asked == 1 {
				q = r.question(in)
			}
		}
		verdict, planned := m.ask(&q)
		e.Verdicts = append(e.Verdicts, verdict)
		if verdict.Matched {
			plans = append(plans, ordered{m.order, planned})
		}
	}
	slices.SortStableFunc(plans, func(a, b ordered) int { return cmp.Compare(a.order, b.order) })
	for _, p := range plans {
		e.Actions = append(e.Actions, p.Planned)
	}
	e.Reason, e.Explanation = e.nothing(in.Event.Type, asked)
	return e
}

// ordered is a planned action with its place in the catalogue.
type ordered struct {
	order int
	Planned
}

// refused says why no mapping is even asked.
func (r *Rules) refused(in Input) (Reason, string) {
	switch {
	case in.TypeTooLong:
		return EventTypeMissing, fmt.Sprintf("the event type has over %d bytes, more than are taken", MaxEventType)
	case in.Event.Type == "":
		return EventTypeMissing, r.explainMissing(in)
	case r.disabled[in.Event.Type]:
		return TypeDisabled, fmt.Sprintf("%s is disabled for this source", in.Event.Type)
	case r.livemode == nil:
		return "", ""
	}
	body, _ := in.Body.(map[string]any)
	livemode, isBool := body["livemode"].(bool)
	switch {
	case !isBool:
		return WrongMode, fmt.Sprintf("body.livemode is %s, and %t is expected here", value.Kind(body["livemode"]), *r.livemode)
	case livemode != *r.livemode:
		return WrongMode, fmt.Sprintf("body.livemode is %t, and %t is expected here", livemode, *r.livemode)
	default:
		return "", ""
	}
}

// explainMissing says why there is no event type. Its path may have led into
// what the preprocess expression did not give.
func (r *Rules) explainMissing(in Input) string {
	explanation := "the event type path leads to no text"
	if _, err := r.Preprocess(in); err != nil {
		explanation += "; " + err.Error()
	}
	return explanation
}

// nothing says why nothing is to be done, if so.
func (e *Evaluation) nothing(eventType string, asked int) (Reason, string) {
	switch {
	case len(e.Actions) > 0 || e.Failed():
		return "", ""
	case e.firstPaused() >= 0:
		return MappingPaused, fmt.Sprintf("the mapping %s is paused, and no other matched", e.Verdicts[e.firstPaused()].Key)
	case asked == 0 && len(e.Verdicts) > 0:
		return NoMapping, fmt.Sprintf("every mapping for %s is switched off", eventType)
	case asked == 0:
		return NoMapping, fmt.Sprintf("no mapping is for %s", eventType)
	case asked == 1:
		return ConditionFalse, "the condition was false: " + e.firstTrace()
	default:
		return ConditionFalse, fmt.Sprintf("%d mappings are for %s, and none of their conditions was true", asked, eventType)
	}
}

func (e *Evaluation) firstPaused() int {
	return slices.IndexFunc(e.Verdicts, func(v Verdict) bool { return v.Reason == MappingPaused })
}

func (e *Evaluation) firstTrace() string {
	i := slices.IndexFunc(e.Verdicts, func(v Verdict) bool { return v.Reason == ConditionFalse })
	return e.Verdicts[i].Trace
}

// document lays out a webhook for paths and expressions.
func document(in Input) fieldpath.Document {
	headers := make(map[string]any, len(in.Headers))
	for name, v := range in.Headers {
		headers[name] = v
	}
	return fieldpath.Document{
		Body:    in.Body,
		Headers: headers,
		Event: map[string]any{
			"id": in.Event.ID, "type": in.Event.Type, "key": in.Event.Key,
			"source": in.Event.Source, "environment": in.Event.Environment, "received_at": in.Event.ReceivedAt,
		},
	}
}
