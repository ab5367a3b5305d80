package expression

import (
	"math/bits"
	"slices"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/value"
)

// in looks for a value in a list, or for a name in an object. Nothing is in null.
func (e *evaluation) in(n ast.Node, needle, haystack any) (bool, error) {
	switch haystack := haystack.(type) {
	case nil:
		return false, nil
	case map[string]any:
		name, ok := needle.(string)
		if !ok {
			return false, nil
		}
		_, ok = haystack[name]
		return ok, e.scan(n, len(name))
	case []any:
		for _, entry := range haystack {
			if err := e.step(n, 0); err != nil {
				return false, err
			}
			if same, err := e.equal(n, entry, needle); err != nil || same {
				return same, err
			}
		}
		return false, nil
	default:
		return false, e.fail(n, "in needs a list or an object on its right, not %s", value.Kind(haystack))
	}
}

// span makes the list of a..b.
func (e *evaluation) span(n ast.Node, a, b any) (any, error) {
	from, ok := a.(int64)
	to, both := b.(int64)
	if !ok || !both {
		return nil, e.fail(n, "the ends of .. must be whole numbers, not %s and %s", brief(a), brief(b))
	}
	if from > to {
		return []any{}, nil
	}
	length := uint64(to) - uint64(from)
	if length >= MaxSteps {
		return nil, e.step(n, MaxSteps)
	}
	list, err := e.list(n, int(length)+1)
	if err != nil {
		return nil, err
	}
	if err := e.alloc(n, 8*len(list)); err != nil {
		return nil, err
	}
	for i := range list {
		list[i] = from + int64(i)
	}
	return list, nil
}

// list makes a list of n entries, counted.
func (e *evaluation) list(node ast.Node, n int) ([]any, error) {
	if err := e.step(node, n); err != nil {
		return nil, err
	}
	if err := e.alloc(node, 24+entryBytes*n); err != nil {
		return nil, err
	}
	return make([]any, n), nil
}

// sorting counts the sorting of n entries.
func (e *evaluation) sorting(node ast.Node, n int) error {
	return e.step(node, n*bits.Len(uint(n)))
}

// sorted returns list in the order of its keys, which are all numbers or all
// strings. Entries with equal keys stay in their order.
func (e *evaluation) sorted(n ast.Node, list, keys []any, descending bool) (any, error) {
	if err := e.sorting(n, len(list)); err != nil {
		return nil, err
	}
	result, err := e.list(n, len(list))
	if err != nil {
		return nil, err
	}
	if err := e.alloc(n, 8*len(list)); err != nil {
		return nil, err
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	var failed error
	slices.SortStableFunc(order, func(a, b int) int {
		if failed != nil {
			return 0
		}
		c, err := e.compare(n, keys[a], keys[b])
		if failed = err; descending {
			return -c
		}
		return c
	})
	if failed != nil {
		return nil, failed
	}
	for i, from := range order {
		result[i] = list[from]
	}
	return result, nil
}

// descending reads the order argument of sort and sortBy.
func (e *evaluation) descending(n ast.Node, order any) (bool, error) {
	switch order {
	case "asc":
		return false, nil
	case "desc":
		return true, nil
	default:
		return false, e.fail(n, `the order must be "asc" or "desc", not %s`, brief(order))
	}
}
