package declaration

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// readYAML reads the documents of a file; those that hold nothing are passed
// over.
func (r *reader) readYAML(raw []byte) []*node {
	loader, err := yaml.NewLoader(bytes.NewReader(raw), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	if err != nil {
		r.problem(Position{}, "", "the file cannot be read: "+err.Error())
		return nil
	}
	c := &converter{reader: r}
	var documents []*node
	for {
		var document yaml.Node
		err := loader.Load(&document)
		if errors.Is(err, io.EOF) {
			return documents
		}
		if err != nil {
			r.yamlProblem(raw, err)
			return nil
		}
		for _, content := range document.Content {
			if n := c.convert(content, 0); n.kind != isNull {
				documents = append(documents, n)
			}
		}
		if len(documents) > maxSources || c.isTooMuch() {
			r.problem(position(&document), "", fmt.Sprintf("the file holds too much: at most %d sources, and %d values of %d bytes, with its aliases unfolded", maxSources, maxNodes, maxTexts))
			return nil
		}
	}
}

// yamlProblem says what the parser did not understand, and where.
func (r *reader) yamlProblem(raw []byte, err error) {
	var located *yaml.LoadError
	if !errors.As(err, &located) {
		r.problem(Position{}, "", "the file is not YAML: "+err.Error())
		return
	}
	at := Position{Line: located.Mark.Line, Column: located.Mark.Column}
	if at.Line == 0 { // the reader of characters says bytes, if anything
		at = offender(raw)
	}
	message := located.Message
	if located.ContextMsg != "" {
		message += " (" + located.ContextMsg + ")"
	}
	r.problem(at, "", "the file is not YAML: "+message)
}

// offender finds the first character that no YAML may hold.
func offender(raw []byte) Position {
	at := Position{Line: 1, Column: 1}
	for _, c := range string(raw) {
		switch {
		case c == '\n':
			at = Position{Line: at.Line + 1}
		case c == '\uFFFD', c < ' ' && c != '\t' && c != '\r', c == 0x7F:
			return at
		}
		at.Column++
	}
	return Position{}
}

// converter makes nodes of the parser's nodes.
type converter struct {
	*reader
	nodes int
	texts int // bytes
}

// isTooMuch reports whether more was unfolded than is read.
func (c *converter) isTooMuch() bool { return c.nodes > maxNodes || c.texts > maxTexts }

func position(n *yaml.Node) Position { return Position{Line: n.Line, Column: n.Column} }

// convert reads one value. What cannot be used is a problem, and null.
func (c *converter) convert(n *yaml.Node, depth int) *node {
	null := &node{at: position(n)}
	c.nodes++
	c.texts += len(n.Value)
	switch {
	case c.isTooMuch():
		return null // said once, by readYAML
	case depth > maxDepth:
		c.once(null.at, fmt.Sprintf("values are nested over %d deep here; an alias must not stand within its own anchor", maxDepth))
		return null
	case n.Style&yaml.TaggedStyle != 0:
		c.problem(null.at, "", "tags are not read; leave "+quote(n.Tag)+" out, and put text in quotes")
		return null
	}
	switch n.Kind {
	case yaml.AliasNode:
		return c.convert(n.Alias, depth+1)
	case yaml.MappingNode:
		return c.object(n, depth)
	case yaml.SequenceNode:
		list := &node{kind: isList, at: position(n)}
		for _, item := range n.Content {
			list.items = append(list.items, c.convert(item, depth+1))
		}
		return list
	default:
		return c.scalar(n)
	}
}

func (c *converter) object(n *yaml.Node, depth int) *node {
	object := &node{kind: isObject, at: position(n)}
	names := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		at := position(key)
		if key.Kind == yaml.AliasNode && key.Alias != nil {
			key = key.Alias
		}
		switch {
		case key.Kind != yaml.ScalarNode:
			c.problem(at, "", "the name of a field is text, not a list or an object")
			continue
		case key.Value == "<<" && key.Style == 0:
			c.problem(at, "", "merge keys are not read; write the fields out, or use an alias for all of them")
			continue
		case names[key.Value]:
			c.problem(at, "", quote(key.Value)+" stands twice; give it once")
			continue
		}
		names[key.Value] = true
		c.texts += len(key.Value)
		object.fields = append(object.fields, field{name: key.Value, at: at, value: c.convert(n.Content[i+1], depth+1)})
	}
	return object
}

// ambiguous are plain words that are text, a number or a boolean depending on
// who reads them.
var ambiguous = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null|` +
	`[-+]?\.inf|\.nan|[-+]?0x[0-9a-f_]+|[-+]?0o?[0-7_]+|[-+]?0b[01_]+|` +
	`[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|` +
	`[-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(e[-+]?[0-9]+)?)$`)

func (c *converter) scalar(n *yaml.Node) *node {
	made := &node{kind: isText, text: n.Value, at: position(n)}
	if n.Style != 0 { // quoted, or a block
		return made
	}
	switch n.Value {
	case "", "~", "null":
		made.kind, made.text = isNull, ""
	case "true", "false":
		made.kind, made.flag, made.text = isBoolean, n.Value == "true", ""
	default:
		switch {
		case isNumberText(n.Value):
			made.kind = isNumber
		case ambiguous.MatchString(n.Value):
			c.problem(made.at, "", fmt.Sprintf("%s may be text, a number or a boolean; write text in quotes (%q), and else true, false, null or a number as in JSON", n.Value, n.Value))
		}
	}
	return made
}

// quote shows a name from a file, cut where it is long.
func quote(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		text = string(runes[:60]) + "…"
	}
	return fmt.Sprintf("%q", strings.ToValidUTF8(text, "\uFFFD"))
}
