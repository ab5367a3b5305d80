package web

import (
	"regexp"
	"strings"
)

// because is a trace as people read it: "amount_due is 1200, and 1200 > 5000 is
// false". What is no comparison of a field stays as it was written, with its
// values: "len(lines) > 1: 0 > 1 is false".
func because(trace string) string {
	parts := strings.Split(trace, "; ")
	for i, part := range parts {
		parts[i] = strings.NewReplacer(" → false", " is false", " → true", " is true").Replace(named(part))
	}
	return strings.Join(parts, "; ")
}

// named is a part of a trace with the last name of each path in place of the
// comparison as it was written, which says where the values come from.
func named(part string) string {
	for at := 0; ; at++ {
		colon := strings.Index(part[at:], ": ")
		if colon < 0 {
			return part
		}
		at += colon
		if names, ok := namesIn(part[:at], part[at+2:]); ok {
			return names + ", and " + part[at+2:]
		}
	}
}

// comparisons are the operators of a trace.
var comparisons = regexp.MustCompile(` (==|!=|<=|>=|<|>|in|contains|startsWith|endsWith|matches) `)

// fieldName is a path, and its last name.
var fieldName = regexp.MustCompile(`^(?:body|headers|event|preprocess)(?:\??\.[A-Za-z_]\w*|\[\d+\])*?\??\.([A-Za-z_]\w*(?:\[\d+\])*)$`)

// namesIn says what the sides of a comparison are called, and their values:
// "amount_due is 1200". It is false where a side is neither a path nor a
// constant.
func namesIn(source, values string) (names string, ok bool) {
	values, _, _ = strings.Cut(values, " → ")
	found := comparisons.FindStringIndex(source)
	if found == nil {
		return "", false
	}
	operator := source[found[0]:found[1]]
	left, right, ok := strings.Cut(values, operator)
	if !ok {
		return "", false
	}
	var said []string
	for _, side := range [...]struct{ source, value string }{{source[:found[0]], left}, {source[found[1]:], right}} {
		switch name := fieldName.FindStringSubmatch(side.source); {
		case name != nil:
			said = append(said, name[1]+" is "+side.value)
		case side.source != side.value:
			return "", false
		}
	}
	return strings.Join(said, ", "), len(said) > 0
}
