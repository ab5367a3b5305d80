package views

import (
	"time"

	"daybook/views/ui"
)

// Streams is the list of streams, GET /streams?prefix=.
type Streams struct {
	Page
	Prefix   string
	Streams  []StreamItem
	OlderURL string // the next page; empty at the end
}

// StreamItem is one stream in the list.
type StreamItem struct {
	Name     string
	Events   int // negative: not counted
	LastType string
	LastAt   time.Time
}

// Stream is one stream, GET /streams/{name}?at=N.
type Stream struct {
	Page
	Name string
	// EventURL is the webhook that this stream holds; empty for other streams.
	EventURL string
	Records  []Record // in order, a window around the selected one
	// Earlier and Later are the neighbouring windows; empty at the ends.
	EarlierURL, LaterURL string
	Last                 uint64 // revision of the last event
	Selected             *Recorded
	// State is the stream folded up to the selected event.
	State []ui.Fact
}

// Record is one recorded event in the list of a stream.
type Record struct {
	Revision uint64
	Type     string
	At       time.Time
	Size     int // bytes of data
	Summary  string
}

// Recorded is the selected event, whole.
type Recorded struct {
	Record
	ID       string
	Position string
	Data     []byte // JSON is drawn as a tree, anything else as base64
	Metadata []byte
}
