package expression

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/nearest"
)

// check walks a parsed expression before anything else does, and lets through
// only the kinds of nodes and the functions that the evaluator knows.
//
// The parser puts the middle of a comparison like 1 < x < 9 into the tree twice,
// so that a small source can be a tree of astronomic size: nodes are counted
// as often as they are met.
type check struct {
	source   string
	nodes    int
	patterns map[*ast.BinaryNode]pattern
	err      *Error
}

func (c *check) fail(node ast.Node, format string, args ...any) {
	if c.err == nil {
		c.err = errorAt(c.source, node, format, args...)
	}
}

// walk checks a node; loops counts the loops that it stands in.
func (c *check) walk(node ast.Node, loops int) {
	if c.err != nil || node == nil {
		return
	}
	if c.nodes++; c.nodes > MaxNodes {
		c.fail(node, "the expression has more than %d parts; simplify it", MaxNodes)
		return
	}
	switch n := node.(type) {
	case *ast.NilNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.StringNode:
	case *ast.IdentifierNode:
		if n.Value == "$env" {
			c.fail(n, "unknown name $env; there are body, headers, event and preprocess")
		}
	case *ast.PointerNode:
		if loops == 0 {
			c.fail(n, "# stands for an entry, and there is no list around it")
		}
	case *ast.BytesNode:
		c.fail(n, "write the text without the b before it")
	case *ast.CallNode:
		c.call(n)
	case *ast.BuiltinNode:
		c.builtin(n, loops)
	case *ast.BinaryNode:
		c.binary(n)
		c.all(loops, n.Left, n.Right)
	case *ast.UnaryNode:
		c.walk(n.Node, loops)
	case *ast.ChainNode:
		c.walk(n.Node, loops)
	case *ast.MemberNode:
		c.all(loops, n.Node, n.Property)
	case *ast.SliceNode:
		c.all(loops, n.Node, n.From, n.To)
	case *ast.PredicateNode:
		c.walk(n.Node, loops)
	case *ast.VariableDeclaratorNode:
		c.all(loops, n.Value, n.Expr)
	case *ast.SequenceNode:
		c.all(loops, n.Nodes...)
	case *ast.ConditionalNode:
		c.all(loops, n.Cond, n.Exp1, n.Exp2)
	case *ast.ArrayNode:
		c.all(loops, n.Nodes...)
	case *ast.MapNode:
		c.all(loops, n.Pairs...)
	case *ast.PairNode:
		c.all(loops, n.Key, n.Value)
	default:
		c.fail(node, "this cannot be used in a rule")
	}
}

func (c *check) all(loops int, nodes ...ast.Node) {
	for _, node := range nodes {
		c.walk(node, loops)
	}
}

func (c *check) call(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		c.fail(n, "only the functions of the language can be called")
		return
	}
	c.unknown(n, callee.Value)
}

func (c *check) builtin(n *ast.BuiltinNode, loops int) {
	switch {
	case loop(n.Name) != nil:
		for i, argument := range n.Arguments {
			_, predicate := argument.(*ast.PredicateNode)
			if predicate {
				c.walk(argument, loops+1)
				continue
			}
			c.walk(n.Arguments[i], loops)
		}
	case function(n.Name) != nil:
		c.all(loops, n.Arguments...)
	default:
		c.unknown(n, n.Name)
	}
}

func (c *check) unknown(n ast.Node, name string) {
	if clock := []string{"now", "date", "duration", "timezone"}; slices.Contains(clock, name) {
		c.fail(n, "%s is not available: a rule has no clock, so that a replay decides as the first time did", name)
		return
	}
	if meant, ok := nearest.Name(name, maps.Keys(names())); ok {
		c.fail(n, "there is no function %s; did you mean %s?", name, meant)
		return
	}
	c.fail(n, "there is no function %s; there are %s", name, strings.Join(slices.Sorted(maps.Keys(names())), ", "))
}

func (c *check) binary(n *ast.BinaryNode) {
	if n.Operator != "matches" {
		return
	}
	text, ok := n.Right.(*ast.StringNode)
	if !ok {
		c.fail(n.Right, "write the pattern of matches as text in quotes")
		return
	}
	p, err := newPattern(text.Value)
	if err != nil {
		c.fail(n.Right, "%v", err)
		return
	}
	c.patterns[n] = p
}
