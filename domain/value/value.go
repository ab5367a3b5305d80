package value

// MaxDepth is how deep lists and objects may be nested; the outermost has depth 1.
const MaxDepth = 128

// Unrepresentable is a number, as it was written, that is not a whole number
// of 64 bits and that a float64 does not hold either: a whole number that it
// would round, a number beyond its range, or one so small that it would be 0.
// It can be copied, and nothing can be computed with it.
type Unrepresentable string

// Kind names the kind of v for people, with its article.
func Kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		if v {
			return "true"
		}
		return "false"
	case string:
		return "a string"
	case int64, float64, Unrepresentable:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	default:
		return "not a value"
	}
}
