package expression

import (
	"maps"
	"slices"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/value"
)

// equal compares values in depth. Values of different kinds are not equal,
// except that 1 equals 1.0.
func (e *evaluation) equal(n ast.Node, a, b any) (bool, error) {
	for _, v := range [...]any{a, b} {
		if _, err := e.readable(n, v); err != nil {
			return false, err
		}
	}
	switch a := a.(type) {
	case string:
		t, ok := b.(string)
		if !ok || len(a) != len(t) {
			return false, nil
		}
		return a == t, e.scan(n, len(a))
	case []any:
		list, ok := b.([]any)
		if !ok || len(a) != len(list) {
			return false, nil
		}
		return e.equalLists(n, a, list)
	case map[string]any:
		object, ok := b.(map[string]any)
		if !ok || len(a) != len(object) {
			return false, nil
		}
		return e.equalObjects(n, a, object)
	case int64, float64:
		return isNumber(b) && compareNumbers(a, b) == 0, nil
	case bool:
		t, ok := b.(bool)
		return ok && a == t, nil
	default:
		return value.Kind(a) == value.Kind(b), nil // null
	}
}

func (e *evaluation) equalLists(n ast.Node, a, b []any) (bool, error) {
	for i := range a {
		if err := e.step(n, 0); err != nil {
			return false, err
		}
		if same, err := e.equal(n, a[i], b[i]); err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

// equalObjects goes by sorted names, so that it always ends at the same place.
func (e *evaluation) equalObjects(n ast.Node, a, b map[string]any) (bool, error) {
	names, err := e.names(n, a)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		v, ok := b[name]
		if !ok {
			return false, nil
		}
		if same, err := e.equal(n, a[name], v); err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

// names returns the sorted names of an object's members, counted.
func (e *evaluation) names(n ast.Node, object map[string]any) ([]string, error) {
	if err := e.sorting(n, len(object)); err != nil {
		return nil, err
	}
	if err := e.alloc(n, growBytes*len(object)); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(object)), nil
}
