package expression

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	"daybook/domain/value"
)

// strings returns the arguments as strings.
func (e *evaluation) strings(n *ast.BuiltinNode, arguments []any) (a, b string, err error) {
	var both [2]string
	for i, v := range arguments[:min(len(arguments), len(both))] {
		s, ok := v.(string)
		if !ok {
			return "", "", e.fail(n, "%s needs a string, not %s", n.Name, value.Kind(v))
		}
		both[i] = s
	}
	return both[0], both[1], nil
}

// trimming makes a string of a string: trim, trimPrefix, trimSuffix, upper, lower.
func trimming(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	s, t, err := e.strings(n, arguments)
	if err != nil {
		return nil, err
	}
	if err := e.scan(n, len(s)); err != nil {
		return nil, err
	}
	if len(arguments) == 1 && n.Name != "trim" {
		t = " "
	}
	switch n.Name {
	case "trimPrefix":
		return strings.TrimPrefix(s, t), nil
	case "trimSuffix":
		return strings.TrimSuffix(s, t), nil
	case "trim":
		return e.trim(n, s, t, len(arguments) == 2)
	}
	if err := e.build(n, 3*len(s)); err != nil { // a letter may grow from one byte to three
		return nil, err
	}
	if n.Name == "upper" {
		return strings.ToUpper(s), nil
	}
	return strings.ToLower(s), nil
}

func (e *evaluation) trim(n ast.Node, s, cutset string, given bool) (any, error) {
	if !given {
		return strings.TrimSpace(s), nil
	}
	const longest = 64 // each character is compared with each of the set
	if len(cutset) > longest {
		return nil, e.fail(n, "trim removes at most %d different characters", longest)
	}
	if err := e.step(n, len(s)*len(cutset)/scanned); err != nil {
		return nil, err
	}
	return strings.Trim(s, cutset), nil
}

// searching is hasPrefix, hasSuffix, indexOf and lastIndexOf; indexes are in bytes.
func searching(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	s, t, err := e.strings(n, arguments)
	if err != nil {
		return nil, err
	}
	if err := e.scan(n, len(s)+len(t)); err != nil {
		return nil, err
	}
	switch n.Name {
	case "hasPrefix":
		return strings.HasPrefix(s, t), nil
	case "hasSuffix":
		return strings.HasSuffix(s, t), nil
	case "indexOf":
		return int64(strings.Index(s, t)), nil
	default:
		return int64(strings.LastIndex(s, t)), nil
	}
}

func split(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	s, separator, err := e.strings(n, arguments)
	if err != nil {
		return nil, err
	}
	most := int64(-1)
	if len(arguments) == 3 {
		if most, err = e.integer(n, arguments[2]); err != nil {
			return nil, err
		}
	}
	if err := e.scan(n, 2*len(s)); err != nil {
		return nil, err
	}
	pieces := occurrences(s, separator) + 1
	if most >= 0 {
		pieces = int(min(int64(pieces), most))
	}
	result, err := e.list(n, pieces)
	if err != nil {
		return nil, err
	}
	if err := e.alloc(n, 2*entryBytes*pieces); err != nil { // the strings, and their place in the list
		return nil, err
	}
	for i, piece := range strings.SplitN(s, separator, int(min(max(most, -1), int64(pieces)+1))) {
		result[i] = piece
	}
	return result, nil
}

// occurrences counts the places in s where separator is cut out: for an empty
// one, between all characters.
func occurrences(s, separator string) int {
	if separator == "" {
		return max(utf8.RuneCountInString(s)-1, 0)
	}
	return strings.Count(s, separator)
}

func (e *evaluation) integer(n *ast.BuiltinNode, v any) (int64, error) {
	i, ok := v.(int64)
	if !ok {
		return 0, e.fail(n, "%s needs a whole number, not %s", n.Name, brief(v))
	}
	return i, nil
}

func replace(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	s, old, err := e.strings(n, arguments)
	if err != nil {
		return nil, err
	}
	replacement, ok := arguments[2].(string)
	if !ok {
		return nil, e.fail(n, "replace needs a string, not %s", value.Kind(arguments[2]))
	}
	most := int64(-1)
	if len(arguments) == 4 {
		if most, err = e.integer(n, arguments[3]); err != nil {
			return nil, err
		}
	}
	if err := e.scan(n, 2*len(s)); err != nil {
		return nil, err
	}
	places := strings.Count(s, old)
	if most >= 0 {
		places = int(min(int64(places), most))
	}
	if err := e.step(n, places); err != nil {
		return nil, err
	}
	if err := e.build(n, len(s)+places*len(replacement)); err != nil { // both are below 2³², the product below 2⁶³
		return nil, err
	}
	return strings.Replace(s, old, replacement, places), nil
}

func repeat(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	s, _, err := e.strings(n, arguments[:1])
	if err != nil {
		return nil, err
	}
	times, err := e.integer(n, arguments[1])
	if err != nil {
		return nil, err
	}
	if times < 0 {
		return nil, e.fail(n, "repeat needs a number of times, not %d", times)
	}
	if len(s) == 0 {
		return "", nil
	}
	if err := e.build(n, len(s)*int(min(times, MaxBytes))); err != nil {
		return nil, err
	}
	return strings.Repeat(s, int(times)), nil
}

func join(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	list, ok := arguments[0].([]any)
	if !ok {
		return nil, e.fail(n, "join needs a list, not %s", value.Kind(arguments[0]))
	}
	glue, _, err := e.strings(n, arguments[1:])
	if err != nil {
		return nil, err
	}
	if err := e.step(n, len(list)); err != nil {
		return nil, err
	}
	size := 0
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return nil, e.fail(n, "join needs a list of strings; it holds %s", value.Kind(v))
		}
		if size += len(s) + len(glue); size > MaxBytes {
			break
		}
	}
	if err := e.build(n, size); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.Grow(size)
	for i, v := range list {
		if i > 0 {
			b.WriteString(glue)
		}
		s, _ := v.(string)
		b.WriteString(s)
	}
	return b.String(), nil
}

// convertText is string: of what has one obvious form as text.
func convertText(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	switch v := arguments[0].(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int64, float64:
		text, err := value.AppendCanonical(nil, v, 64)
		if err != nil {
			return nil, e.fail(n, "string of %s: %v", brief(v), err)
		}
		return string(text), e.alloc(n, len(text)+16)
	default:
		return nil, e.fail(n, "string of %s; toJSON writes lists and objects, ?? replaces null", value.Kind(v))
	}
}

// jsonBytes is how many bytes of memory a byte of JSON may take: to be written,
// and to be read.
const (
	writeBytes = 6
	readBytes  = 32
)

func toJSON(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	most := e.budget.bytes / writeBytes
	text, err := value.AppendCanonical(nil, arguments[0], most)
	if err != nil && !errors.Is(err, value.ErrTooLarge) {
		return nil, e.fail(n, "toJSON: %v", err)
	}
	if err != nil { // so much was written in vain
		if err := e.step(n, most/written); err != nil {
			return nil, err
		}
		return nil, e.alloc(n, MaxBytes+1)
	}
	if err := e.alloc(n, writeBytes*len(text)); err != nil {
		return nil, err
	}
	return string(text), e.step(n, len(text)/written)
}

func fromJSON(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	s, _, err := e.strings(n, arguments)
	if err != nil {
		return nil, err
	}
	if err := e.alloc(n, readBytes*len(s)); err != nil {
		return nil, err
	}
	if err := e.step(n, len(s)/written); err != nil {
		return nil, err
	}
	decoded, err := value.Decode([]byte(s))
	if err != nil {
		return nil, e.fail(n, "fromJSON: %v", err)
	}
	return e.readable(n, decoded.Value)
}

// convertBase64 is toBase64 and fromBase64. What is decoded must be text.
func convertBase64(e *evaluation, n *ast.BuiltinNode, arguments []any) (any, error) {
	s, _, err := e.strings(n, arguments)
	if err != nil {
		return nil, err
	}
	if err := e.build(n, 3*len(s)); err != nil {
		return nil, err
	}
	if n.Name == "toBase64" {
		return base64.StdEncoding.EncodeToString([]byte(s)), nil
	}
	decoded, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, e.fail(n, "fromBase64: %v", err)
	}
	if !utf8.Valid(decoded) {
		return nil, e.fail(n, "fromBase64: what was encoded is not text")
	}
	return string(decoded), nil
}
