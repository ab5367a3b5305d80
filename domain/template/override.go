package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"daybook/domain/es"
)

// MaxOverrides is how many fields of one sample can be overridden at once.
const MaxOverrides = 100

// Override returns body, a JSON object, with each path set to its value. Paths
// are those of mappings without wildcards: data.object.amount_due,
// data.object.lines.data[0].amount; a leading body. may be there. A field that
// is absent is added at the end of its object, and so are the objects on the
// way to it; an entry of a list has to be there. All else stays as it is, byte
// for byte, and what is new is laid out as the rest. Paths are set in the order
// of the alphabet.
//
// A path or a value that cannot be used is an [es.Refusal] of the field
// overrides.{path}.
func Override(body []byte, overrides map[string]any) ([]byte, error) {
	if len(overrides) > MaxOverrides {
		return nil, refuseOverride("", fmt.Sprintf("%d fields are too many: override %d at most", len(overrides), MaxOverrides))
	}
	if raw := jsontext.Value(body); !raw.IsValid(lenient()...) || raw.Kind() != '{' {
		return nil, refuseOverride("", "the sample is not a JSON object: give one")
	}
	layout := layoutOf(body)
	for _, text := range slices.Sorted(maps.Keys(overrides)) {
		steps, err := parseSteps(text)
		if err != nil {
			return nil, refuseOverride(text, err.Error())
		}
		value, err := encode(overrides[text])
		if err != nil {
			return nil, refuseOverride(text, "the value is not JSON: "+err.Error())
		}
		if body, err = layout.set(body, steps, 0, value); err != nil {
			return nil, refuseOverride(text, err.Error())
		}
	}
	return body, nil
}

// encode writes a value as JSON, with < and > as they are and the members of
// maps in the order of the alphabet.
func encode(value any) (jsontext.Value, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

func refuseOverride(path, message string) error {
	field := "overrides"
	if path != "" {
		field += fmt.Sprintf(".%.200s", path)
	}
	return &es.Refusal{Code: es.Invalid, Field: field, Message: message}
}

// lenient reads what a provider may send: only what is between the braces
// matters here.
func lenient() []jsontext.Options {
	return []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
}

// layout is how the members of an object are set out: one a line with an
// indent, or, without indent, all in one line.
type layout struct{ indent string }

// layoutOf takes the layout from the first member.
func layoutOf(body []byte) layout {
	_, inside, _ := bytes.Cut(body, []byte("{"))
	space := inside[:len(inside)-len(bytes.TrimLeft(inside, " \t\r\n"))]
	if i := bytes.LastIndexByte(space, '\n'); i >= 0 && i+1 < len(space) {
		return layout{indent: string(space[i+1:])}
	}
	return layout{}
}

// set returns raw, an object or a list that lies depth levels deep, with the
// value at the end of steps.
func (l layout) set(raw []byte, steps []step, depth int, value jsontext.Value) ([]byte, error) {
	place, err := locate(raw, steps[0])
	if err != nil {
		return nil, err
	}
	rest := steps[1:]
	switch old := jsontext.Value(raw[place.from:place.to]); {
	case !place.found && steps[0].isIndex:
		return nil, fmt.Errorf("the list has no entry %s: it has %d", steps[0], place.count)
	case !place.found:
		if value, err = l.nest(rest, depth+1, value); err != nil {
			return nil, err
		}
		return l.add(raw, place, steps[0].name, depth, value), nil
	case len(rest) == 0 || old.Kind() == 'n':
		value, err = l.nest(rest, depth+1, value)
	case old.Kind() == kindFor(rest[0]):
		value, err = l.set(old, rest, depth+1, value)
	default:
		return nil, fmt.Errorf("%s is %s, so %s cannot be set in it: override %s as a whole", steps[0], kindName(old.Kind()), rest[0], steps[0])
	}
	if err != nil {
		return nil, err
	}
	return slices.Concat(raw[:place.from], value, raw[place.to:]), nil
}

// nest wraps a value, at a depth, in the objects that lead to it.
func (l layout) nest(steps []step, depth int, value jsontext.Value) (jsontext.Value, error) {
	for _, s := range slices.Backward(steps) {
		if s.isIndex {
			return nil, fmt.Errorf("there is no list for %s: override the list as a whole", s)
		}
		value = slices.Concat([]byte("{"), quoted(s.name), []byte(":"), value, []byte("}"))
	}
	if l.indent != "" {
		if err := value.Indent(jsontext.WithIndent(l.indent), jsontext.WithIndentPrefix(strings.Repeat(l.indent, depth))); err != nil {
			return nil, fmt.Errorf("lay the value out: %w", err)
		}
	}
	return value, nil
}

// add puts a member at the end of the object raw.
func (l layout) add(raw []byte, place place, name string, depth int, value []byte) []byte {
	var member bytes.Buffer
	if place.count > 0 {
		member.WriteByte(',')
	}
	if l.indent != "" {
		member.WriteString("\n" + strings.Repeat(l.indent, depth+1))
	}
	member.Write(quoted(name))
	member.WriteByte(':')
	if l.indent != "" {
		member.WriteByte(' ')
	}
	member.Write(value)
	if l.indent != "" && place.count == 0 {
		member.WriteString("\n" + strings.Repeat(l.indent, depth))
	}
	return slices.Concat(raw[:place.last], member.Bytes(), raw[place.last:])
}

// place is where a step leads within an object or a list.
type place struct {
	found    bool
	from, to int // the value
	last     int // the end of the last member or entry, or of the opening bracket
	count    int // members or entries
}

// locate finds where step s leads. Of several members with one name it is the
// last, which is the one that counts for most readers of JSON.
func locate(raw []byte, s step) (place, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(raw), lenient()...)
	if _, err := d.ReadToken(); err != nil {
		return place{}, err
	}
	p := place{last: int(d.InputOffset())}
	for d.PeekKind() != kindEnd(s) {
		matches := s.isIndex && s.index == p.count
		if !s.isIndex {
			name, err := d.ReadToken()
			if err != nil {
				return place{}, err
			}
			matches = name.String() == s.name
		}
		value, err := d.ReadValue()
		if err != nil {
			return place{}, err
		}
		p.last = int(d.InputOffset())
		if matches {
			p.found, p.from, p.to = true, p.last-len(value), p.last
		}
		p.count++
	}
	return p, nil
}

// kindFor is the kind of value that a step leads into.
func kindFor(s step) jsontext.Kind {
	if s.isIndex {
		return '['
	}
	return '{'
}

func kindEnd(s step) jsontext.Kind {
	if s.isIndex {
		return ']'
	}
	return '}'
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case '0':
		return "a number"
	default:
		return "true or false"
	}
}

// quoted is a name as JSON. Names come out of a path, which is valid UTF-8.
func quoted(name string) []byte {
	text, err := jsontext.AppendQuote(nil, name)
	if err != nil {
		return []byte(`""`)
	}
	return text
}
