package value

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrTooLarge is returned when a value is larger, written out, than it may be.
var ErrTooLarge = errors.New("the value is too large")

// AppendCanonical appends v as JSON: no spaces, sorted keys, one form for each
// string and number. Equal values give equal bytes, and bytes that stay as they
// are when encoding/json makes them a part of something larger: like it, this
// escapes <, >, & and the two line separators of Unicode. An [Unrepresentable]
// is written as it came.
//
// It returns [ErrTooDeep] for what is nested deeper than four times [MaxDepth],
// so that what was read at that depth can still be put into something else,
// [ErrTooLarge] once dst is longer than limit bytes, having appended
// little more than that, and another error for what is not a value.
func AppendCanonical(dst []byte, v any, limit int) ([]byte, error) {
	w := writer{limit: limit}
	return w.value(dst, v, 0)
}

const maxWrittenDepth = 4 * MaxDepth

// writer takes little memory beside what it writes: dst doubles where it grows,
// and the names of all objects that are being written share one stack.
type writer struct {
	limit int
	names []string
}

const leastRoom = 64 // bytes

func (w *writer) value(dst []byte, v any, depth int) ([]byte, error) {
	if depth > maxWrittenDepth {
		return dst, ErrTooDeep
	}
	if len(dst) > w.limit {
		return dst, ErrTooLarge
	}
	if cap(dst)-len(dst) < leastRoom {
		dst = slices.Grow(dst, max(len(dst), leastRoom))
	}
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return dst, errors.New("JSON has no infinite numbers")
		}
		if v == 0 { // one zero: -0 would be read back as the whole number
			return append(dst, '0'), nil
		}
		return appendFloat(dst, v), nil
	case Unrepresentable:
		if len(v) > w.limit-len(dst) {
			return dst, ErrTooLarge
		}
		return append(dst, v...), nil
	case string:
		return w.text(dst, v)
	case []any:
		return w.list(dst, v, depth+1)
	case map[string]any:
		return w.object(dst, v, depth+1)
	default:
		return dst, fmt.Errorf("a %T is not a value", v)
	}
}

func (w *writer) text(dst []byte, s string) ([]byte, error) {
	if len(s) > w.limit-len(dst) {
		return dst, ErrTooLarge
	}
	start := len(dst)
	dst, err := jsontext.AppendQuote(dst, s)
	if err != nil {
		return dst, fmt.Errorf("write a string: %w", err)
	}
	if strings.ContainsAny(s, escaped) {
		quoted := escaper().Replace(string(dst[start:]))
		dst = append(dst[:start], quoted...)
	}
	return dst, nil
}

// appendFloat writes the shortest number that is read back as f. A large one has
// an exponent: its shortest digits, written out, would be another whole number.
func appendFloat(dst []byte, f float64) []byte {
	const exact = 1 << 53 // up to here a float64 holds every whole number
	if math.Abs(f) > exact {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return jsontext.AppendFloat(dst, f, 64)
}

// escaped are the characters that JSON allows and encoding/json escapes.
const escaped = "<>&\u2028\u2029"

func escaper() *strings.Replacer {
	return strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "\u2028", `\u2028`, "\u2029", `\u2029`)
}

func (w *writer) list(dst []byte, list []any, depth int) ([]byte, error) {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = w.value(dst, v, depth); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func (w *writer) object(dst []byte, object map[string]any, depth int) ([]byte, error) {
	if least := 4 * (len(object) - 1); least > w.limit-len(dst) { // "":0 each: not worth sorting
		return dst, ErrTooLarge
	}
	first := len(w.names)
	for name := range object {
		w.names = append(w.names, name)
	}
	last := len(w.names)
	slices.Sort(w.names[first:])
	dst = append(dst, '{')
	for i := first; i < last; i++ {
		if i > first {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = w.text(dst, w.names[i]); err != nil {
			return dst, err
		}
		dst = append(dst, ':')
		if dst, err = w.value(dst, object[w.names[i]], depth); err != nil {
			return dst, err
		}
	}
	w.names = w.names[:first]
	return append(dst, '}'), nil
}
