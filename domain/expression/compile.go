package expression

import (
	"fmt"
	"reflect"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/parser"
)

// Expression is a compiled expression.
type Expression struct {
	source   string
	root     ast.Node
	patterns map[*ast.BinaryNode]pattern
	deciders map[ast.Node]string // the text of what decides a condition
}

// Source returns what the expression was compiled from.
func (x *Expression) Source() string { return x.source }

// Compile reads an expression that gives a value of any kind. The error is an
// *[Error].
func Compile(source string) (*Expression, error) { return compile(source, scope{}) }

// CompilePreprocess reads an expression that gives an object, to be evaluated
// by [Expression.EvalObject]. It runs before anything else is known of a
// webhook, so it sees body and headers only. The error is an *[Error].
func CompilePreprocess(source string) (*Expression, error) {
	return compile(source, scope{want: reflect.Map, early: true})
}

// CompileCondition reads an expression that gives true or false. The error is
// an *[Error].
func CompileCondition(source string) (*Expression, error) {
	x, err := compile(source, scope{want: reflect.Bool})
	if err != nil {
		return nil, err
	}
	x.deciders = deciders(x.root)
	return x, nil
}

func compile(source string, s scope) (x *Expression, err error) {
	if err := checkSource(source); err != nil {
		return nil, err
	}
	// The parser and the checker are somebody else's: what they do not expect
	// becomes an answer and not a crash.
	defer func() {
		if r := recover(); r != nil {
			x, err = nil, errorFrom(source, 0, fmt.Sprintf("the expression cannot be read: %v", r))
		}
	}()
	config := newConfig(s)
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return nil, errorOf(source, err)
	}
	c := &check{source: source, patterns: map[*ast.BinaryNode]pattern{}}
	c.walk(tree.Node, 0)
	if c.err != nil {
		return nil, c.err
	}
	if _, err := checker.Check(tree, config); err != nil {
		return nil, s.explain(errorOf(source, err))
	}
	return &Expression{source: source, root: tree.Node, patterns: c.patterns}, nil
}

// checkSource refuses what should not even be parsed.
func checkSource(source string) error {
	if len(source) > MaxSource {
		return errorFrom("", 0, fmt.Sprintf("the expression has %d bytes; shorten it to %d", len(source), MaxSource))
	}
	depth := 0
	for i, r := range source {
		switch r {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		if depth > MaxNesting {
			return &Error{Line: 1, Column: i + 1, Message: fmt.Sprintf("the brackets are nested deeper than %d; simplify the expression", MaxNesting)}
		}
	}
	return nil
}
