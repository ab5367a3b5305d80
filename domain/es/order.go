package es

import (
	"fmt"
	"math"
	"strconv"
)

// Revision counts the events of a stream from 0.
type Revision uint64

// Position orders all events of one log. It is opaque: positions grow, have
// gaps, and mean nothing in another log. In JSON it is a string.
type Position uint64

// Where a read begins that begins at an end.
const (
	Start Position = 0 // before the first event
	End   Position = math.MaxUint64

	FirstRevision Revision = 0
	LastRevision  Revision = math.MaxUint64
)

// MarshalText makes a Position a string in JSON and in URLs.
func (p Position) MarshalText() ([]byte, error) {
	return strconv.AppendUint(nil, uint64(p), 10), nil
}

// UnmarshalText reads what MarshalText wrote.
func (p *Position) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("not a position: %q", text)
	}
	*p = Position(n)
	return nil
}

// Direction is the way in which a stream or the log is read.
type Direction int

// The two ways to read.
const (
	Forward Direction = iota
	Backward
)

// Expected says what an append demands of the stream. The zero value is [Any].
type Expected struct {
	kind     expectedKind
	revision Revision
}

type expectedKind uint8

const (
	expectAny expectedKind = iota
	expectNoStream
	expectExact
)

// Any demands nothing.
func Any() Expected { return Expected{} }

// NoStream demands that the stream has never had an event.
func NoStream() Expected { return Expected{kind: expectNoStream} }

// Exactly demands that the newest event of the stream has revision r.
func Exactly(r Revision) Expected { return Expected{kind: expectExact, revision: r} }

// IsAny reports whether e demands nothing.
func (e Expected) IsAny() bool { return e.kind == expectAny }

// IsNoStream reports whether e demands an absent stream.
func (e Expected) IsNoStream() bool { return e.kind == expectNoStream }

// Exact returns the revision that e demands, if it demands one.
func (e Expected) Exact() (Revision, bool) { return e.revision, e.kind == expectExact }

// Met reports whether a stream whose newest revision is last satisfies e;
// exists is false for a stream without events.
func (e Expected) Met(last Revision, exists bool) bool {
	switch e.kind {
	case expectNoStream:
		return !exists
	case expectExact:
		return exists && last == e.revision
	default:
		return true
	}
}

func (e Expected) String() string {
	switch e.kind {
	case expectNoStream:
		return "no stream"
	case expectExact:
		return "revision " + strconv.FormatUint(uint64(e.revision), 10)
	default:
		return "any revision"
	}
}
