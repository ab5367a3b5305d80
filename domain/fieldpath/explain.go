package fieldpath

import (
	"fmt"
	"maps"
	"strings"

	"daybook/domain/nearest"
	"daybook/domain/value"
)

// maxCompared is how many members an object has at most whose names are
// compared with one that is missing.
const maxCompared = 200

// Explain says in one line why p leads nowhere, to null or to an empty list in
// doc, as in "nothing at body.acount; did you mean body.account?". It is empty
// for a path that leads to something.
func (p Path) Explain(doc Document) string {
	at := p.start(doc)
	if p.root == preprocess && at == nil {
		return "the source has no preprocess expression"
	}
	for i, s := range p.segments {
		if s.kind == every {
			return p.explainEvery(at, i)
		}
		next, found := step(at, s)
		if !found {
			return p.explainMiss(at, i)
		}
		at = next
	}
	if list, ok := at.([]any); ok && len(list) == 0 {
		return p.String() + " is an empty list"
	}
	if at == nil {
		return p.String() + " is null"
	}
	return ""
}

func (p Path) explainEvery(at any, i int) string {
	list, ok := at.([]any)
	switch {
	case !ok:
		return fmt.Sprintf("%s is %s, not a list", p.upTo(i), value.Kind(at))
	case len(list) == 0:
		return p.upTo(i) + " is an empty list"
	}
	if found, _ := collect(nil, list, p.segments[i+1:], nil); len(found) > 0 {
		return ""
	}
	return fmt.Sprintf("nothing at %s in any of its %d entries", p.String(), len(list))
}

// explainMiss says why the i-th step from at found nothing.
func (p Path) explainMiss(at any, i int) string {
	here, s := p.upTo(i), p.segments[i]
	if s.kind == entry {
		if list, ok := at.([]any); ok {
			return fmt.Sprintf("nothing at %s; %s has %s", p.upTo(i+1), here, counted(len(list)))
		}
		return fmt.Sprintf("%s is %s, not a list", here, value.Kind(at))
	}
	object, ok := at.(map[string]any)
	if !ok {
		if at == nil {
			return here + " is null"
		}
		return fmt.Sprintf("%s is %s, not an object", here, value.Kind(at))
	}
	miss := "nothing at " + p.String()
	if i+1 < len(p.segments) {
		miss = fmt.Sprintf("nothing at %s: %s has no %s", p.String(), here, s.name)
	}
	if len(object) > maxCompared {
		return miss
	}
	if name, ok := nearest.Name(s.name, maps.Keys(object)); ok && spellable(name) {
		miss += fmt.Sprintf("; did you mean %s.%s?", here, name)
	}
	return miss
}

func counted(entries int) string {
	switch entries {
	case 0:
		return "no entries"
	case 1:
		return "1 entry"
	default:
		return fmt.Sprintf("%d entries", entries)
	}
}

// spellable reports whether a path can hold the name.
func spellable(name string) bool {
	p := parser{text: name}
	return name != "" && !strings.ContainsAny(name, ".[]") && p.checkName(name) == nil
}
