package views

import (
	"time"
)

// Destination is where an environment's actions are carried out, and how that
// goes, GET /destinations/{env}.
type Destination struct {
	Page
	Slug    string
	Kind    string // local, knock, endpoint
	Address string // without what may be secret; empty for the local one
	Key     string // the fingerprint of its key; empty for none
	Health  Health
	Counts  ActionCounts
	// Own are the lanes of the destination itself, Others those of the hosts
	// that http_request went to, from any environment.
	Own, Others []Lane
	// Since is when this instance began to count.
	Since    time.Time
	Instance string
}

// Health is how well a destination is, as far as this instance knows.
type Health struct{ Tone, Words string }

// Lane is what is slow or down as one.
type Lane struct {
	Name             string
	Health           Health
	Sending, Waiting int
	Sent, Failed     int
	PerMinute        string
	Median, Slowest  time.Duration // of the newest attempts
	LastError        string
	LastErrorAt      time.Time
	LastSuccessAt    time.Time
}

// kindWords says what a kind of destination is.
func kindWords(kind string) string {
	switch kind {
	case "local":
		return "the built-in directory"
	case "knock":
		return "Knock"
	case "endpoint":
		return "an HTTP endpoint"
	default:
		return kind
	}
}

func destinationPath(slug string) string { return "/destinations/" + pathSegment(slug) }
