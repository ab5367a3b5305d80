package fieldpath

import (
	"maps"
	"slices"
)

// Suggest returns paths that lead to something in doc, at most n: those into
// the body first, and of each part the short ones before the long ones. Of a
// list it looks into the first entry, as that and as one of all.
func Suggest(doc Document, n int) []string {
	var paths []string
	for _, part := range []place{{"body", doc.Body}, {"preprocess", doc.Preprocess}, {"event", doc.Event}, {"headers", doc.Headers}} {
		if part.value != nil {
			paths = part.suggest(paths, n)
		}
	}
	return paths
}

// place is a value and the path that leads to it.
type place struct {
	path  string
	value any
}

// suggest appends to paths what can be reached from p, until there are n.
func (p place) suggest(paths []string, n int) []string {
	for next := []place{p}; len(next) > 0 && len(paths) < n; next = next[1:] {
		at := next[0]
		if len(at.path) <= MaxLength {
			paths = append(paths, at.path)
		}
		if len(next) < n { // what is further away than that is not reached
			next = append(next, at.within()...)
		}
	}
	return paths
}

// within are the places one step further.
func (p place) within() []place {
	switch v := p.value.(type) {
	case map[string]any:
		places := make([]place, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if spellable(name) {
				places = append(places, place{p.path + "." + name, v[name]})
			}
		}
		return places
	case []any:
		if len(v) > 0 {
			return []place{{p.path + "[0]", v[0]}, {p.path + "[*]", v[0]}}
		}
	}
	return nil
}
