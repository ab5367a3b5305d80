package es

import (
	"errors"
	"fmt"
)

// What a store answers. Adapters wrap these, so errors.Is finds them; the
// typed ones are found by errors.As too.
var (
	ErrConflict      = errors.New("the stream is not at the expected revision")
	ErrStreamDeleted = errors.New("the stream was deleted")
	ErrTooLarge      = errors.New("the events are too large for one append")
	ErrUnavailable   = errors.New("the event store is not available")
)

// What a codec answers for an event that this version of Daybook cannot read.
// Such an event is shown as it is, and nobody acts on its stream.
var (
	ErrUnknownType = errors.New("the event type is unknown")
	ErrNewerSchema = errors.New("the event has a newer schema")
)

// ConflictError is the [ErrConflict] of one append.
type ConflictError struct {
	Stream   Stream
	Expected Expected
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("append to %s: %s was expected: %s", e.Stream, e.Expected, ErrConflict)
}

// Is makes errors.Is(err, ErrConflict) true.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// TooLargeError is the [ErrTooLarge] of one append; sizes are in bytes.
type TooLargeError struct {
	Stream    Stream
	Size, Max int
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("append to %s: %d bytes, at most %d fit in one append", e.Stream, e.Size, e.Max)
}

// Is makes errors.Is(err, ErrTooLarge) true.
func (e *TooLargeError) Is(target error) bool { return target == ErrTooLarge }

// Refusal is a command that the domain refuses: not a fault, an answer. It is
// meant for the person who asked.
type Refusal struct {
	Code    RefusalCode
	Field   string // what the refusal is about, where it is about a field
	Message string // says what to do
}

// RefusalCode is the kind of a refusal; the outward interface gives each a status.
type RefusalCode string

// The kinds of refusals.
const (
	Invalid  RefusalCode = "invalid"
	NotFound RefusalCode = "not_found"
	Exists   RefusalCode = "conflict"
	Stale    RefusalCode = "stale"
)

func (r *Refusal) Error() string {
	if r.Field == "" {
		return r.Message
	}
	return r.Field + ": " + r.Message
}

// Refusals are several at once, as for a form with several wrong fields.
type Refusals []*Refusal

func (r Refusals) Error() string {
	if len(r) == 0 {
		return "refused"
	}
	text := r[0].Error()
	if n := len(r) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// RefusalsOf returns the refusals that an error is made of; none if it is
// another error.
func RefusalsOf(err error) Refusals {
	if several, ok := errors.AsType[Refusals](err); ok {
		return several
	}
	if one, ok := errors.AsType[*Refusal](err); ok {
		return Refusals{one}
	}
	return nil
}

// Unwrap lets errors.As find the first refusal.
func (r Refusals) Unwrap() []error {
	errs := make([]error, len(r))
	for i, refusal := range r {
		errs[i] = refusal
	}
	return errs
}
