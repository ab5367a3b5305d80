package views

import "time"

// SourceTypes is the tab types: the event types that were received, and those
// that the provider is known to send.
//
// GET ?q=&show= filters; show is seen, unseen or off, and empty for all.
// POST …/types takes type and active ("1" or "0"), and q and show to come back
// to the same list.
type SourceTypes struct {
	Page
	Source  Source
	Q, Show string
	Seen    int // types that were received
	Types   []EventType
	// More is how many others there are, which a search finds.
	More int
}

// EventType is one event type.
type EventType struct {
	Name                                   string
	Count                                  int
	Succeeded, Failed, Ignored, Processing int
	LastAt                                 time.Time // zero: not seen yet
	Disabled                               bool
	Known                                  bool // the provider is known to send it
	Mappings                               int  // how many are for it
	LogURL, NewURL                         string
}
