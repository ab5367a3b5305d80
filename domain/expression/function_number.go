package expression

import (
	"math"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/value"
)

// rounding is abs, ceil, floor and round. All but abs give a float64, as in expr.
func rounding(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	v := arguments[0]
	if !isNumber(v) {
		return nil, e.fail(n, "%s needs a number, not %s", n.Name, value.Kind(v))
	}
	switch n.Name {
	case "ceil":
		return math.Ceil(toFloat(v)), nil
	case "floor":
		return math.Floor(toFloat(v)), nil
	case "round":
		return math.Round(toFloat(v)), nil
	}
	if compareNumbers(v, int64(0)) >= 0 {
		return v, nil
	}
	return e.arithmetic(n, "-", int64(0), v)
}

// convertNumber is int and float, of numbers and of strings that hold one.
func convertNumber(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	v := arguments[0]
	if s, ok := v.(string); ok {
		return e.parseNumber(n, s)
	}
	if !isNumber(v) {
		return nil, e.fail(n, "%s needs a number or a string, not %s", n.Name, value.Kind(v))
	}
	if n.Name == "float" {
		return toFloat(v), nil
	}
	return e.boxed(e.whole(n, v))
}

func (e *evaluation) boxed(i int64, err error) (any, error) { return i, err }

func (e *evaluation) parseNumber(n *ast.BuiltinNode, s string) (any, error) {
	const longest = 400
	if len(s) > longest {
		return nil, e.fail(n, "%s of a string of %d bytes: that is no number", n.Name, len(s))
	}
	if n.Name == "int" {
		i, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, e.fail(n, "%s is not a whole number of 64 bits", brief(s))
		}
		return i, nil
	}
	// Go reads more than JSON has: hexadecimal, underscores, words for infinity.
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.ContainsAny(s, "xXpP_nN") {
		return nil, e.fail(n, "%s is not a number", brief(s))
	}
	return f, nil
}

// aggregate is min, max and mean, of numbers and of lists of them.
func aggregate(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	a := aggregation{e: e, n: n, sum: int64(0)}
	if err := a.add(arguments); err != nil {
		return nil, err
	}
	switch {
	case n.Name != "mean":
		return a.best, nil
	case a.count == 0:
		return 0.0, nil
	default:
		return e.arithmetic(n, "/", toFloat(a.sum), a.count)
	}
}

type aggregation struct {
	e     *evaluation
	n     *ast.BuiltinNode
	best  any // null of nothing
	sum   any
	count int64
}

func (a *aggregation) add(list []any) error {
	for _, v := range list {
		if err := a.e.step(a.n, 0); err != nil {
			return err
		}
		if inner, ok := v.([]any); ok {
			if err := a.add(inner); err != nil {
				return err
			}
			continue
		}
		if !isNumber(v) {
			return a.e.fail(a.n, "%s needs numbers, not %s", a.n.Name, value.Kind(v))
		}
		if err := a.take(v); err != nil {
			return err
		}
	}
	return nil
}

func (a *aggregation) take(v any) (err error) {
	a.count++
	if a.n.Name == "mean" {
		a.sum, err = a.e.arithmetic(a.n, "+", toFloat(a.sum), toFloat(v))
		return err
	}
	if a.best == nil {
		a.best = v
		return nil
	}
	if c := compareNumbers(v, a.best); c < 0 && a.n.Name == "min" || c > 0 && a.n.Name == "max" {
		a.best = v
	}
	return nil
}
