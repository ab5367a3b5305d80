package expression

import (
	"cmp"
	"math"
	"math/bits"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/value"
)

func isNumber(v any) bool {
	switch v.(type) {
	case int64, float64:
		return true
	default:
		return false
	}
}

func toFloat(v any) float64 {
	if i, ok := v.(int64); ok {
		return float64(i)
	}
	f, _ := v.(float64)
	return f
}

// compareNumbers orders two numbers by what they are, without rounding a whole
// number to a float64.
func compareNumbers(a, b any) int {
	i, whole := a.(int64)
	j, both := b.(int64)
	switch {
	case whole && both:
		return cmp.Compare(i, j)
	case whole:
		return compareMixed(i, toFloat(b))
	case both:
		return -compareMixed(j, toFloat(a))
	default:
		return cmp.Compare(toFloat(a), toFloat(b))
	}
}

func compareMixed(i int64, f float64) int {
	switch {
	case f >= 1<<63:
		return -1
	case f < -1<<63:
		return 1
	}
	whole := math.Trunc(f)
	if c := cmp.Compare(i, int64(whole)); c != 0 {
		return c
	}
	return cmp.Compare(whole, f)
}

// arithmetic computes with two numbers. Two whole numbers give a whole number,
// except that / and ** always give a float64, as in expr.
func (e *evaluation) arithmetic(n ast.Node, operator string, a, b any) (any, error) {
	if !isNumber(a) || !isNumber(b) {
		return nil, e.fail(n, "cannot compute %s %s %s: %s and %s do not go together", brief(a), operator, brief(b), value.Kind(a), value.Kind(b))
	}
	i, whole := a.(int64)
	j, both := b.(int64)
	switch {
	case operator == "%":
		return e.remainder(n, a, b)
	case operator == "/" && toFloat(b) == 0:
		return nil, e.fail(n, "division by zero: %s / %s", brief(a), brief(b))
	case whole && both && (operator == "+" || operator == "-" || operator == "*"):
		result, ok := computeWhole(operator, i, j)
		if !ok {
			return nil, e.fail(n, "%s %s %s does not fit in 64 bits", brief(a), operator, brief(b))
		}
		return result, nil
	}
	result := computeFloat(operator, toFloat(a), toFloat(b))
	if math.IsInf(result, 0) || math.IsNaN(result) {
		return nil, e.fail(n, "%s %s %s is not a finite number", brief(a), operator, brief(b))
	}
	return result, nil
}

func computeWhole(operator string, a, b int64) (int64, bool) {
	switch operator {
	case "+":
		sum := a + b
		return sum, (sum > a) == (b > 0)
	case "-":
		difference := a - b
		return difference, (difference < a) == (b > 0)
	default:
		high, low := bits.Mul64(magnitude(a), magnitude(b))
		negative := (a < 0) != (b < 0)
		if high != 0 || low > 1<<63 || low == 1<<63 && !negative {
			return 0, false
		}
		return a * b, true
	}
}

func magnitude(i int64) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

func computeFloat(operator string, a, b float64) float64 {
	switch operator {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	default:
		return math.Pow(a, b)
	}
}

func (e *evaluation) remainder(n ast.Node, a, b any) (any, error) {
	i, whole := a.(int64)
	j, both := b.(int64)
	if !whole || !both {
		return nil, e.fail(n, "cannot compute %s %% %s: both must be whole numbers", brief(a), brief(b))
	}
	if j == 0 {
		return nil, e.fail(n, "division by zero: %s %% 0", brief(a))
	}
	if j == -1 {
		return int64(0), nil
	}
	return i % j, nil
}

// whole turns a number into a whole one, cutting what stands after the point.
func (e *evaluation) whole(n ast.Node, v any) (int64, error) {
	f, ok := v.(float64)
	if !ok {
		i, _ := v.(int64)
		return i, nil
	}
	f = math.Trunc(f)
	if f >= 1<<63 || f < -1<<63 {
		return 0, e.fail(n, "%s does not fit in 64 bits", brief(v))
	}
	return int64(f), nil
}
