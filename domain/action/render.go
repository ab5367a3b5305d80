package action

import (
	"errors"
	"maps"
	"slices"

	"daybook/domain/value"
)

// MaxPayload is the size of the largest request, in bytes.
const MaxPayload = 2 << 20

// Given is what a mapping gives for one field.
type Given struct {
	Value any // nil where there is nothing
	// Missing says why there is nothing, as in "nothing at body.customer".
	Missing string
	// Problem is set where finding the value went wrong.
	Problem *Problem
}

// Render checks what was given for the fields of an action and writes the
// request: one JSON object of the fields that have a value, with sorted keys.
// Where something is wrong it returns the first problem in the order of the
// catalogue, and the request with the fields that are right, so that it can be
// looked at; nil, if it cannot be written.
func (d Definition) Render(given map[string]Given) (payload []byte, problem *Problem) {
	request := make(map[string]any, len(d.Fields))
	for _, field := range d.Fields {
		v, p := field.fit(given[field.Name])
		if problem == nil {
			problem = p
		}
		if v != nil {
			request[field.Name] = v
		}
	}
	payload, err := value.AppendCanonical(nil, request, MaxPayload)
	if err == nil {
		return payload, problem
	}
	if problem == nil {
		problem = unwritable(err)
	}
	return nil, problem
}

func (f Field) fit(g Given) (any, *Problem) {
	switch {
	case g.Problem != nil:
		return nil, g.Problem
	case f.Required && isMissing(g.Value):
		return nil, f.missing(g.Missing)
	case g.Value == nil:
		return nil, nil
	default:
		return f.Fit(g.Value)
	}
}

// isMissing reports whether v is nothing for a required field.
func isMissing(v any) bool {
	list, ok := v.([]any)
	return v == nil || ok && len(list) == 0
}

func (f Field) missing(why string) *Problem {
	p := &Problem{Code: MissingField, Field: f.Name, Message: f.Name + " is required"}
	if why != "" {
		p.Message += "; " + why
	}
	return p
}

func unwritable(err error) *Problem {
	if errors.Is(err, value.ErrTooLarge) {
		return &Problem{Code: TooLarge, Message: "the request is larger than 2 MiB; map less into it"}
	}
	return &Problem{Code: TypeMismatch, Message: "the request cannot be written as JSON: " + err.Error()}
}

func sortedNames(object map[string]any) []string { return slices.Sorted(maps.Keys(object)) }
