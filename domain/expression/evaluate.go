package expression

import (
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/fieldpath"
	"daybook/domain/value"
)

// Eval returns the value of the expression in doc. Parts of it may be shared
// with doc. The error is an *[Error].
func (x *Expression) Eval(doc fieldpath.Document, budget *Budget) (any, error) {
	e := &evaluation{expression: x, doc: doc, budget: budget}
	return e.guard(func() (any, error) { return e.eval(x.root) })
}

// EvalObject returns the object that the expression gives in doc. The error is
// an *[Error].
func (x *Expression) EvalObject(doc fieldpath.Document, budget *Budget) (map[string]any, error) {
	v, err := x.Eval(doc, budget)
	if err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, errorAt(x.source, x.root, "the expression gives %s, not an object", value.Kind(v))
	}
	return object, nil
}

// evaluation is one run of an expression.
type evaluation struct {
	expression *Expression
	doc        fieldpath.Document
	budget     *Budget
	variables  []variable
	rounds     []round
	arguments  []any // of the function calls under way, one after the other
}

type variable struct {
	name  string
	value any
}

// round is one round of a loop: what # and its kin stand for.
type round struct {
	item  any
	index int
	acc   any
}

// errAbsent ends a chain with ?. in it whose base is null; the chain is then null.
var errAbsent = errors.New("absent")

// guard turns a panic into a failure: a fault in the evaluator fails one rule,
// and the rest of the log goes on.
func (e *evaluation) guard(run func() (any, error)) (v any, err error) {
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, e.fail(e.expression.root, "the expression cannot be evaluated: %v", r)
		}
	}()
	return run()
}

func (e *evaluation) fail(node ast.Node, format string, args ...any) error {
	return errorAt(e.expression.source, node, format, args...)
}

// step counts one operation, and n more where it has much to do.
func (e *evaluation) step(node ast.Node, n int) error {
	if err := e.budget.TakeSteps(1 + n); err != nil {
		return spentAt(e.expression.source, node, err)
	}
	return nil
}

// alloc counts n bytes that are about to be used.
func (e *evaluation) alloc(node ast.Node, n int) error {
	if err := e.budget.TakeBytes(n); err != nil {
		return spentAt(e.expression.source, node, err)
	}
	return nil
}

func (e *evaluation) eval(node ast.Node) (any, error) {
	switch n := node.(type) {
	case *ast.NilNode:
		return nil, nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.IntegerNode:
		return int64(n.Value), nil
	case *ast.FloatNode:
		return n.Value, nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.IdentifierNode:
		return e.identifier(n), nil
	case *ast.PointerNode:
		return e.pointer(n)
	case *ast.PredicateNode:
		return e.eval(n.Node)
	}
	if err := e.step(node, 0); err != nil {
		return nil, err
	}
	switch n := node.(type) {
	case *ast.UnaryNode:
		return e.unary(n)
	case *ast.BinaryNode:
		return e.binary(n)
	case *ast.ChainNode:
		return e.chain(n)
	case *ast.MemberNode:
		return e.member(n)
	case *ast.SliceNode:
		return e.slice(n)
	case *ast.BuiltinNode:
		return e.call(n)
	case *ast.ConditionalNode:
		return e.conditional(n)
	case *ast.VariableDeclaratorNode:
		return e.let(n)
	case *ast.SequenceNode:
		return e.sequence(n)
	case *ast.ArrayNode:
		return e.array(n)
	case *ast.MapNode:
		return e.object(n)
	default:
		return nil, e.fail(node, "this cannot be used in a rule")
	}
}

func (e *evaluation) identifier(n *ast.IdentifierNode) any {
	for _, v := range slices.Backward(e.variables) {
		if v.name == n.Value {
			return v.value
		}
	}
	switch n.Value {
	case "body":
		return e.doc.Body
	case "headers":
		return e.doc.Headers
	case "event":
		return e.doc.Event
	default:
		return e.doc.Preprocess
	}
}

func (e *evaluation) pointer(n *ast.PointerNode) (any, error) {
	r := &e.rounds[len(e.rounds)-1]
	switch n.Name {
	case "index":
		return int64(r.index), nil
	case "acc":
		return r.acc, nil
	default:
		return e.readable(n, r.item)
	}
}

// readable fails on a number that cannot be held.
func (e *evaluation) readable(node ast.Node, v any) (any, error) {
	if n, ok := v.(value.Unrepresentable); ok {
		return nil, e.fail(node, "the number %s is neither a whole number of 64 bits nor one that a float64 holds", cut(string(n), 40))
	}
	return v, nil
}

// truth evaluates a node that must be true or false.
func (e *evaluation) truth(node ast.Node) (bool, error) {
	v, err := e.eval(node)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, e.fail(node, "%s is %s, not true or false", text(node), value.Kind(v))
	}
	return b, nil
}

func (e *evaluation) chain(n *ast.ChainNode) (any, error) {
	v, err := e.eval(n.Node)
	if err == errAbsent { //nolint:errorlint // it is never wrapped, and never leaves this package
		return nil, nil
	}
	return v, err
}

func (e *evaluation) conditional(n *ast.ConditionalNode) (any, error) {
	ok, err := e.truth(n.Cond)
	if err != nil {
		return nil, err
	}
	if ok {
		return e.eval(n.Exp1)
	}
	return e.eval(n.Exp2)
}

func (e *evaluation) let(n *ast.VariableDeclaratorNode) (any, error) {
	v, err := e.eval(n.Value)
	if err != nil {
		return nil, err
	}
	e.variables = append(e.variables, variable{n.Name, v})
	v, err = e.eval(n.Expr)
	e.variables = e.variables[:len(e.variables)-1]
	return v, err
}

func (e *evaluation) sequence(n *ast.SequenceNode) (v any, err error) {
	for _, part := range n.Nodes {
		if v, err = e.eval(part); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (e *evaluation) array(n *ast.ArrayNode) (any, error) {
	if err := e.alloc(n, 24+entryBytes*len(n.Nodes)); err != nil {
		return nil, err
	}
	list := make([]any, len(n.Nodes))
	for i, node := range n.Nodes {
		v, err := e.eval(node)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}

func (e *evaluation) object(n *ast.MapNode) (any, error) {
	if err := e.alloc(n, objectBytes+memberBytes*len(n.Pairs)); err != nil {
		return nil, err
	}
	object := make(map[string]any, len(n.Pairs))
	for _, node := range n.Pairs {
		pair, ok := node.(*ast.PairNode)
		if !ok {
			return nil, e.fail(node, "this cannot be used in a rule")
		}
		key, err := e.eval(pair.Key)
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if !ok {
			return nil, e.fail(pair.Key, "the name of a member must be a string, not %s", value.Kind(key))
		}
		if object[name], err = e.eval(pair.Value); err != nil {
			return nil, err
		}
	}
	return object, nil
}

// text is the source of a node, short enough for a message.
func text(node ast.Node) string { return cut(fmt.Sprint(node), 120) }
