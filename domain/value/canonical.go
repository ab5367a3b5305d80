package value

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrTooLarge is returned when a value is larger, written out, than it may be.
var ErrTooLarge = errors.New("the value is too large")

// AppendCanonical appends v as JSON: no spaces, sorted keys, the shortest form
// of each string and number. Equal values give equal bytes. An
// [Unrepresentable] is written as it came.
//
// It returns [ErrTooDeep] for what is nested deeper than four times [MaxDepth],
// so that what was read at that depth can still be put into something else,
// [ErrTooLarge] once dst is longer than limit bytes, having appended
// little more than that, and another error for what is not a value.
func AppendCanonical(dst []byte, v any, limit int) ([]byte, error) {
	return writer{limit: limit}.value(dst, v, 0)
}

const maxWrittenDepth = 4 * MaxDepth

type writer struct{ limit int }

func (w writer) value(dst []byte, v any, depth int) ([]byte, error) {
	if depth > maxWrittenDepth {
		return dst, ErrTooDeep
	}
	if len(dst) > w.limit {
		return dst, ErrTooLarge
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
		return jsontext.AppendFloat(dst, v, 64), nil
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

func (w writer) text(dst []byte, s string) ([]byte, error) {
	if len(s) > w.limit-len(dst) {
		return dst, ErrTooLarge
	}
	dst, err := jsontext.AppendQuote(dst, s)
	if err != nil {
		return dst, fmt.Errorf("write a string: %w", err)
	}
	return dst, nil
}

func (w writer) list(dst []byte, list []any, depth int) ([]byte, error) {
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

func (w writer) object(dst []byte, object map[string]any, depth int) ([]byte, error) {
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(object)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = w.text(dst, name); err != nil {
			return dst, err
		}
		dst = append(dst, ':')
		if dst, err = w.value(dst, object[name], depth); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}
