package expression

import (
	"strings"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/value"
)

func (e *evaluation) unary(n *ast.UnaryNode) (any, error) {
	switch n.Operator {
	case "!", "not":
		b, err := e.truth(n.Node)
		return !b, err
	}
	v, err := e.eval(n.Node)
	if err != nil {
		return nil, err
	}
	if !isNumber(v) {
		return nil, e.fail(n, "%s is %s, not a number", text(n.Node), value.Kind(v))
	}
	if n.Operator == "+" {
		return v, nil
	}
	return e.arithmetic(n, "-", int64(0), v)
}

func (e *evaluation) binary(n *ast.BinaryNode) (any, error) {
	switch n.Operator {
	case "&&", "and":
		a, err := e.truth(n.Left)
		if err != nil || !a {
			return false, err
		}
		return e.boolean(e.truth(n.Right))
	case "||", "or":
		a, err := e.truth(n.Left)
		if err != nil || a {
			return a, err
		}
		return e.boolean(e.truth(n.Right))
	case "??":
		v, err := e.eval(n.Left)
		if err != nil || v != nil {
			return v, err
		}
		return e.eval(n.Right)
	}
	a, err := e.eval(n.Left)
	if err != nil {
		return nil, err
	}
	b, err := e.eval(n.Right)
	if err != nil {
		return nil, err
	}
	return e.operate(n, a, b)
}

func (e *evaluation) boolean(b bool, err error) (any, error) { return b, err }

// operate applies an operator to values.
func (e *evaluation) operate(n *ast.BinaryNode, a, b any) (any, error) {
	switch n.Operator {
	case "==":
		return e.boolean(e.equal(n, a, b))
	case "!=":
		same, err := e.equal(n, a, b)
		return !same, err
	case "<", ">", "<=", ">=":
		order, err := e.compare(n, a, b)
		if err != nil {
			return nil, err
		}
		return holds(n.Operator, order), nil
	case "+":
		s, isText := a.(string)
		t, both := b.(string)
		if isText && both {
			return e.join(n, s, t)
		}
		return e.arithmetic(n, "+", a, b)
	case "-", "*", "/", "%", "**", "^":
		return e.arithmetic(n, n.Operator, a, b)
	case "in":
		return e.boolean(e.in(n, a, b))
	case "..":
		return e.span(n, a, b)
	default:
		return e.boolean(e.textual(n, a, b))
	}
}

func holds(operator string, order int) bool {
	switch operator {
	case "<":
		return order < 0
	case ">":
		return order > 0
	case "<=":
		return order <= 0
	default:
		return order >= 0
	}
}

// compare orders two numbers or two strings.
func (e *evaluation) compare(n ast.Node, a, b any) (int, error) {
	if isNumber(a) && isNumber(b) {
		return compareNumbers(a, b), nil
	}
	s, ok := a.(string)
	t, both := b.(string)
	if !ok || !both {
		return 0, e.fail(n, "cannot compare %s with %s: %s and %s have no order", value.Kind(a), value.Kind(b), brief(a), brief(b))
	}
	if err := e.scan(n, min(len(s), len(t))); err != nil {
		return 0, err
	}
	return strings.Compare(s, t), nil
}
