// Package environment is what is configured for a whole environment: where its
// actions are carried out.
//
// The stream is environment-{slug}. The environments in [FromTheStart] exist
// without an event; any other begins with its first one.
package environment

import (
	"regexp"
	"strings"

	"daybook/domain/es"
)

// StreamPrefix begins the name of every environment's stream.
const StreamPrefix = "environment-"

// FromTheStart returns the environments that need not be made.
func FromTheStart() []string { return []string{"development", "production"} }

// Stream returns the name of the stream of an environment.
func Stream(slug string) es.Stream { return es.Stream(StreamPrefix + slug) }

// Slug returns the environment whose stream this is.
func Slug(stream es.Stream) (string, bool) { return strings.CutPrefix(string(stream), StreamPrefix) }

var slugPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// IsSlug reports whether text can name an environment or a source. The word
// rejection cannot: the ids of refused requests begin with it.
func IsSlug(text string) bool { return slugPattern.MatchString(text) && text != "rejection" }

// Kind is a kind of destination.
type Kind string

// Local is the built-in directory of users and workflow runs.
const Local Kind = "local"

// Destination is where an environment's actions are carried out.
type Destination struct {
	Kind Kind `json:"kind"`
}

// Event is a fact in an environment's stream.
//
//sumtype:decl
type Event interface{ isEvent() }

// DestinationChanged says where actions go from now on.
type DestinationChanged struct {
	Destination Destination `json:"destination"`
}

func (DestinationChanged) isEvent() {}

// Codec returns the table of an environment stream's events.
func Codec() es.Codec[Event] {
	return es.NewCodec(es.JSON[DestinationChanged, Event]("DestinationChanged"))
}

// State is an environment's stream, folded. The zero value sends to Local.
type State struct {
	Destination Destination
	Revision    es.Revision
	Exists      bool // an event says so; those from the start exist without
}

// Command is something that is asked of an environment.
//
//sumtype:decl
type Command interface{ isCommand() }

// Put makes an environment send its actions to a destination; one that does
// not exist comes to be.
type Put struct {
	Destination Destination
}

func (Put) isCommand() {}

// Decider folds and decides environments.
func Decider() es.Decider[State, Command, Event] {
	return es.Decider[State, Command, Event]{Decide: Decide, Evolve: Evolve}
}

// Decide returns the events that follow from c in state s.
func Decide(s State, c Command) ([]Event, error) {
	put, ok := c.(Put)
	if !ok {
		return nil, nil
	}
	if put.Destination.Kind != Local {
		return nil, &es.Refusal{Code: es.Invalid, Field: "destination.kind", Message: "this version carries actions out in the local directory only; say \"local\""}
	}
	if s.Exists && s.Destination == put.Destination {
		return nil, nil
	}
	return []Event{DestinationChanged(put)}, nil
}

// Evolve returns s after f.
func Evolve(s State, f es.Fact[Event]) State {
	if e, ok := f.Event.(DestinationChanged); ok {
		s.Destination = e.Destination
	}
	s.Revision, s.Exists = f.Revision, true
	return s
}
