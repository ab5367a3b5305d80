package views

import "time"

// System is the state of the house, GET /system. "Rebuild" is POST
// /system/rebuild.
type System struct {
	Page
	Version     string
	Store       string // embedded, esdb …
	StoreDetail string // the file, or the address without its password
	LogID       string
	Head        string // newest position
	Instance    string
	StartedAt   time.Time
	PublicURL   string
	Projections []Projection
	Work        *LongWork // the rebuild that runs or ran last; nil for none
	// Environments are all there are, each with where its actions go.
	Environments []EnvironmentItem
	Counts       []Count // webhooks, rejections, streams …
	Paused       []PausedMapping
	Alerts       []Alert // that are open
}

// PausedMapping is a mapping that Daybook asks no more until it is saved changed.
type PausedMapping struct {
	Source, Environment, Mapping string
	Reason                       string
	At                           time.Time
}

// Projection is one read model and how far it is.
type Projection struct {
	Name     string
	Version  int
	Position string
	Behind   int // events not yet applied; negative: not known
	Lag      time.Duration
}

// LongWork is a task that takes a while.
type LongWork struct {
	ID, Kind, Status      string // running, paused, done, failed, cancelled
	Done, Total           int
	Error                 string
	StartedAt, FinishedAt time.Time
}

// Count is one labelled number.
type Count struct {
	Label string
	N     int
}
