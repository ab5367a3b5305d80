// Package ui holds the parts that pages are made of: statuses, spans of text,
// facts, the payload tree, the chart. They take plain values and know no page.
package ui

// Kind says how a [Span] is set.
type Kind string

// The kinds of span.
const (
	Plain  Kind = ""       // running text
	Strong Kind = "strong" // a name that matters: a mapping, a workflow
	Code   Kind = "code"   // machine text
	Hit    Kind = "hit"    // machine text that decided it, in marker yellow
	Faint  Kind = "faint"  // an aside
)

// Span is a piece of a line. Texts are plain and may be hostile; they are
// escaped where they are drawn.
type Span struct {
	Text string
	Kind Kind
	Href string // a link to a page of ours; empty for none
}

// Line is one line of text made of spans.
type Line []Span

// Text is a line of plain words.
func Text(s string) Line { return Line{{Text: s}} }

// String is the line without its setting.
func (l Line) String() string {
	n := 0
	for _, s := range l {
		n += len(s.Text)
	}
	b := make([]byte, 0, n)
	for _, s := range l {
		b = append(b, s.Text...)
	}
	return string(b)
}

// The most that an id may take in a column, in characters, and what of a longer
// one is left at its ends.
const (
	shortMost = 28
	shortHead = 15
	shortTail = 8
)

// Short is an id as a column shows it: the middle of a long one is left out,
// because ids differ at their ends. Ids of Stripe's objects but those of
// checkout sessions are whole.
func Short(id string) string {
	runes := []rune(id)
	if len(runes) <= shortMost {
		return id
	}
	return string(runes[:shortHead]) + "…" + string(runes[len(runes)-shortTail:])
}

// Fact is a labelled line.
type Fact struct {
	Label string
	Value Line
}
