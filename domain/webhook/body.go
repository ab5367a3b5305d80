package webhook

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"daybook/domain/value"
)

// Limits of what is told of two bodies that differ.
const (
	maxCompared  = 128 << 10 // bytes of a body, beyond which no values are compared
	maxChanges   = 20
	maxTold      = 4 << 10 // bytes of all changes, as JSON
	maxPathText  = 200     // bytes
	maxValueText = 120     // bytes
)

// BodyDifference is how the body of a duplicate differs from the first one's,
// as far as it is kept.
type BodyDifference struct {
	// Changes are values that are others, by their paths; none where both bodies
	// say the same and are only written differently.
	Changes []BodyChange `json:"changes"`
	// More says that there are further ones.
	More bool `json:"more,omitempty"`
	// Offset is the first byte that differs, in bodies that are too large for
	// their values to be compared; Before and After are what stands there.
	Offset *int   `json:"offset,omitempty"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// BodyChange is one value that is another. The values are JSON, cut where they
// are long; nil is a value that is not there.
type BodyChange struct {
	Path   string  `json:"path"` // body.data.object.amount_due
	Before *string `json:"before"`
	After  *string `json:"after"`
}

// CompareBodies returns how the second body differs from the first. It looks at
// values where neither is large, else at bytes; what it returns is a few
// kilobytes at most.
func CompareBodies(first, second []byte) *BodyDifference {
	if len(first) > maxCompared || len(second) > maxCompared {
		return compareBytes(first, second)
	}
	was, err := value.Decode(first)
	if err != nil {
		return compareBytes(first, second)
	}
	is, err := value.Decode(second)
	if err != nil {
		return compareBytes(first, second)
	}
	c := comparison{left: maxTold, told: BodyDifference{Changes: []BodyChange{}}}
	c.values("body", was.Value, is.Value)
	return &c.told
}

func compareBytes(first, second []byte) *BodyDifference {
	at := 0
	for at < len(first) && at < len(second) && first[at] == second[at] {
		at++
	}
	return &BodyDifference{Changes: []BodyChange{}, Offset: &at, Before: textAt(first, at), After: textAt(second, at)}
}

// textAt is a piece of a body as text.
func textAt(body []byte, at int) string {
	return strings.ToValidUTF8(string(body[at:min(len(body), at+maxValueText)]), "\uFFFD")
}

// comparison walks two values at once, until it has told enough.
type comparison struct {
	left int // bytes that may yet be told
	told BodyDifference
}

func (c *comparison) values(path string, was, is any) {
	if c.told.More {
		return
	}
	switch before := was.(type) {
	case map[string]any:
		if after, ok := is.(map[string]any); ok {
			c.objects(path, before, after)
			return
		}
	case []any:
		if after, ok := is.([]any); ok {
			c.lists(path, before, after)
			return
		}
	default:
		if isScalar(is) && was == is {
			return
		}
	}
	c.tell(path, textOf(was), textOf(is))
}

// isScalar reports whether v is neither a list nor an object: those cannot be
// compared as they are.
func isScalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	default:
		return true
	}
}

func (c *comparison) objects(path string, was, is map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(was)) {
		after, ok := is[name]
		if !ok {
			c.tell(member(path, name), textOf(was[name]), nil)
			continue
		}
		c.values(member(path, name), was[name], after)
	}
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if _, ok := was[name]; !ok {
			c.tell(member(path, name), nil, textOf(is[name]))
		}
	}
}

func (c *comparison) lists(path string, was, is []any) {
	for i := range max(len(was), len(is)) {
		if c.told.More {
			return
		}
		at := entry(path, i)
		switch {
		case i >= len(is):
			c.tell(at, textOf(was[i]), nil)
		case i >= len(was):
			c.tell(at, nil, textOf(is[i]))
		default:
			c.values(at, was[i], is[i])
		}
	}
}

// tell notes one change, if there is room for it.
func (c *comparison) tell(path string, before, after *string) {
	change := BodyChange{Path: path, Before: before, After: after}
	raw, err := json.Marshal(change)
	if err != nil || len(raw) > c.left || len(c.told.Changes) == maxChanges {
		c.told.More = true
		return
	}
	c.left -= len(raw)
	c.told.Changes = append(c.told.Changes, change)
}

// member and entry lead one step further. A path that is very long stays as it
// is: below it nothing is told apart.
func member(path, name string) string {
	if len(path)+len(name) > maxPathText {
		return path + "…"
	}
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return path + "[" + strconv.Quote(name) + "]"
	}
	return path + "." + name
}

func entry(path string, i int) string {
	if len(path) > maxPathText {
		return path
	}
	return path + "[" + strconv.Itoa(i) + "]"
}

// textOf is a value as JSON, cut where it is long.
func textOf(v any) *string {
	var text []byte
	if s, ok := v.(string); ok {
		text, _ = jsontext.AppendQuote(nil, cutText(s)) // what is not UTF-8 becomes U+FFFD
	} else {
		text, _ = value.AppendCanonical(nil, v, maxValueText) // it ends where it is long
	}
	cut := cutText(string(bytes.ToValidUTF8(text, []byte("\uFFFD"))))
	return &cut
}

func cutText(text string) string {
	if len(text) <= maxValueText {
		return text
	}
	return strings.ToValidUTF8(text[:maxValueText], "") + "…"
}
