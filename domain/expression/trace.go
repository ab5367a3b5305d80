package expression

import (
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/fieldpath"
	"daybook/domain/value"
)

// Limits of a trace, in bytes.
const (
	maxTrace = 500
	maxBrief = 80
)

// Decision is the answer of a condition and why: the part of it that decided,
// with the values that it had, as in "amount > 5000: 1200 > 5000 → false". Of
// several parts that had to agree, the first three are shown.
type Decision struct {
	Matched bool
	Trace   string
}

// Decide evaluates an expression made by [CompileCondition]. The error is an
// *[Error].
func (x *Expression) Decide(doc fieldpath.Document, budget *Budget) (Decision, error) {
	e := &evaluation{expression: x, doc: doc, budget: budget}
	var parts []string
	v, err := e.guard(func() (any, error) {
		matched, decided, err := e.decide(x.root)
		parts = decided
		return matched, err
	})
	if err != nil {
		return Decision{}, err
	}
	matched, _ := v.(bool)
	return Decision{Matched: matched, Trace: summary(parts)}, nil
}

func summary(parts []string) string {
	const shown = 3
	more := ""
	if n := len(parts) - shown; n > 0 {
		parts, more = parts[:shown], " and "+strconv.Itoa(n)+" more"
	}
	return cut(strings.Join(parts, "; "), maxTrace) + more
}

// decide evaluates a condition like eval does, and keeps what decided it.
func (e *evaluation) decide(node ast.Node) (bool, []string, error) {
	switch n := node.(type) {
	case *ast.BinaryNode:
		switch n.Operator {
		case "&&", "and":
			return e.decideBoth(n, false)
		case "||", "or":
			return e.decideBoth(n, true)
		case "==", "!=", "<", ">", "<=", ">=", "in", "contains", "startsWith", "endsWith", "matches":
			return e.decideOperator(n)
		}
	case *ast.UnaryNode:
		if n.Operator == "!" || n.Operator == "not" {
			if err := e.step(n, 0); err != nil {
				return false, nil, err
			}
			matched, parts, err := e.decide(n.Node)
			return !matched, parts, err
		}
	}
	matched, err := e.truth(node)
	if err != nil {
		return false, nil, err
	}
	return matched, []string{e.expression.deciders[node] + " → " + strconv.FormatBool(matched)}, nil
}

// decideBoth evaluates && (whose decider is false) and || (true).
func (e *evaluation) decideBoth(n *ast.BinaryNode, decider bool) (bool, []string, error) {
	if err := e.step(n, 0); err != nil {
		return false, nil, err
	}
	left, parts, err := e.decide(n.Left)
	if err != nil || left == decider {
		return left, parts, err
	}
	right, more, err := e.decide(n.Right)
	if err != nil || right == decider {
		return right, more, err
	}
	return right, append(parts, more...), nil
}

func (e *evaluation) decideOperator(n *ast.BinaryNode) (bool, []string, error) {
	if err := e.step(n, 0); err != nil {
		return false, nil, err
	}
	a, err := e.eval(n.Left)
	if err != nil {
		return false, nil, err
	}
	b, err := e.eval(n.Right)
	if err != nil {
		return false, nil, err
	}
	v, err := e.operate(n, a, b)
	if err != nil {
		return false, nil, err
	}
	matched, _ := v.(bool)
	operation := brief(a) + " " + n.Operator + " " + brief(b)
	if source := e.expression.deciders[n]; source != operation {
		operation = source + ": " + operation
	}
	return matched, []string{operation + " → " + strconv.FormatBool(matched)}, nil
}

// deciders returns the text of each node that can decide a condition.
func deciders(root ast.Node) map[ast.Node]string {
	texts := map[ast.Node]string{}
	var walk func(ast.Node)
	walk = func(node ast.Node) {
		switch n := node.(type) {
		case *ast.BinaryNode:
			switch n.Operator {
			case "&&", "and", "||", "or":
				walk(n.Left)
				walk(n.Right)
				return
			}
		case *ast.UnaryNode:
			walk(n.Node)
			return
		}
		texts[node] = text(node)
	}
	walk(root)
	return texts
}

// brief writes a value in at most maxBrief bytes, and never looks at more of it
// than that.
func brief(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(cut(v, maxBrief-2))
	case []any:
		return "[" + strconv.Itoa(len(v)) + " entries]"
	case map[string]any:
		return "{" + strconv.Itoa(len(v)) + " members}"
	case value.Unrepresentable:
		return cut(string(v), maxBrief)
	default:
		short, err := value.AppendCanonical(nil, v, maxBrief)
		if err != nil {
			return value.Kind(v)
		}
		return string(short)
	}
}
