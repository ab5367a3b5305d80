package expression

import (
	"github.com/expr-lang/expr/ast"
)

// applying is a function of values.
type applying func(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error)

// function returns the function with that name, or nil.
func function(name string) applying {
	switch name {
	case "len":
		return length
	case "type":
		return typeName
	case "abs", "ceil", "floor", "round":
		return rounding
	case "int", "float":
		return convertNumber
	case "string":
		return convertText
	case "min", "max", "mean":
		return aggregate
	case "trim", "trimPrefix", "trimSuffix", "upper", "lower":
		return trimming
	case "hasPrefix", "hasSuffix", "indexOf", "lastIndexOf":
		return searching
	case "split":
		return split
	case "replace":
		return replace
	case "repeat":
		return repeat
	case "join":
		return join
	case "toJSON":
		return toJSON
	case "fromJSON":
		return fromJSON
	case "toBase64", "fromBase64":
		return convertBase64
	case "first", "last":
		return end
	case "get":
		return get
	case "take":
		return take
	case "keys", "values":
		return members
	case "reverse":
		return reverse
	case "uniq":
		return uniq
	case "concat":
		return concat
	case "flatten":
		return flatten
	case "sort":
		return sorted
	default:
		return nil
	}
}

// call runs a function. The values of its arguments stand on a stack that the
// calls of one evaluation share.
func (e *evaluation) call(n *ast.BuiltinNode) (any, error) {
	if run := loop(n.Name); run != nil {
		return e.loop(n, run)
	}
	apply := function(n.Name)
	base := len(e.arguments)
	for _, node := range n.Arguments {
		v, err := e.eval(node)
		if err != nil {
			e.arguments = e.arguments[:base]
			return nil, err
		}
		e.arguments = append(e.arguments, v)
	}
	v, err := apply(e, n, e.arguments[base:])
	e.arguments = e.arguments[:base]
	return v, err
}
