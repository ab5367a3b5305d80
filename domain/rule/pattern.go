package rule

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of event types, and of patterns for them.
const (
	MaxEventType = 255 // bytes
	MaxWildcards = 8
)

// pattern is an event type, exact or with * for any text, even none.
type pattern []string // what stands between the wildcards

func newPattern(eventType string) (pattern, error) {
	switch {
	case eventType == "":
		return nil, fmt.Errorf("name an event type, exactly as in invoice.paid or with * as in invoice.*")
	case len(eventType) > MaxEventType:
		return nil, fmt.Errorf("an event type has at most %d bytes", MaxEventType)
	case strings.Count(eventType, "*") > MaxWildcards:
		return nil, fmt.Errorf("an event type has at most %d wildcards", MaxWildcards)
	case !utf8.ValidString(eventType) || strings.ContainsFunc(eventType, unicode.IsControl):
		return nil, fmt.Errorf("an event type holds no control characters")
	case strings.TrimSpace(eventType) != eventType:
		return nil, fmt.Errorf("remove the space around the event type")
	}
	return strings.Split(eventType, "*"), nil
}

func (p pattern) matches(eventType string) bool {
	first, rest := p[0], p[1:]
	if len(rest) == 0 {
		return first == eventType
	}
	text, ok := strings.CutPrefix(eventType, first)
	if !ok {
		return false
	}
	for _, part := range rest[:len(rest)-1] {
		_, after, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = after
	}
	return strings.HasSuffix(text, rest[len(rest)-1])
}
