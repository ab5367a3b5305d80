package expression

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/value"
)

// looping is a function that runs a predicate for the entries of a list.
type looping func(*evaluation, *ast.BuiltinNode, []any) (any, error)

// loop returns the function with that name, or nil.
func loop(name string) looping {
	switch name {
	case "all":
		return func(e *evaluation, n *ast.BuiltinNode, list []any) (any, error) {
			return e.until(n, list, false, false)
		}
	case "any":
		return func(e *evaluation, n *ast.BuiltinNode, list []any) (any, error) { return e.until(n, list, true, true) }
	case "none":
		return func(e *evaluation, n *ast.BuiltinNode, list []any) (any, error) { return e.until(n, list, true, false) }
	case "one":
		return func(e *evaluation, n *ast.BuiltinNode, list []any) (any, error) {
			count, err := e.count(n, list)
			return count == 1, err
		}
	case "count":
		return func(e *evaluation, n *ast.BuiltinNode, list []any) (any, error) {
			count, err := e.count(n, list)
			return count, err
		}
	case "find", "findIndex":
		return (*evaluation).find
	case "findLast", "findLastIndex":
		return (*evaluation).findLast
	case "filter":
		return (*evaluation).filter
	case "map":
		return (*evaluation).mapped
	case "sum":
		return (*evaluation).sum
	case "reduce":
		return (*evaluation).reduce
	case "sortBy":
		return (*evaluation).sortBy
	default:
		return nil
	}
}

// loop runs a loop over its first argument.
func (e *evaluation) loop(n *ast.BuiltinNode, run looping) (any, error) {
	v, err := e.eval(n.Arguments[0])
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		return nil, e.fail(n.Arguments[0], "%s needs a list; %s is %s", n.Name, text(n.Arguments[0]), value.Kind(v))
	}
	e.rounds = append(e.rounds, round{})
	v, err = run(e, n, list)
	e.rounds = e.rounds[:len(e.rounds)-1]
	return v, err
}

// round evaluates the predicate for one entry; a loop without a predicate gets
// the entry itself.
func (e *evaluation) round(n *ast.BuiltinNode, list []any, i int) (any, error) {
	if err := e.step(n, 0); err != nil {
		return nil, err
	}
	r := &e.rounds[len(e.rounds)-1]
	r.item, r.index = list[i], i
	if len(n.Arguments) < 2 {
		return e.readable(n, list[i])
	}
	return e.eval(n.Arguments[1])
}

// holds evaluates a predicate that must be true or false.
func (e *evaluation) holds(n *ast.BuiltinNode, list []any, i int) (bool, error) {
	v, err := e.round(n, list, i)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, e.fail(n, "the condition of %s is %s, not true or false", n.Name, value.Kind(v))
	}
	return b, nil
}

// until returns found at the first entry for which the predicate is stop, and
// its opposite if there is none.
func (e *evaluation) until(n *ast.BuiltinNode, list []any, stop, found bool) (any, error) {
	for i := range list {
		b, err := e.holds(n, list, i)
		if err != nil {
			return nil, err
		}
		if b == stop {
			return found, nil
		}
	}
	return !found, nil
}

func (e *evaluation) count(n *ast.BuiltinNode, list []any) (count int64, err error) {
	for i := range list {
		b, err := e.holds(n, list, i)
		if err != nil {
			return 0, err
		}
		if b {
			count++
		}
	}
	return count, nil
}

func (e *evaluation) find(n *ast.BuiltinNode, list []any) (any, error) {
	for i := range list {
		if found, err := e.holds(n, list, i); err != nil || found {
			return e.foundAt(n, list, i, err)
		}
	}
	return nil, nil
}

func (e *evaluation) findLast(n *ast.BuiltinNode, list []any) (any, error) {
	for i := range slices.Backward(list) {
		if found, err := e.holds(n, list, i); err != nil || found {
			return e.foundAt(n, list, i, err)
		}
	}
	return nil, nil
}

func (e *evaluation) foundAt(n *ast.BuiltinNode, list []any, i int, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if n.Name == "findIndex" || n.Name == "findLastIndex" {
		return int64(i), nil
	}
	return e.readable(n, list[i])
}

func (e *evaluation) filter(n *ast.BuiltinNode, list []any) (any, error) {
	kept := []any{}
	for i := range list {
		keep, err := e.holds(n, list, i)
		if err != nil {
			return nil, err
		}
		if !keep {
			continue
		}
		if err := e.alloc(n, growBytes); err != nil {
			return nil, err
		}
		kept = append(kept, list[i])
	}
	return kept, nil
}

func (e *evaluation) mapped(n *ast.BuiltinNode, list []any) (any, error) {
	result, err := e.list(n, len(list))
	if err != nil {
		return nil, err
	}
	for i := range list {
		if result[i], err = e.round(n, list, i); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func (e *evaluation) sum(n *ast.BuiltinNode, list []any) (any, error) {
	var sum any = int64(0)
	for i := range list {
		v, err := e.round(n, list, i)
		if err != nil {
			return nil, err
		}
		if sum, err = e.arithmetic(n, "+", sum, v); err != nil {
			return nil, err
		}
	}
	return sum, nil
}

func (e *evaluation) reduce(n *ast.BuiltinNode, list []any) (any, error) {
	r := len(e.rounds) - 1
	start := 0
	switch {
	case len(n.Arguments) == 3:
		acc, err := e.eval(n.Arguments[2])
		if err != nil {
			return nil, err
		}
		e.rounds[r].acc = acc
	case len(list) == 0:
		return nil, e.fail(n, "reduce of an empty list needs a third argument to begin with")
	default:
		e.rounds[r].acc, start = list[0], 1
	}
	for i := start; i < len(list); i++ {
		v, err := e.round(n, list, i)
		if err != nil {
			return nil, err
		}
		e.rounds[r].acc = v
	}
	return e.readable(n, e.rounds[r].acc)
}

func (e *evaluation) sortBy(n *ast.BuiltinNode, list []any) (any, error) {
	keys, err := e.list(n, len(list))
	if err != nil {
		return nil, err
	}
	for i := range list {
		if keys[i], err = e.round(n, list, i); err != nil {
			return nil, err
		}
	}
	var order any = "asc"
	if len(n.Arguments) == 3 {
		if order, err = e.eval(n.Arguments[2]); err != nil {
			return nil, err
		}
	}
	descending, err := e.descending(n, order)
	if err != nil {
		return nil, err
	}
	return e.sorted(n, list, keys, descending)
}
