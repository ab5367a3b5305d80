package fieldpath

import (
	"strconv"
	"strings"
)

// Limits of one path.
const (
	MaxLength   = 512 // bytes
	MaxSegments = 64
	maxIndex    = 1_000_000
)

// Path is a parsed path. The zero value is not a path; [Parse] makes them.
type Path struct {
	root     root
	segments []segment
}

type root uint8

const (
	body root = iota
	headers
	event
	preprocess
)

// segment is one step: into a member, an entry, or every entry of a list.
type segment struct {
	kind  kind
	name  string
	index int
}

type kind uint8

const (
	member kind = iota
	entry
	every
)

func (r root) String() string {
	return [...]string{"body", "headers", "event", "preprocess"}[r]
}

// String returns the path in full, with its root.
func (p Path) String() string { return p.upTo(len(p.segments)) }

// upTo returns the path to the n-th segment.
func (p Path) upTo(n int) string {
	var b strings.Builder
	b.WriteString(p.root.String())
	for _, s := range p.segments[:n] {
		switch s.kind {
		case member:
			b.WriteByte('.')
			b.WriteString(s.name)
		case entry:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case every:
			b.WriteString("[*]")
		}
	}
	return b.String()
}

// InBody reports whether the path leads into the payload.
func (p Path) InBody() bool { return p.root == body }

// InHeaders reports whether the path leads to a header.
func (p Path) InHeaders() bool { return p.root == headers }

// InPreprocess reports whether the path leads into the output of the source's
// preprocess expression.
func (p Path) InPreprocess() bool { return p.root == preprocess }
