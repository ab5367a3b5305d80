package rule

import (
	"encoding/json"
	"errors"

	"daybook/domain/action"
	"daybook/domain/expression"
	"daybook/domain/fieldpath"
	"daybook/domain/value"
)

// Preview is what a mapping would do with one webhook, told part by part, for
// the person who is writing it: also of a mapping that cannot be used yet, as
// far as it can be read.
type Preview struct {
	// Problems are those that [Compile] finds in the mapping, as mappings[0].
	Problems []Problem
	// Reason and Explanation are why no mapping at all would be asked about this
	// webhook; empty if they would be.
	Reason      Reason
	Explanation string
	// Document is what the mapping's paths lead through.
	Document fieldpath.Document
	// ForType is whether the mapping is for the webhook's event type.
	ForType   bool
	Condition ConditionPreview
	// Fields are those of the action that can be looked up, in the order of the
	// catalogue.
	Fields []FieldPreview
	// Planned is the action that would be planned if the condition is true; nil
	// for a mapping whose problems leave none.
	Planned *Planned
}

// ConditionPreview is what the condition says. A mapping without one matches.
type ConditionPreview struct {
	Matched bool
	Trace   string // as in [Verdict]
	// Error is what went wrong, and Line and Column where; 0 if that is not in
	// the condition itself.
	Error        string
	Line, Column int
}

// FieldPreview is what one field of the action comes to.
type FieldPreview struct {
	Name string
	// Value is what the request would hold; nil where it would hold nothing.
	Value json.RawMessage
	// Note says why there is nothing, or why the fallback stands there.
	Note string
	// Problem is why the action could not be carried out, and Line and Column
	// where in an expression it is; 0 elsewhere.
	Problem      string
	Line, Column int
	// Found is what was found in the place of what is wanted, in short.
	Found string
}

// maxFound is how much is shown of what does not fit, in bytes.
const maxFound = 120

// Preview asks m about one webhook as if it were the only mapping of d, and
// active. It costs no more than twice what the evaluation of one mapping may.
func (d Definition) Preview(m Mapping, in Input) Preview {
	m.Active, d.Mappings, d.Paused = On, []Mapping{m}, nil
	rules, problems := Compile(d)
	asked := &rules.mappings[0]
	p := Preview{Problems: problems, ForType: asked.pattern.matches(in.Event.Type)}
	p.Reason, p.Explanation = rules.refused(in)

	q := rules.question(in)
	p.Document = q.doc
	budget := q.total.Budget()
	p.Condition = asked.previewCondition(&q, budget)
	if asked.definition.Type == "" {
		return p
	}
	forFields := *budget // as much as is left for the request itself
	for i := range asked.fields {
		p.Fields = append(p.Fields, asked.previewField(&asked.fields[i], &q, &forFields))
	}
	if asked.broken == "" && q.failed == nil {
		planned, _ := asked.plan(&q, budget)
		p.Planned = &planned
	}
	return p
}

func (m *compiled) previewCondition(q *question, budget *expression.Budget) ConditionPreview {
	switch {
	case q.failed != nil:
		return ConditionPreview{Error: q.failed.Error()}
	case m.when == nil:
		return ConditionPreview{Matched: true}
	}
	decision, err := m.when.Decide(q.doc, budget)
	c := ConditionPreview{Matched: decision.Matched, Trace: decision.Trace}
	if err != nil {
		c.Error, c.Line, c.Column = located(err)
	}
	return c
}

func (m *compiled) previewField(f *field, q *question, budget *expression.Budget) FieldPreview {
	p := FieldPreview{Name: f.name}
	given, err := f.look(q.doc, budget)
	if err != nil {
		p.Problem, p.Line, p.Column = located(err)
		return p
	}
	if isNothing(given.Value) || f.fellBack(q) {
		p.Note = f.why(q)
	}
	given.Missing = p.Note
	wanted, _ := m.definition.Field(f.name)
	alone := action.Definition{Type: m.definition.Type, Fields: []action.Field{wanted}}
	rendered, problem := alone.Render(map[string]action.Given{f.name: given})
	for _, member := range value.Members(rendered) {
		p.Value = member
	}
	if problem != nil {
		p.Problem = problem.Message
		if given.Value != nil {
			p.Found = found(given.Value)
		}
	}
	return p
}

// why says why a field has nothing.
func (f *field) why(q *question) string {
	if q.failed != nil && f.isPath && f.path.InPreprocess() {
		return "the source's preprocess expression failed"
	}
	return f.explain(q.doc)
}

// fellBack reports whether a path leads to nothing, so that its fallback counts.
func (f *field) fellBack(q *question) bool {
	if !f.isPath || f.value == nil {
		return false
	}
	v, _, err := f.path.ResolveWithin(q.doc, expression.NewBudget())
	return err == nil && v == nil
}

// found is a value in short.
func found(v any) string {
	text, err := value.AppendCanonical(nil, v, maxFound)
	if err != nil {
		return value.Kind(v)
	}
	return string(text)
}

// located is what went wrong, and where in an expression.
func located(err error) (message string, line, column int) {
	if at, ok := errors.AsType[*expression.Error](err); ok {
		return at.Message, at.Line, at.Column
	}
	return err.Error(), 0, 0
}
