package expression

import (
	"strings"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/value"
)

// scan counts the looking at n bytes of text.
func (e *evaluation) scan(n ast.Node, bytes int) error {
	if bytes < scanned {
		return nil
	}
	return e.step(n, bytes/scanned)
}

// build counts a text of n bytes that is about to be made.
func (e *evaluation) build(n ast.Node, bytes int) error {
	if err := e.scan(n, bytes); err != nil {
		return err
	}
	return e.alloc(n, bytes+16)
}

func (e *evaluation) join(n ast.Node, a, b string) (any, error) {
	if err := e.build(n, len(a)+len(b)); err != nil {
		return nil, err
	}
	return a + b, nil
}

// textual applies contains, startsWith, endsWith and matches. Null contains
// nothing and is contained in nothing, as in expr.
func (e *evaluation) textual(n *ast.BinaryNode, a, b any) (bool, error) {
	if a == nil || b == nil {
		return false, nil
	}
	s, ok := a.(string)
	t, both := b.(string)
	if !ok || !both {
		return false, e.fail(n, "%s needs two strings, not %s and %s", n.Operator, value.Kind(a), value.Kind(b))
	}
	if n.Operator == "matches" {
		return e.matches(n, s)
	}
	if err := e.scan(n, len(s)+len(t)); err != nil {
		return false, err
	}
	switch n.Operator {
	case "contains":
		return strings.Contains(s, t), nil
	case "startsWith":
		return strings.HasPrefix(s, t), nil
	case "endsWith":
		return strings.HasSuffix(s, t), nil
	default:
		return false, e.fail(n, "unknown operator %s", n.Operator)
	}
}

func (e *evaluation) matches(n *ast.BinaryNode, s string) (bool, error) {
	p := e.expression.patterns[n]
	if err := e.step(n, len(s)*p.size/matched); err != nil {
		return false, err
	}
	return p.regexp.MatchString(s), nil
}
