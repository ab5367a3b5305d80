package rule

import (
	"errors"
	"fmt"

	"daybook/domain/expression"
	"daybook/domain/fieldpath"
)

// Preprocess is a source's preprocess expression, ready to be evaluated. It
// never changes. Nil is that of a source that has none: it gives nothing.
type Preprocess struct {
	expression *expression.Expression
	broken     error // why it cannot be used
}

// NewPreprocess compiles a preprocess expression; an empty one is none. One
// that cannot be used is kept as a broken one: whoever saves it refuses it, and
// where it is found in the log, from another version, it fails for each webhook.
func NewPreprocess(source string) (*Preprocess, error) {
	if source == "" {
		return nil, nil
	}
	compiled, err := expression.CompilePreprocess(source)
	if err != nil {
		return &Preprocess{broken: errors.New("it cannot be used: " + err.Error())}, err
	}
	return &Preprocess{expression: compiled}, nil
}

// Output returns what preprocess.… stands for in doc, an object; nil where
// there is no expression. Of doc it sees the body and the headers, as they are
// stored: so what it gives is the same when the webhook comes, when the rules
// are asked, and in a replay. It has a budget of its own.
func (p *Preprocess) Output(doc fieldpath.Document) (any, error) {
	if p == nil {
		return nil, nil
	}
	err := p.broken
	if err == nil {
		var object map[string]any
		seen := fieldpath.Document{Body: doc.Body, Headers: doc.Headers}
		if object, err = p.expression.EvalObject(seen, expression.NewBudget()); err == nil {
			return object, nil
		}
	}
	return nil, fmt.Errorf("the source's preprocess expression failed: %w", err)
}

// Preprocesses reports whether the source has a preprocess expression.
func (r *Rules) Preprocesses() bool { return r.preprocess != nil }

// Preprocess returns what preprocess.… stands for in a webhook; nil where the
// source has no such expression.
func (r *Rules) Preprocess(in Input) (any, error) { return r.preprocess.Output(document(in)) }
