package views

import (
	"time"

	"daybook/views/ui"
)

// Events is the event log, GET /. Its filters are the API's, in the URL.
type Events struct {
	Page
	Filters Filters
	Rows    []Row // newest first
	Chart   Chart // the counts of what the filters select
	// Total is how many items the filters select; negative when not counted.
	Total int
	// OlderURL is the next page; empty at the end.
	OlderURL string
	// Paged says that this is not the newest page: it shows "Newest", and no
	// new rows arrive.
	Paged bool
	// TailURL is the stream of new and changed rows for these filters: unnamed
	// server-sent events, each with one [EventRow] as data and the position as
	// id, beginning after the newest change that Rows shows. It must honour
	// Last-Event-ID before its own query. Empty: nothing arrives by itself.
	TailURL string
	// HasSources is false until a first source exists: the empty log then says
	// how to make one. TestURL is the page with "Send test event"; empty hides it.
	HasSources bool
	TestURL    string
}

// Filters holds the filters as typed, and what their selects offer.
type Filters struct {
	Source, Environment, Type, Status, Cause, Object, Key, Mapping, Action, Q string
	// From and To are RFC 3339, or what a person typed.
	From, To string
	// The offers of the selects; a chosen value that is not offered is added.
	Sources, Types, Mappings, Actions []string
	// Errors says by field name why a filter could not be used.
	Errors map[string]string
}

// Row is one line of the log: a generation of a webhook, or a rejection.
type Row struct {
	ID     string // of /events/{id}
	At     time.Time
	Status string // processing, failed, ignored, succeeded, rejected
	Type   string // empty: unknown
	Object string // cus_…; empty: none
	Source string
	// Environment is said where the rows of a page can be of several; else
	// empty.
	Environment string
	// What is what happened, in one line: the actions and their outcomes, or
	// why nothing was done. [IgnoredLine] and [RejectedLine] write the latter.
	What ui.Line
	// Deliveries counts arrivals of a webhook; Count how many rejections the
	// row stands for. Below 2 nothing is shown.
	Deliveries int
	Count      int
	// Took is from receipt to the last outcome; 0 shows nothing.
	Took time.Duration
}

// place is where a row came in.
func (r Row) place() string {
	if r.Environment == "" {
		return r.Source
	}
	return r.Source + " · " + r.Environment
}

// Chart is the histogram over the log.
type Chart struct {
	From, To time.Time
	Buckets  []Bucket // oldest first, at most 120, of equal length
}

// Bucket counts one stretch of the chart.
type Bucket struct {
	From, To                                         time.Time
	Succeeded, Ignored, Processing, Failed, Rejected int
}
