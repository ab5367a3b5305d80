package views

import (
	"time"

	"daybook/views/ui"
)

// SourceHistory is the tab history: what was changed, newest first.
//
// GET ?mapping= shows the changes of one mapping, ?after= goes on, and ?at=N
// shows the source as it was at a revision. POST …/history/{revision}/restore
// takes settings ("1") and mappings ("1"): what is to be brought back.
type SourceHistory struct {
	Page
	Source Source
	// Mapping is whose changes are shown, Mappings whose can be.
	Mapping    string
	Mappings   []string
	Changes    []SourceChange
	NewestURL  string
	OlderURL   string
	Past       *SourcePast // nil: today
	PastErrors []string    // why it was not restored
}

// SourceChange is one change of a source.
type SourceChange struct {
	Revision uint64
	At       time.Time
	Actor    string // empty: Daybook itself
	Type     string // the recorded event
	// Environment is empty for what is the same in all.
	Environment string
	Summary     string
	// HasPast says that the source can be looked at as it was then.
	HasPast bool
	// Restores is the revision that it brought back; empty for most.
	Restores   string
	Difference SourceDifference
}

// SourceDifference is old and new.
type SourceDifference struct {
	Fields   []FieldDifference
	Mappings []MappingDifference
	Keys     []ui.Line // secrets and URLs, a line each
}

// empty says that nothing differs.
func (d SourceDifference) empty() bool { return len(d.Fields)+len(d.Mappings)+len(d.Keys) == 0 }

// maxOpen is up to how many lines a difference is shown at once.
const maxOpen = 12

// lines is how many lines there are.
func (d SourceDifference) lines() int {
	n := len(d.Fields) + len(d.Keys)
	for _, m := range d.Mappings {
		n += 1 + len(m.Fields)
	}
	return n
}

// FieldDifference is a field that is another; an empty side is nothing.
type FieldDifference struct{ Name, Before, After string }

// MappingDifference is what became of a mapping.
type MappingDifference struct {
	Key    string
	Change string // added, removed, changed, moved, paused, resumed
	Place  string // "from place 4 to 1"; empty where it stayed
	Reason string
	Fields []FieldDifference
}

// SourcePast is a source as it was at a revision.
type SourcePast struct {
	Change    SourceChange
	SinceThen SourceDifference
	Settings  []FieldDifference // After is what they were
	Mappings  []MappingDifference
}
