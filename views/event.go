package views

import (
	"slices"
	"time"

	"daybook/views/ui"
)

// Event is one webhook, or one rejection, GET /events/{id}.
//
// Its forms and links: GET /events/{id}?replay=current (or as_received) is the
// dry replay; GET /events/{id}?view=raw shows the body as text instead of the
// tree; Payload.RawURL is the body byte for byte.
type Event struct {
	Page
	Row
	Stream  string // name of the stream behind it
	EventID string // the provider's id of it
	// Why is the one line that says why nothing happened, or what failed.
	// Empty when there is nothing to explain.
	Why    ui.Line
	WhyURL string // where it can be mended; WhyDo is the link's words
	WhyDo  string
	// Facts stand under the title: object, source, key, occurred …
	Facts        []ui.Fact
	Timeline     []Step
	Actions      []Action
	Mappings     []Verdict
	Payload      Payload
	Preprocess   *Preprocess // nil: the source has no such expression
	Headers      []Header
	Verification Verification
	// Rejection is set when this is one.
	Rejection *Rejection
	// Moving says that something is being done about it at this moment, so that
	// the page is loaded again.
	Moving bool
	// PlanParked says that no plan was made: POST /events/{id}/replan has it
	// planned after all.
	PlanParked bool
	// Replay is the outcome of a dry replay; nil when none was asked for.
	Replay *Replay
	// NewerURL and OlderURL are the neighbours in the log; empty at the ends.
	NewerURL, OlderURL string
	// MappingURL is where a mapping is made for webhooks like this one; empty
	// where there can be none.
	MappingURL string
	// Generations links the other lives of the stream, this one without an Href.
	Generations []ui.Span
}

// Step is one recorded event of the stream, as a fact that a person reads.
type Step struct {
	Revision uint64
	At       time.Time
	Title    string  // "Received", "Second delivery"
	Detail   ui.Line // one sentence
	State    string  // ok, bad, wait; empty for neutral
	// Differs is how the body of a further delivery differs from the first one,
	// nil if it does not or was not kept.
	Differs *BodyDifference
	URL     string // the stream at this revision
}

// BodyDifference is what is different about a body.
type BodyDifference struct {
	Fields []FieldDifference
	More   bool // there is more
}

// Action is one planned action and how it went.
type Action struct {
	ID       string
	Type     string // workflows_trigger
	Mapping  string
	Status   string  // planned, claimed, waiting, succeeded, parked, uncertain, skipped
	What     ui.Line // trigger invoice-paid → cus_9f2
	Attempts []Attempt
	RetryAt  time.Time // zero: none
	Payload  []byte    // JSON as rendered
	Result   []byte    // JSON as answered; empty for none
	Error    string
	Lacking  bool // trying it again is of no use
}

// Attempt is one try at an action.
type Attempt struct {
	Number     int
	At         time.Time
	Outcome    string // claimed, failed, succeeded, parked, uncertain
	Class      string // how it failed; empty if it did not
	HTTPStatus int    // of the answer; 0: none
	Took       time.Duration
	Request    string // excerpts
	Answer     string
	Error      string
	RetryAt    time.Time // when the next follows; zero: none
}

// overNetwork says whether attempts were made over a network, so that there is
// something to tell of each.
func (a Action) overNetwork() bool {
	return slices.ContainsFunc(a.Attempts, func(t Attempt) bool { return t.Outcome != "succeeded" || t.Took > 0 || t.Request != "" })
}

// Verdict is one mapping and what was decided about it.
type Verdict struct {
	Key, EventType, ActionType string
	// Outcome is matched, false, failed, inactive, paused, other_type.
	Outcome string
	// Condition is the source of the condition, the deciding part as a hit.
	Condition ui.Line
	// Because is the deciding part with its values: "1200 > 5000 is false".
	Because string
	Error   string
	URL     string // of the mapping; empty for none
}

// Payload is the body as it came.
type Payload struct {
	Body    []byte
	Size    int    // of the whole body, in bytes
	RawURL  string // the download
	Raw     bool   // show the text instead of the tree
	TreeURL string // the two sides of the switch
	TextURL string
	// Hits are the paths to mark as having decided: "data.object.amount_due".
	Hits []string
}

// Preprocess is what the source's preprocess expression gave for the webhook.
type Preprocess struct {
	Output []byte // JSON
	Error  string // why there is none
}

// Header is one header line as kept.
type Header struct{ Name, Value string }

// Verification is how the signature was judged.
type Verification struct {
	Status      string // verified, not_enforced, failed …
	Scheme      string
	Fingerprint string
	Skew        string // "signed 0.8 s before it arrived"; empty unknown
}

// Rejection is what is known of a refused request.
type Rejection struct {
	Cause   string // the ingest code
	Excerpt []byte
	Cut     bool // the excerpt is not all of it
	Size    int  // of the whole body; 0 unknown
	Remote  string
	// Advice says with which other secret it was signed, and what to do; empty if
	// with none of those that were tried.
	Advice string
	Tried  int // how many other secrets were tried
}

// tried says of the other secrets that none matches.
func (r Rejection) tried() string {
	if r.Tried == 1 {
		return "The one other secret that is known, revoked or of another environment or source, does not match either."
	}
	return "None of the " + ui.Count(r.Tried) + " other secrets that were tried matches either: revoked ones, and those of other environments and sources."
}

// kept says how much of the body there is.
func (r Rejection) kept() string {
	switch {
	case r.Cut && r.Size > 0:
		return "the beginning of " + ui.Bytes(r.Size)
	case r.Cut:
		return "the beginning"
	case r.Size > 0:
		return ui.Bytes(r.Size)
	default:
		return ""
	}
}

// Replay is what a dry replay found.
type Replay struct {
	Rules     string // current, as_received
	Revision  string // of the configuration replayed under
	Added     []Change
	Dropped   []Change
	Changed   []Change
	Unchanged int
	Verdicts  []Verdict
	Error     string
}

// Change is one action that differs.
type Change struct {
	Mapping string
	Type    string
	What    ui.Line
	Before  []byte // JSON; empty when added
	After   []byte // JSON; empty when dropped
}
