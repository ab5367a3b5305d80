package declaration

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// readJSON reads the one object of a JSON file.
func (r *reader) readJSON(raw []byte) []*node {
	j := newJSONReader(raw)
	n, err := j.value(0)
	if err != nil {
		r.jsonProblem(j, err)
		return nil
	}
	after := j.next()
	if _, err := j.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		r.problem(after, "", "something stands after the object; one file holds one")
	}
	return []*node{n}
}

var (
	errDeep = fmt.Errorf("values are nested over %d deep", maxDepth)
	errMany = fmt.Errorf("the file holds over %d values", maxNodes)
)

func (r *reader) jsonProblem(j *jsonReader, err error) {
	var grammar *jsontext.SyntacticError
	switch {
	case errors.As(err, &grammar) && errors.Is(err, jsontext.ErrDuplicateName):
		name := grammar.JSONPointer.LastToken()
		r.problem(j.places.of(int(grammar.ByteOffset)), "", quote(name)+" stands twice; give it once")
	case errors.As(err, &grammar):
		r.problem(j.places.of(int(grammar.ByteOffset)), "", fmt.Sprintf("the file begins with { and is not JSON: %s", grammar.Err))
	default:
		r.problem(j.places.of(int(j.decoder.InputOffset())), "", err.Error())
	}
}

type jsonReader struct {
	decoder *jsontext.Decoder
	places  places
	nodes   int
}

func newJSONReader(raw []byte) *jsonReader {
	return &jsonReader{
		decoder: jsontext.NewDecoder(bytes.NewReader(raw)),
		places:  places{raw: raw, at: Position{Line: 1, Column: 1}},
	}
}

// value reads the next value.
func (j *jsonReader) value(depth int) (*node, error) {
	if j.nodes++; j.nodes > maxNodes {
		return nil, errMany
	}
	if depth > maxDepth {
		return nil, errDeep
	}
	n := &node{at: j.next()}
	token, err := j.decoder.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case 't', 'f':
		n.kind, n.flag = isBoolean, token.Bool()
	case '0':
		n.kind, n.text = isNumber, token.String()
	case '"':
		n.kind, n.text = isText, token.String()
	case '[':
		return j.list(n, depth)
	case '{':
		return j.object(n, depth)
	default: // null
	}
	return n, nil
}

func (j *jsonReader) list(n *node, depth int) (*node, error) {
	n.kind = isList
	for j.decoder.PeekKind() != ']' {
		item, err := j.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
	}
	_, err := j.decoder.ReadToken()
	return n, err
}

func (j *jsonReader) object(n *node, depth int) (*node, error) {
	n.kind = isObject
	for j.decoder.PeekKind() != '}' {
		at := j.next()
		name, err := j.decoder.ReadToken()
		if err != nil {
			return nil, err
		}
		f := field{name: name.String(), at: at}
		if f.value, err = j.value(depth + 1); err != nil {
			return nil, err
		}
		n.fields = append(n.fields, f)
	}
	_, err := j.decoder.ReadToken()
	return n, err
}

// next is where the next token begins.
func (j *jsonReader) next() Position {
	j.decoder.PeekKind()
	offset := int(j.decoder.InputOffset())
	rest := j.places.raw[offset:]
	return j.places.of(offset + len(rest) - len(bytes.TrimLeft(rest, " \t\r\n,:")))
}

// places finds lines and columns. It is asked for later and later offsets.
type places struct {
	raw    []byte
	offset int
	at     Position
}

func (p *places) of(offset int) Position {
	offset = min(offset, len(p.raw))
	if offset < p.offset {
		p.offset, p.at = 0, Position{Line: 1, Column: 1}
	}
	between := string(p.raw[p.offset:offset])
	if lines := strings.Count(between, "\n"); lines > 0 {
		p.at = Position{Line: p.at.Line + lines, Column: 1}
		between = between[strings.LastIndexByte(between, '\n')+1:]
	}
	p.at.Column += utf8.RuneCountInString(between)
	p.offset = offset
	return p.at
}
