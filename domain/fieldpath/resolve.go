package fieldpath

import (
	"strconv"
	"strings"

	"daybook/domain/value"
)

var _ value.Guard = Path{}

// Document is what paths lead through. Its values are those of package value.
type Document struct {
	Body       any
	Headers    map[string]any // names in lower case, values are strings
	Event      map[string]any
	Preprocess any
}

func (p Path) start(doc Document) any {
	switch p.root {
	case headers:
		return doc.Headers
	case event:
		return doc.Event
	case preprocess:
		return doc.Preprocess
	default:
		return doc.Body
	}
}

// Meter counts what following a path costs. It returns an error where that is
// too much.
type Meter interface {
	TakeSteps(n int) error
	TakeBytes(n int) error
}

// entryBytes is what an entry of a list that is collected takes, with the room
// in which the list grows.
const entryBytes = 48

// Resolve returns what p leads to. A path may lead to null; one with [*] leads
// to a list of all that is found, which may be empty, and lists within [*] of
// [*] become one. What is returned is shared with doc.
func (p Path) Resolve(doc Document) (v any, found bool) {
	v, found, _ = p.ResolveWithin(doc, nil)
	return v, found
}

// ResolveWithin is Resolve where it may cost only so much: the entries that a
// [*] goes through are counted before it does. The error is the meter's.
func (p Path) ResolveWithin(doc Document, meter Meter) (v any, found bool, err error) {
	at := p.start(doc)
	for i, s := range p.segments {
		if s.kind == every {
			list, ok := at.([]any)
			if !ok {
				return nil, false, nil
			}
			v, err := collect([]any{}, list, p.segments[i+1:], meter)
			return v, err == nil, err
		}
		if at, found = step(at, s); !found {
			return nil, false, nil
		}
	}
	return at, p.root != preprocess || len(p.segments) > 0 || at != nil, nil
}

// collect appends to into what the segments lead to from each entry.
func collect(into, list []any, segments []segment, meter Meter) ([]any, error) {
	if err := count(meter, len(list)); err != nil {
		return nil, err
	}
next:
	for _, at := range list {
		for i, s := range segments {
			if s.kind == every {
				if inner, ok := at.([]any); ok {
					var err error
					if into, err = collect(into, inner, segments[i+1:], meter); err != nil {
						return nil, err
					}
				}
				continue next
			}
			var found bool
			if at, found = step(at, s); !found {
				continue next
			}
		}
		into = append(into, at)
	}
	return into, nil
}

func count(meter Meter, entries int) error {
	if meter == nil {
		return nil
	}
	if err := meter.TakeSteps(entries); err != nil {
		return err
	}
	return meter.TakeBytes(entryBytes * entries)
}

func step(from any, s segment) (any, bool) {
	if s.kind == entry {
		list, ok := from.([]any)
		if !ok || s.index >= len(list) {
			return nil, false
		}
		return list[s.index], true
	}
	object, ok := from.(map[string]any)
	if !ok {
		return nil, false
	}
	v, ok := object[s.name]
	return v, ok
}

// Guards reports whether a place of the payload lies on the way of p: its end,
// or what p passes through to get there. The steps to it are as for
// [value.Guard].
func (p Path) Guards(steps []string) bool {
	if p.root != body || len(steps) > len(p.segments) {
		return false
	}
	for i, step := range steps {
		if !p.segments[i].matches(step) {
			return false
		}
	}
	return true
}

func (s segment) matches(step string) bool {
	switch s.kind {
	case entry:
		return step == "["+strconv.Itoa(s.index)+"]"
	case every:
		return strings.HasPrefix(step, "[")
	default:
		return step == s.name
	}
}
