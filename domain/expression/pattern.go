package expression

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

// maxPattern is the size of the largest regular expression, in instructions.
const maxPattern = 1000

// pattern is a regular expression with its size, which together with the length
// of a text bounds how long a match takes.
type pattern struct {
	regexp *regexp.Regexp
	size   int
}

func newPattern(text string) (pattern, error) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return pattern{}, fmt.Errorf("the pattern cannot be read: %w", err)
	}
	// The size is taken before compiling: a{1000} is a thousand instructions.
	size := sizeOf(parsed)
	if size > maxPattern {
		return pattern{}, fmt.Errorf("the pattern is too large; it may have %d parts when its repetitions are written out", maxPattern)
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		return pattern{}, fmt.Errorf("the pattern cannot be read: %w", err)
	}
	return pattern{regexp: compiled, size: size}, nil
}

// sizeOf returns the size of a regular expression, or something above
// maxPattern if it is larger than that.
func sizeOf(re *syntax.Regexp) int {
	size := 1
	for _, sub := range re.Sub {
		size += sizeOf(sub)
		if size > maxPattern {
			return size
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		size += len(re.Rune)
	case syntax.OpRepeat:
		size *= max(re.Max, re.Min+1, 1)
	case syntax.OpCapture, syntax.OpAlternate:
		size += 1 + len(re.Sub)
	default: // the others are as large as what they hold
	}
	return size
}
