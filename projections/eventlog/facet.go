package eventlog

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"

	"daybook/domain/action"
)

// facet is what many items have in common and are filtered by.
type facet struct {
	Kind        Kind
	Environment string
	Source      string
	EventType   string
	Status      Status
	Cause       string
	Reason      string
	Duplicate   bool
	Actions     string // as pairsOf writes them
}

// id names the facet: a hash, so that it is the same in every file without
// being looked up. It is 63 bits long. Two facets could only be made to share
// an id by somebody who sends accepted webhooks, within his own source, and
// would be mistaken for one another only there.
func (f facet) id() int64 {
	duplicate := "0"
	if f.Duplicate {
		duplicate = "1"
	}
	var text []byte
	for _, part := range []string{
		string(f.Kind), f.Environment, f.Source, f.EventType, string(f.Status), f.Cause, f.Reason, duplicate, f.Actions,
	} {
		text = binary.AppendUvarint(text, uint64(len(part)))
		text = append(text, part...)
	}
	sum := sha256.Sum256(text)
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1)
}

// pair is a mapping and the action that it led to; without an action, a
// mapping whose condition failed.
type pair [2]string

// pairsOf writes pairs as JSON, sorted and each once; empty for none.
func pairsOf(pairs []pair) string {
	if len(pairs) == 0 {
		return ""
	}
	slices.SortFunc(pairs, func(a, b pair) int { return slices.Compare(a[:], b[:]) })
	pairs = slices.Compact(pairs)
	text, _ := json.Marshal(pairs) // strings can always be written
	return string(text)
}

// has reports whether a mapping led to something, and whether an action of a
// type followed; where both are given, by the same pair.
func (f facet) has(mapping string, actionType action.Type) bool {
	if !strings.Contains(f.Actions, `"`) {
		return false
	}
	var pairs []pair
	if json.Unmarshal([]byte(f.Actions), &pairs) != nil {
		return false
	}
	return slices.ContainsFunc(pairs, func(p pair) bool {
		return (mapping == "" || p[0] == mapping) && (actionType == "" || p[1] == string(actionType))
	})
}
