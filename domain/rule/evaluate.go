package rule

import (
	"cmp"
	"fmt"
	"slices"

	"daybook/domain/action"
	"daybook/domain/expression"
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
		doc    fieldpath.Document
		failed error // why there is no preprocess output
		asked  int
		plans  []ordered
	)
	for i := range r.mappings {
		m := &r.mappings[i]
		if !m.pattern.matches(in.Event.Type) {
			continue
		}
		if m.active {
			if asked++; asked == 1 {
				doc = document(in)
				doc.Preprocess, failed = r.preprocess.Output(doc)
			}
		}
		budget := expression.NewBudget()
		verdict := m.verdict(doc, failed, budget)
		e.Verdicts = append(e.Verdicts, verdict)
		if verdict.Matched {
			plans = append(plans, ordered{m.order, m.plan(doc, budget)})
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

// verdict asks a mapping. A webhook whose preprocess expression failed is not
// what the mapping was written for, so it has failed too.
func (m *compiled) verdict(doc fieldpath.Document, preprocess error, budget *expression.Budget) Verdict {
	v := Verdict{Key: m.key, EventType: m.eventType}
	switch {
	case !m.active:
		v.Reason = Inactive
	case m.broken != "":
		v.Reason, v.Error = ConditionFailed, m.broken
	case preprocess != nil:
		v.Reason, v.Error = ConditionFailed, preprocess.Error()
	case m.when == nil:
		v.Matched = true
	default:
		decision, err := m.when.Decide(doc, budget)
		v.Matched, v.Trace = decision.Matched, decision.Trace
		if err != nil {
			v.Reason, v.Error = ConditionFailed, err.Error()
		} else if !v.Matched {
			v.Reason = ConditionFalse
		}
	}
	return v
}

// plan renders the action of a mapping that matched.
func (m *compiled) plan(doc fieldpath.Document, budget *expression.Budget) Planned {
	given := make(map[string]action.Given, len(m.fields))
	for i := range m.fields {
		given[m.fields[i].name] = m.fields[i].look(doc, budget)
	}
	payload, problem := m.definition.Render(given)
	return Planned{
		MappingKey: m.key,
		ActionType: m.definition.Type,
		Parameters: m.parameters,
		Payload:    payload,
		SHA256:     action.SHA256(payload),
		Problem:    problem,
	}
}

// look finds the value of a field.
func (f *field) look(doc fieldpath.Document, budget *expression.Budget) action.Given {
	switch {
	case f.expression != nil:
		v, err := f.expression.Eval(doc, budget)
		if err != nil {
			return action.Given{Problem: f.failed(err.Error())}
		}
		return action.Given{Value: v, Missing: "the expression gives null"}
	case !f.isPath:
		return action.Given{Value: f.value}
	}
	v, _ := f.path.Resolve(doc)
	if n, ok := v.(value.Unrepresentable); ok {
		return action.Given{Problem: f.failed(fmt.Sprintf("the number %.40s at %s is neither a whole number of 64 bits nor one that a float64 holds", n, f.path))}
	}
	if v == nil {
		v = f.value
	}
	given := action.Given{Value: v}
	if list, ok := v.([]any); v == nil || ok && len(list) == 0 {
		given.Missing = f.path.Explain(doc)
	}
	return given
}

func (f *field) failed(message string) *action.Problem {
	return &action.Problem{Code: action.RuleFailed, Field: f.name, Message: f.name + ": " + message}
}
