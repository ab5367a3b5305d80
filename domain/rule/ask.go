package rule

import (
	"errors"
	"fmt"

	"daybook/domain/action"
	"daybook/domain/expression"
	"daybook/domain/fieldpath"
	"daybook/domain/value"
)

// requestCost is what a byte of a request takes from the total of a webhook:
// requests stay in memory until the webhook is done with, where what
// expressions make is gone at once. So all of them together have about 15 MiB.
const requestCost = 4

// question is one webhook that mappings are asked about.
type question struct {
	doc    fieldpath.Document
	failed error // why there is no preprocess output
	total  *expression.Total
}

func (r *Rules) question(in Input) question {
	q := question{doc: document(in), total: expression.NewTotal()}
	q.doc.Preprocess, q.failed = r.preprocess.Output(q.doc)
	return q
}

// ask returns what a mapping says, and what it plans if it matched. A webhook
// whose preprocess expression failed is not what the mapping was written for,
// so it has failed too; and so has one that comes after what all of them have
// together was spent.
func (m *compiled) ask(q *question) (Verdict, Planned) {
	v := Verdict{Key: m.key, EventType: m.eventType}
	switch {
	case !m.active:
		v.Reason = Inactive
	case m.paused:
		v.Reason = MappingPaused
	case m.broken != "":
		v.Reason, v.Error = ConditionFailed, m.broken
	case q.failed != nil:
		v.Reason, v.Error = ConditionFailed, q.failed.Error()
	case q.total.Spent() != nil:
		v.Reason, v.Error = ConditionFailed, q.total.Spent().Error()
	default:
		return m.decide(v, q)
	}
	return v, Planned{}
}

// decide evaluates a mapping, under a budget of its own.
func (m *compiled) decide(v Verdict, q *question) (Verdict, Planned) {
	budget := q.total.Budget()
	v.Matched = true
	if m.when != nil {
		decision, err := m.when.Decide(q.doc, budget)
		v.Matched, v.Trace = decision.Matched, decision.Trace
		switch {
		case err != nil:
			v.Reason, v.Error, v.OverBudget = ConditionFailed, err.Error(), errors.Is(err, expression.ErrBudget)
		case !v.Matched:
			v.Reason = ConditionFalse
		}
	}
	if !v.Matched {
		return v, Planned{}
	}
	planned, over := m.plan(q, budget)
	v.OverBudget = over
	return v, planned
}

// plan renders the action of a mapping that matched, and reports whether a
// field was over the budget.
func (m *compiled) plan(q *question, budget *expression.Budget) (planned Planned, over bool) {
	given := make(map[string]action.Given, len(m.fields))
	explained := false // only the first problem is told
	for i := range m.fields {
		f := &m.fields[i]
		g, err := f.look(q.doc, budget)
		if err != nil {
			g.Problem = f.failed(err)
			over = over || errors.Is(err, expression.ErrBudget)
		}
		if f.required && !explained && err == nil && isNothing(g.Value) {
			g.Missing, explained = f.explain(q.doc), true
		}
		given[f.name] = g
	}
	payload, problem := m.definition.Render(given)
	size := len(payload)
	if payload == nil { // as much was written in vain
		payload, size = []byte("{}"), action.MaxPayload
	}
	_ = q.total.TakeBytes(requestCost * size) // this request was made; those after it are told
	return Planned{
		MappingKey: m.key,
		ActionType: m.definition.Type,
		Parameters: m.parameters,
		Payload:    payload,
		SHA256:     action.SHA256(payload),
		Problem:    problem,
	}, over
}

// look finds the value of a field.
func (f *field) look(doc fieldpath.Document, budget *expression.Budget) (action.Given, error) {
	v, err := f.find(doc, budget)
	if err != nil {
		return action.Given{}, err
	}
	if n, ok := v.(value.Unrepresentable); ok {
		return action.Given{}, fmt.Errorf("the number %.40s at %s is neither a whole number of 64 bits nor one that a float64 holds", n, f.path)
	}
	if v == nil {
		v = f.value
	}
	if list, ok := v.([]any); ok && f.entries {
		return action.Given{Value: v}, budget.TakeSteps(len(list))
	}
	return action.Given{Value: v}, nil
}

// find returns what a path or an expression leads to; nil for a literal.
func (f *field) find(doc fieldpath.Document, budget *expression.Budget) (any, error) {
	switch {
	case f.expression != nil:
		return f.expression.Eval(doc, budget)
	case f.isPath:
		v, _, err := f.path.ResolveWithin(doc, budget)
		return v, err
	default:
		return nil, nil
	}
}

// explain says why a field has nothing.
func (f *field) explain(doc fieldpath.Document) string {
	switch {
	case f.expression != nil:
		return "the expression gives null"
	case f.isPath:
		return f.path.Explain(doc)
	default:
		return ""
	}
}

// isNothing reports whether v counts as missing in a required field.
func isNothing(v any) bool {
	list, ok := v.([]any)
	return v == nil || ok && len(list) == 0
}

func (f *field) failed(err error) *action.Problem {
	return &action.Problem{Code: action.RuleFailed, Field: f.name, Message: f.name + ": " + err.Error()}
}
