package declaration

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is a mistake, and where in a file it stands.
type Problem struct {
	File string `json:"file"`
	Position
	// Field is what it is about, in the words of the file; empty if it is about
	// no field.
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (p Problem) Error() string {
	text := p.File
	if p.Line > 0 {
		text += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	if p.Field != "" {
		text += ": " + p.Field
	}
	return text + ": " + p.Message
}

// Problems are all the mistakes that were found, in the order of the file.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// maxProblems is how many mistakes are told at once.
const maxProblems = 50

// Sorted returns p in the order of the file, each once and not too many; nil
// if there is none.
func (p Problems) Sorted() Problems {
	sorted := slices.Clone(p)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	sorted = slices.Compact(sorted)
	return sorted[:min(len(sorted), maxProblems)]
}

// And returns p and others, but for those of a value that p is about already.
func (p Problems) And(others Problems) Problems {
	all := slices.Clone(p)
	for _, other := range others {
		if !slices.ContainsFunc(p, func(known Problem) bool { return known.Line > 0 && known.Position == other.Position }) {
			all = append(all, other)
		}
	}
	return all
}

// OrNil returns p sorted, as an error; nil if there is none.
func (p Problems) OrNil() error {
	if len(p) == 0 {
		return nil
	}
	return p.Sorted()
}
