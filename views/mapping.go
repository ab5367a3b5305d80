package views

import (
	"encoding/json"
	"time"

	"daybook/views/ui"
)

// MappingEditor is the page on which one mapping is written.
//
// GET /sources/{key}/{env}/mappings?edit={mapping} opens one that is there,
// ?duplicate={mapping} a copy of it, ?new=1&event_type=…&action_type=… a new
// one; ?sample={id} says which webhook it is tried on.
//
// The form is sent to the same address by POST, with do: save saves, anything
// else shows the page again with what was typed (check, fields, dry). It has
// mapping (the key that it is saved under; empty for a new one), was, key,
// event_type, when, action_type, active ("1"), sample, payload (one that was
// pasted), and for each field of the action form.{field} (path, value, expr),
// text.{field} and default.{field}.
//
// While somebody types, the parts of the page that tell what comes of it are
// fetched again, by the same address; those with data-v stay as they are while
// that stays the same.
type MappingEditor struct {
	Page
	Source Source
	Form   MappingForm
	// Said is what each field comes to, by the names of the form.
	Said    map[string]Said
	Outcome Outcome
	Sample  Sample
	Dry     DryRun
	// HistoryURL, DuplicateURL and RemoveURL are empty for a new one.
	HistoryURL, DuplicateURL, RemoveURL string
}

// MappingForm is a mapping being edited, as typed.
type MappingForm struct {
	Mapping              string // the key it is saved under; empty for a new one
	Was                  string // which state of it was opened
	Key, EventType, When string
	ActionType           string
	ActionTypes          []string // the catalogue, in order
	Active               bool
	Paused               string            // as in [Mapping]
	Fields               []Field           // the fields of ActionType, the required ones first
	EventTypes           []string          // offered while typing
	Errors               map[string]string // by form field name; "" for the whole form
}

// Field is one field of an action.
type Field struct {
	Name     string
	Required bool
	Form     string // path, value, expr
	Text     string
	Default  string // used when a path leads nowhere
	// Literal says that a bare text is a value here, as for workflow keys.
	Literal bool
}

// Said is what a field comes to on the sample.
type Said struct {
	Tone string // ok, bad, wait; empty for an aside
	Text string
	// Value says that the text is a value, as JSON.
	Value bool
}

// Outcome is what the mapping would do with the sample.
type Outcome struct {
	Tone string // ok, bad, wait, mute
	Word string // matched, no match, failed …
	Line ui.Line
	// Request is the request as it would be sent, JSON; empty where there is
	// none.
	Request []byte
}

// Sample is what the mapping is tried on.
type Sample struct {
	// Kind is stored, template or pasted; empty where there is nothing to try
	// it on.
	Kind  string
	ID    string // of a stored webhook
	Label string // what it is called
	Type  string // its event type
	At    time.Time
	// N is its place among the last Of, from 1; 0 for one that is not of them.
	// Newer and Older are the ids of its neighbours there.
	N, Of        int
	Newer, Older string
	Body         []byte
	Hits         []string // the places that the mapping reads
	Paths        []string // those that it could read
	Pasted       string   // the text that was pasted
	Problem      string   // why what was pasted is no webhook
	Facts        []ui.Fact
}

// DryRun is what the mapping would have made of the webhooks that came.
type DryRun struct {
	// Run says that it was asked; before that there is only the button.
	Run     bool
	Problem string // why it could not be
	Looked  int
	Stopped bool
	Matched, Missed, Failed,
	NewlyFailed int
	Added, Dropped, Changed int
	New                     bool // the mapping replaces none
	Off                     bool // it is switched off, and was asked as if it were on
	Rows                    []DryRow
}

// DryRow is one webhook of a dry run.
type DryRow struct {
	URL     string
	At      time.Time
	Type    string
	Changed bool
	Tone    string // ok, bad, mute
	Word    string // what the draft says of it
	Line    ui.Line
	Before  ui.Line // what the rules in force say; empty where it is the same
}

// vals is what htmx sends beside the form.
func vals(name, value string) string {
	raw, err := json.Marshal(map[string]string{name: value})
	if err != nil {
		panic("views: " + err.Error()) // texts can always be written
	}
	return string(raw)
}
