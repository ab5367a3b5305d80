package ui

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// What one tree may hold at most. What lies beyond is counted, not drawn.
const (
	maxNodes    = 2000  // values in all
	maxChildren = 300   // values in one object or array
	maxDepth    = 40    // nested containers
	maxText     = 1000  // bytes of one name, string or number
	maxRaw      = 65536 // bytes of a body shown as text
	openDepth   = 2     // containers open from the start: the body and its members
)

// Node is one value of a payload, ready to be drawn.
type Node struct {
	Name     string // in an object
	Named    bool
	Kind     NodeKind
	Text     string // of a scalar: as written, safe to read
	Cut      int    // bytes of Text that are left out
	ID       string // the string, when it looks like the id of an object
	Children []Node
	More     int  // members that are not drawn
	Open     bool // unfolded from the start
	Hit      bool // this value decided something
	Array    bool
}

// NodeKind is what a value is.
type NodeKind int

// The kinds of value.
const (
	Container NodeKind = iota
	String
	Number
	Word // true, false, null
)

// Tree reads a JSON payload into nodes. It never panics and never holds more
// than its bounds, whatever the bytes are. Hits are dotted paths from the root
// ("data.object.amount_due") whose values are marked and unfolded to.
func Tree(payload []byte, hits ...string) (Node, error) {
	b := builder{
		dec: jsontext.NewDecoder(bytes.NewReader(payload),
			jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
		hits: map[string]bool{},
		left: maxNodes,
	}
	for _, hit := range hits {
		b.hits[hit] = true
	}
	root, err := b.value("", 0)
	if err != nil {
		return Node{}, fmt.Errorf("read payload: %w", err)
	}
	if _, err := b.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return Node{}, errors.New("read payload: more follows after the value")
	}
	root.Open = true
	if len(hits) == 0 {
		root.openOn()
	}
	return root, nil
}

// openOn opens the members of open containers that would show nothing but one
// or two folded ones: the data of a Stripe event holds one object.
func (n *Node) openOn() {
	bare := len(n.Children) <= 2 && n.More == 0
	for _, child := range n.Children {
		bare = bare && child.Kind == Container
	}
	for i := range n.Children {
		child := &n.Children[i]
		child.Open = child.Open || bare
		if child.Open {
			child.openOn()
		}
	}
}

// shallow is [Tree] with everything below the root folded.
func shallow(payload []byte) (Node, error) {
	root, err := Tree(payload)
	for i := range root.Children {
		root.Children[i].Open = false
	}
	return root, err
}

// builder walks the tokens of one payload.
type builder struct {
	dec  *jsontext.Decoder
	hits map[string]bool
	left int // nodes that may still be made
}

// value reads one value that stands at path.
func (b *builder) value(path string, depth int) (Node, error) {
	b.left--
	kind := b.dec.PeekKind()
	if kind == '{' || kind == '[' {
		return b.container(path, depth)
	}
	token, err := b.dec.ReadToken()
	if err != nil {
		return Node{}, err
	}
	node := Node{Kind: Word, Hit: b.hits[path]}
	switch kind {
	case '"':
		node.Kind = String
		text := token.String()
		if isID(text) {
			node.ID = text
		}
		node.Text, node.Cut = clip(text)
		node.Text = `"` + quote(node.Text, true) + `"`
	case '0':
		node.Kind = Number
		node.Text, node.Cut = clip(token.String())
	default:
		node.Text = token.String()
	}
	return node, nil
}

// container reads an object or array. Its members beyond the bounds are
// skipped and counted.
func (b *builder) container(path string, depth int) (Node, error) {
	if depth >= maxDepth {
		return Node{Kind: Word, Text: "…", Cut: len(path)}, b.dec.SkipValue()
	}
	begin, err := b.dec.ReadToken()
	if err != nil {
		return Node{}, err
	}
	node := Node{Array: begin.Kind() == '[', Hit: b.hits[path]}
	node.Open = depth < openDepth || node.Hit
	for i := 0; ; i++ {
		if kind := b.dec.PeekKind(); kind == '}' || kind == ']' {
			_, err := b.dec.ReadToken()
			return node, err
		}
		name, at := "", fmt.Sprintf("%s[%d]", path, i)
		if !node.Array {
			token, err := b.dec.ReadToken()
			if err != nil {
				return Node{}, err
			}
			name = token.String()
			at = strings.TrimPrefix(path+"."+name, ".")
		}
		if b.left <= 0 || i >= maxChildren {
			node.More++
			if err := b.dec.SkipValue(); err != nil {
				return Node{}, err
			}
			continue
		}
		child, err := b.value(at, depth+1)
		if err != nil {
			return Node{}, err
		}
		short, cut := clip(name)
		child.Name, child.Named = quote(short, false), !node.Array
		if cut > 0 {
			child.Name += "…"
		}
		node.Open = node.Open || child.Hit || (child.Kind == Container && child.Open && depth+1 >= openDepth)
		node.Children = append(node.Children, child)
	}
}

// Preview names what a folded container holds.
func (n Node) Preview() string {
	if n.Array {
		return fmt.Sprintf("%d", len(n.Children)+n.More)
	}
	var b strings.Builder
	for i, child := range n.Children {
		if i == 6 || b.Len() > 60 {
			b.WriteString(", …")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(child.Name)
		if child.Array && child.Kind == Container {
			fmt.Fprintf(&b, "[%d]", len(child.Children)+child.More)
		}
	}
	return b.String()
}

// Short says that n is a list of a few short values, which stands in one line.
func (n Node) Short() bool {
	if !n.Array || n.More > 0 || n.Hit {
		return false
	}
	width := 0
	for _, child := range n.Children {
		if child.Kind == Container || child.Hit {
			return false
		}
		width += len(child.Text) + 2
	}
	return width <= 60
}

// Empty says that nothing can be unfolded.
func (n Node) Empty() bool { return len(n.Children) == 0 && n.More == 0 }

// brackets are what a container begins and ends with.
func (n Node) brackets() (string, string) {
	if n.Array {
		return "[", "]"
	}
	return "{", "}"
}

// clip shortens s to maxText bytes at a rune's edge, and says how many bytes
// were left out.
func clip(s string) (string, int) {
	if len(s) <= maxText {
		return s, 0
	}
	end := maxText
	for end > maxText-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end], len(s) - end
}

// quote writes characters that cannot be seen, or that would change how their
// neighbours are read, as escapes. Within quotation marks it also escapes
// those.
func quote(s string, marks bool) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case marks && (r == '"' || r == '\\'):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case hidden(r) && r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		case hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden says that a reader would not see r: controls, invisible marks, and
// the marks that turn the direction of the text.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// Raw is a body as text: no more than 64 KiB, with what cannot be shown
// replaced. It says how many bytes were left out.
func Raw(body []byte) (text string, cut int) {
	if len(body) > maxRaw {
		body, cut = body[:maxRaw], len(body)-maxRaw
	}
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && hidden(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(string(body), string(utf8.RuneError))), cut
}

// idPrefixes are what the ids of Stripe's objects begin with.
const idPrefixes = " acct ba ca card ch cn cs cus dp du evt fee file ic ii il in ipi link mandate pi pm po price prod promo " +
	"py pyr qt re req sa seti si src sub sub_sched ta tax tok tr trr txcd txn txr we whk "

// isID says that s looks like the id of a Stripe object: cus_9f2.
func isID(s string) bool {
	prefix, rest, ok := strings.Cut(s, "_")
	if !ok || len(s) > 100 || len(prefix) < 2 || !strings.Contains(idPrefixes, " "+prefix+" ") {
		return false
	}
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "test_"), "live_")
	if len(rest) < 3 {
		return false
	}
	for _, c := range []byte(rest) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
