package fieldpath

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SyntaxError is a path that cannot be read.
type SyntaxError struct {
	Path    string
	Column  int    // in bytes, from 1
	Message string // says what to do
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s (column %d)", e.Message, e.Column)
}

// eventNames are the members of event.
func eventNames() []string {
	return []string{"id", "type", "key", "source", "environment", "received_at"}
}

// Parse reads a path. The error is a *[SyntaxError].
func Parse(text string) (Path, error) {
	p := parser{text: text}
	path, err := p.path()
	if err != nil {
		return Path{}, err
	}
	return path, nil
}

type parser struct {
	text string
	at   int
}

func (p *parser) path() (Path, error) {
	switch {
	case p.text == "":
		return Path{}, p.fail("the path is empty; write one like body.data.object.id")
	case len(p.text) > MaxLength:
		p.at = MaxLength
		return Path{}, p.fail("the path is longer than %d bytes", MaxLength)
	case !utf8.ValidString(p.text):
		return Path{}, p.fail("the path is not valid UTF-8")
	}
	first, err := p.name()
	if err != nil {
		return Path{}, err
	}
	path := Path{root: body}
	switch first {
	case "body":
	case "headers":
		return p.header()
	case "event":
		path.root = event
	case "preprocess":
		path.root = preprocess
	default:
		path.segments = []segment{{kind: member, name: first}}
	}
	if path.segments, err = p.rest(path.segments); err != nil {
		return Path{}, err
	}
	return path, p.checkEvent(path)
}

// header reads what follows headers: one name, whatever it holds.
func (p *parser) header() (Path, error) {
	path := Path{root: headers}
	if p.done() {
		return path, nil
	}
	if p.text[p.at] != '.' {
		return Path{}, p.fail("write headers. and the name of a header")
	}
	p.at++
	name := strings.ToLower(p.text[p.at:])
	if err := p.checkName(name); err != nil {
		return Path{}, err
	}
	if i := strings.IndexAny(name, "[] "); i >= 0 {
		p.at += i
		return Path{}, p.fail("the name of a header has no brackets or spaces")
	}
	path.segments = []segment{{kind: member, name: name}}
	return path, nil
}

func (p *parser) rest(segments []segment) ([]segment, error) {
	for !p.done() {
		if len(segments) == MaxSegments {
			return nil, p.fail("the path has more than %d steps", MaxSegments)
		}
		next, err := p.segment()
		if err != nil {
			return nil, err
		}
		segments = append(segments, next)
	}
	return segments, nil
}

func (p *parser) segment() (segment, error) {
	switch p.text[p.at] {
	case '.':
		p.at++
		name, err := p.name()
		return segment{kind: member, name: name}, err
	case '[':
		return p.bracket()
	default:
		return segment{}, p.fail("write a dot before the next name")
	}
}

func (p *parser) bracket() (segment, error) {
	length := strings.IndexByte(p.text[p.at:], ']')
	if length < 0 {
		return segment{}, p.fail("close the bracket with ]")
	}
	inside := p.text[p.at+1 : p.at+length]
	if inside == "*" {
		p.at += length + 1
		return segment{kind: every}, nil
	}
	digits := strings.IndexFunc(inside, func(r rune) bool { return r < '0' || r > '9' }) < 0
	index, err := strconv.Atoi(inside)
	if err != nil || !digits || index > maxIndex || strconv.Itoa(index) != inside {
		return segment{}, p.fail("write a number from 0 to %d or * in the brackets", maxIndex)
	}
	p.at += length + 1
	return segment{kind: entry, index: index}, nil
}

// name reads up to the next dot or bracket.
func (p *parser) name() (string, error) {
	name := p.text[p.at:]
	if i := strings.IndexAny(name, ".[]"); i >= 0 {
		name = name[:i]
	}
	if err := p.checkName(name); err != nil {
		return "", err
	}
	p.at += len(name)
	return name, nil
}

func (p *parser) checkName(name string) error {
	if name == "" {
		return p.fail("a name is missing here")
	}
	if i := strings.IndexFunc(name, unicode.IsControl); i >= 0 {
		p.at += i
		return p.fail("a name cannot hold a control character")
	}
	if strings.TrimSpace(name) != name {
		return p.fail("remove the space around the name")
	}
	return nil
}

// checkEvent refuses members that event does not have.
func (p *parser) checkEvent(path Path) error {
	if path.root != event || len(path.segments) == 0 {
		return nil
	}
	p.at = len("event.")
	if s := path.segments[0]; s.kind != member || !slices.Contains(eventNames(), s.name) {
		return p.fail("event has %s", strings.Join(eventNames(), ", "))
	}
	return nil
}

func (p *parser) done() bool { return p.at == len(p.text) }

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{Path: p.text, Column: p.at + 1, Message: fmt.Sprintf(format, args...)}
}
