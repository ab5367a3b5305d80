// Package alert is what people are told when something needs them: that it is
// so, who has seen it, that it is over, and which messages went out about it.
//
// The stream is alert-{environment}, and [Daybook]'s for what concerns a Daybook
// as a whole. Several instances look at the same things and write to the same
// stream: that there is one alert, and one message per cause and hour, follows
// from what [Decide] finds in it at the revision at which it is appended.
package alert

import (
	"strings"

	"daybook/domain/es"
)

// StreamPrefix begins the name of every stream of alerts.
const StreamPrefix = "alert-"

// Daybook is the scope of what is no environment's: the disk and the read
// models of an instance. No environment can be called so.
const Daybook = Scope("~daybook")

// Scope is an environment, or [Daybook].
type Scope string

// Stream returns the name of the scope's stream.
func (s Scope) Stream() es.Stream { return es.Stream(StreamPrefix + string(s)) }

// Environment returns the environment that the scope is; empty for [Daybook].
func (s Scope) Environment() string {
	if s == Daybook {
		return ""
	}
	return string(s)
}

// ScopeOf returns the scope of an environment; [Daybook] if it is empty.
func ScopeOf(environment string) Scope {
	if environment == "" {
		return Daybook
	}
	return Scope(environment)
}

// ParseStream returns whose stream of alerts this is.
func ParseStream(stream es.Stream) (Scope, bool) {
	scope, ok := strings.CutPrefix(string(stream), StreamPrefix)
	return Scope(scope), ok && scope != ""
}

// Kind is what an alert is about.
type Kind string

// The kinds of causes. The last two are of [Daybook].
const (
	// ActionsParked: actions of a source wait for a person.
	ActionsParked Kind = "actions_parked"
	// RequestsRefused: more requests to a source were refused than is usual.
	RequestsRefused Kind = "requests_refused"
	// SourceSilent: a source that has traffic receives nothing.
	SourceSilent Kind = "source_silent"
	// MappingPaused: a mapping is not asked any more.
	MappingPaused Kind = "mapping_paused"
	// ProjectionLag: the read models of an instance are behind the log.
	ProjectionLag Kind = "projection_lag"
	// DiskLow: the disk of an instance is nearly full.
	DiskLow Kind = "disk_low"
)

// Cause is what leads to an alert. At most one alert of a cause is open, and at
// most one message in an hour is about it.
type Cause struct {
	Kind Kind `json:"kind"`
	// Source is empty for what is an instance's.
	Source string `json:"source,omitempty"`
	// Subject is the mapping, or the instance.
	Subject string `json:"subject,omitempty"`
}

// Kinds returns all kinds of causes.
func Kinds() []Kind {
	return []Kind{ActionsParked, RequestsRefused, SourceSilent, MappingPaused, ProjectionLag, DiskLow}
}
