package declaration

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// at is where the value of a field of the source stands; without it, where the
// source does.
func (d Declaration) at(name string) Position {
	if f, ok := d.root.field(name); ok {
		return f.value.at
	}
	return d.root.at
}

// inExpression is how a message ends that knows its place in an expression.
var inExpression = regexp.MustCompile(` \(line ([0-9]{1,6}), column ([0-9]{1,6})\)$`)

// Locate says where in the file something stands that was found wrong with the
// source later. The field is one of the source as the domain calls it: name,
// settings.tolerance, mappings[2].when. It is about the environment that is
// named, unless it is about the source itself.
func (d Declaration) Locate(slug, name, message string) Problem {
	p := Problem{File: d.file.name, Field: name, Message: message, Position: d.root.at}
	e, ok := d.Environment(slug)
	switch name {
	case "key", "name", "description":
		p.Position = d.at(name)
		return p
	case "template", "preconfigured_provider":
		for _, word := range []string{"template", "preconfigured_provider"} {
			if f, ok := d.root.field(word); ok {
				p.Field, p.Position = word, f.value.at
			}
		}
		return p
	case "", "environment":
		if ok {
			p.Field, p.Position = e.word+"."+slug, e.at
		}
		return p
	}
	if !ok {
		return p
	}
	n, steps := e.root, e.inFile(steps(name))
	p.Field, p.Position = e.word+"."+slug+join(steps), e.at
	for _, step := range steps {
		next, at, found := n.step(step)
		if !found {
			break // as far as the file goes
		}
		n, p.Position = next, at
	}
	d.file.locateInside(&p, n)
	return p
}

// locateInside moves p to the place in the text of n that its message names,
// where that text stands in the file as it is.
func (f *text) locateInside(p *Problem, n *node) {
	found := inExpression.FindStringSubmatch(p.Message)
	if found == nil || n.kind != isText {
		return
	}
	line, _ := strconv.Atoi(found[1])   // digits only
	column, _ := strconv.Atoi(found[2]) // likewise
	lines := strings.Split(n.text, "\n")
	if line < 1 || line > len(lines) || column < 1 || n.at.Line < 1 {
		return
	}
	text := lines[line-1]
	before := string([]rune(text)[:min(column-1, utf8.RuneCountInString(text))])
	for _, at := range f.candidates(n, line) {
		if strings.HasPrefix(f.from(at), before) && (before != "" || strings.HasPrefix(f.from(at), text)) {
			p.Position = Position{Line: at.Line, Column: at.Column + utf8.RuneCountInString(before)}
			p.Message = strings.TrimSuffix(p.Message, found[0])
			return
		}
	}
}

// candidates are where a line of a text may begin: after a quote or without
// one, or on its own line of a block.
func (f *text) candidates(n *node, line int) []Position {
	var all []Position
	if line == 1 {
		all = append(all, n.at)
		if first := f.from(n.at); strings.HasPrefix(first, `"`) || strings.HasPrefix(first, `'`) {
			all[0].Column++
		}
	}
	if first := f.from(n.at); !strings.HasPrefix(first, "|") || n.at.Line >= len(f.lines) {
		return all
	}
	// The first line of a block says how far all of it is indented.
	first := f.lines[n.at.Line]
	indent := len(first) - len(strings.TrimLeft(first, " "))
	return append(all, Position{Line: n.at.Line + line, Column: indent + 1})
}

// from is the rest of a line.
func (f *text) from(at Position) string {
	if at.Line < 1 || at.Line > len(f.lines) {
		return ""
	}
	line := []rune(f.lines[at.Line-1])
	return string(line[min(max(at.Column-1, 0), len(line)):])
}

// steps cuts mappings[2].action_parameters.data into its steps; an index is one.
func steps(name string) []string {
	name = strings.NewReplacer("[", ".[", "]", "").Replace(name)
	return strings.Split(name, ".")
}

func join(steps []string) string {
	var b strings.Builder
	for _, s := range steps {
		if strings.HasPrefix(s, "[") {
			b.WriteString(s + "]")
		} else {
			b.WriteString("." + s)
		}
	}
	return b.String()
}

// inFile counts mappings as the file does, with those that it says are deleted.
func (e Environment) inFile(steps []string) []string {
	if len(steps) < 2 || steps[0] != "mappings" || !strings.HasPrefix(steps[1], "[") {
		return steps
	}
	i, err := strconv.Atoi(steps[1][1:])
	if err != nil || i < 0 || i >= len(e.kept) {
		return steps
	}
	return append([]string{steps[0], fmt.Sprintf("[%d", e.kept[i])}, steps[2:]...)
}

// step goes from a value to one in it. An object's field that is not there is
// its own place.
func (n *node) step(name string) (*node, Position, bool) {
	if index, ok := strings.CutPrefix(name, "["); ok {
		i, err := strconv.Atoi(index)
		if err != nil || n.kind != isList || i < 0 || i >= len(n.items) {
			return nil, Position{}, false
		}
		return n.items[i], n.items[i].at, true
	}
	f, ok := n.field(name)
	if !ok {
		return nil, Position{}, false
	}
	at := f.value.at
	if f.value.kind == isObject || f.value.kind == isList || f.value.kind == isNull {
		at = f.at // the name is easier to find
	}
	return f.value, at, true
}
