package expression

import (
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/value"
)

func length(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	switch v := arguments[0].(type) {
	case string:
		return int64(utf8.RuneCountInString(v)), e.scan(n, len(v))
	case []any:
		return int64(len(v)), nil
	case map[string]any:
		return int64(len(v)), nil
	default:
		return nil, e.fail(n, "len needs a string, a list or an object, not %s", value.Kind(v))
	}
}

// typeName is type, with expr's names of types.
func typeName(_ *evaluation, _ *ast.BuiltinNode, arguments []any) (any, error) {
	switch arguments[0].(type) {
	case nil:
		return "nil", nil
	case bool:
		return "bool", nil
	case int64:
		return "int", nil
	case float64:
		return "float", nil
	case string:
		return "string", nil
	case []any:
		return "array", nil
	default:
		return "map", nil
	}
}

// end is first and last; null of an empty list and of null.
func end(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	list, ok := arguments[0].([]any)
	switch {
	case arguments[0] == nil:
		return nil, nil
	case !ok:
		return nil, e.fail(n, "%s needs a list, not %s", n.Name, value.Kind(arguments[0]))
	case len(list) == 0:
		return nil, nil
	case n.Name == "first":
		return e.readable(n, list[0])
	default:
		return e.readable(n, list[len(list)-1])
	}
}

// get reads a member or an entry, and is null where there is none.
func get(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	switch from := arguments[0].(type) {
	case map[string]any:
		name, _ := arguments[1].(string)
		if err := e.scan(n, len(name)); err != nil {
			return nil, err
		}
		return e.readable(n, from[name])
	case []any:
		i, ok := arguments[1].(int64)
		if i < 0 {
			i += int64(len(from))
		}
		if !ok || i < 0 || i >= int64(len(from)) {
			return nil, nil
		}
		return e.readable(n, from[i])
	default:
		return nil, nil
	}
}

func take(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	list, err := e.listOf(n, arguments[0])
	if err != nil {
		return nil, err
	}
	count, err := e.integer(n, arguments[1])
	if err != nil {
		return nil, err
	}
	if count < 0 {
		return nil, e.fail(n, "take needs a number of entries, not %d", count)
	}
	to := min(count, int64(len(list)))
	return list[:to:to], nil
}

func (e *evaluation) listOf(n *ast.BuiltinNode, v any) ([]any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, e.fail(n, "%s needs a list, not %s", n.Name, value.Kind(v))
	}
	return list, nil
}

// members is keys and values, both in the order of the keys.
func members(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	object, ok := arguments[0].(map[string]any)
	if !ok {
		return nil, e.fail(n, "%s needs an object, not %s", n.Name, value.Kind(arguments[0]))
	}
	names, err := e.names(n, object)
	if err != nil {
		return nil, err
	}
	result, err := e.list(n, len(names))
	if err != nil {
		return nil, err
	}
	if err := e.alloc(n, entryBytes*len(names)); err != nil {
		return nil, err
	}
	for i, name := range names {
		if result[i] = object[name]; n.Name == "keys" {
			result[i] = name
		}
	}
	return result, nil
}

func reverse(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	list, err := e.listOf(n, arguments[0])
	if err != nil {
		return nil, err
	}
	result, err := e.list(n, len(list))
	if err != nil {
		return nil, err
	}
	for i, v := range list {
		result[len(list)-1-i] = v
	}
	return result, nil
}

func uniq(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	list, err := e.listOf(n, arguments[0])
	if err != nil {
		return nil, err
	}
	kept := []any{}
	for _, v := range list {
		known, err := e.in(n, v, kept)
		if err != nil {
			return nil, err
		}
		if known {
			continue
		}
		if err := e.alloc(n, growBytes); err != nil {
			return nil, err
		}
		kept = append(kept, v)
	}
	return kept, nil
}

func concat(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	size := 0
	for _, v := range arguments {
		list, err := e.listOf(n, v)
		if err != nil {
			return nil, err
		}
		size += len(list)
	}
	result, err := e.list(n, size)
	if err != nil {
		return nil, err
	}
	result = result[:0]
	for _, v := range arguments {
		list, _ := v.([]any)
		result = append(result, list...)
	}
	return result, nil
}

func flatten(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	list, err := e.listOf(n, arguments[0])
	if err != nil {
		return nil, err
	}
	return e.flatten(n, []any{}, list)
}

func (e *evaluation) flatten(n ast.Node, into, list []any) ([]any, error) {
	for _, v := range list {
		if err := e.step(n, 0); err != nil {
			return nil, err
		}
		var err error
		if inner, ok := v.([]any); ok {
			if into, err = e.flatten(n, into, inner); err != nil {
				return nil, err
			}
			continue
		}
		if err := e.alloc(n, growBytes); err != nil {
			return nil, err
		}
		into = append(into, v)
	}
	return into, nil
}

func sorted(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	list, err := e.listOf(n, arguments[0])
	if err != nil {
		return nil, err
	}
	descending := false
	if len(arguments) == 2 {
		if descending, err = e.descending(n, arguments[1]); err != nil {
			return nil, err
		}
	}
	return e.sorted(n, list, list, descending)
}
