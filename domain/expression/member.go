package expression

import (
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/value"
)

// member follows a.b, a["b"] and a[0]. A member that an object does not have
// is null, as in expr; an entry beyond the end of a list is a failure.
func (e *evaluation) member(n *ast.MemberNode) (any, error) {
	base, err := e.eval(n.Node)
	if err != nil {
		return nil, err
	}
	if base == nil && n.Optional {
		return nil, errAbsent
	}
	key, err := e.eval(n.Property)
	if err != nil {
		return nil, err
	}
	switch base := base.(type) {
	case map[string]any:
		name, ok := key.(string)
		if !ok {
			return nil, e.fail(n, "the name of a member must be a string, not %s", value.Kind(key))
		}
		if err := e.scan(n, len(name)); err != nil {
			return nil, err
		}
		return e.readable(n, base[name])
	case []any:
		i, ok := key.(int64)
		if !ok {
			return nil, e.fail(n, "%s is a list; its entries are read as [0], not as %s", text(n.Node), brief(key))
		}
		if i < 0 {
			i += int64(len(base))
		}
		if i < 0 || i >= int64(len(base)) {
			return nil, e.fail(n, "index out of range: %s has %d entries, and none at %s", text(n.Node), len(base), brief(key))
		}
		return e.readable(n, base[i])
	case nil:
		return nil, e.fail(n, "cannot fetch %s from <nil>: %s is null or missing; write ?. before the name if it may be", plain(key), text(n.Node))
	default:
		return nil, e.fail(n, "cannot fetch %s from %s: %s is not an object", plain(key), value.Kind(base), text(n.Node))
	}
}

// plain writes a key as it stands in a path.
func plain(key any) string {
	if name, ok := key.(string); ok {
		return cut(name, 60)
	}
	return brief(key)
}

// slice follows a[1:3] on lists and, by characters, on strings. Bounds beyond
// the ends are moved to them; negative ones count from the end.
func (e *evaluation) slice(n *ast.SliceNode) (any, error) {
	base, err := e.eval(n.Node)
	if err != nil {
		return nil, err
	}
	length := 0
	switch base := base.(type) {
	case []any:
		length = len(base)
	case string:
		if err := e.scan(n, 2*len(base)); err != nil {
			return nil, err
		}
		length = utf8.RuneCountInString(base)
	default:
		return nil, e.fail(n, "%s is %s, which has no slices", text(n.Node), value.Kind(base))
	}
	from, err := e.bound(n.From, 0, length)
	if err != nil {
		return nil, err
	}
	to, err := e.bound(n.To, length, length)
	if err != nil {
		return nil, err
	}
	from = min(from, to)
	if list, ok := base.([]any); ok {
		return list[from:to:to], nil
	}
	return characters(base.(string), from, to), nil
}

func (e *evaluation) bound(node ast.Node, missing, length int) (int, error) {
	if node == nil {
		return missing, nil
	}
	v, err := e.eval(node)
	if err != nil {
		return 0, err
	}
	i, ok := v.(int64)
	if !ok {
		return 0, e.fail(node, "the bound of a slice must be a whole number, not %s", value.Kind(v))
	}
	if i < 0 {
		i += int64(length)
	}
	return int(min(max(i, 0), int64(length))), nil
}

// characters returns the characters of s from one index to another.
func characters(s string, from, to int) string {
	start, end, n := len(s), len(s), 0
	for i := range s {
		if n == from {
			start = i
		}
		if n == to {
			end = i
			break
		}
		n++
	}
	return s[min(start, end):end]
}
