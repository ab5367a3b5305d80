package declaration

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits of a file.
const (
	// MaxFile is the largest file that is read, in bytes.
	MaxFile = 1 << 20
	// maxDepth is how deep values may be nested.
	maxDepth = 100
	// maxNodes is how many values a file may hold, aliases unfolded.
	maxNodes = 200_000
	// maxTexts is how long all its texts may be together, in bytes, aliases
	// unfolded: a short alias may stand for a long one, again and again.
	maxTexts = 4 * MaxFile
	// maxSources is how many sources one file may declare.
	maxSources = 1000
)

// Position is a place in a file, from 1, in lines and characters.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// node is a value in a file, and where it stands.
type node struct {
	kind   kind
	text   string // of a text; of a number as it is written
	flag   bool   // of a boolean
	fields []field
	items  []*node
	at     Position
}

// field is a field of an object; at is where its name stands.
type field struct {
	name  string
	at    Position
	value *node
}

type kind uint8

const (
	isNull kind = iota
	isBoolean
	isNumber
	isText
	isList
	isObject
)

func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "text", "a list", "an object"}[k]
}

// field returns a field of an object.
func (n *node) field(name string) (field, bool) {
	for _, f := range n.fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// json writes n as JSON.
func (n *node) json() []byte { return n.appendJSON(nil) }

func (n *node) appendJSON(b []byte) []byte {
	switch n.kind {
	case isNull:
		return append(b, "null"...)
	case isBoolean:
		if n.flag {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case isNumber:
		return append(b, n.text...)
	case isText:
		return appendText(b, n.text)
	case isList:
		b = append(b, '[')
		for i, item := range n.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendJSON(b)
		}
		return append(b, ']')
	case isObject:
		b = append(b, '{')
		for i, f := range n.fields {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, f.name), ':')
			b = f.value.appendJSON(b)
		}
		return append(b, '}')
	}
	return b
}

// appendText quotes text. What is not UTF-8 neither reader lets through.
func appendText(b []byte, text string) []byte {
	quoted, _ := jsontext.AppendQuote(b, text)
	return quoted
}

// isNumberText reports whether text is a number as JSON writes it.
func isNumberText(text string) bool {
	return text != "" && strings.Trim(text[:1], "-0123456789") == "" && jsontext.Value(text).IsValid()
}
