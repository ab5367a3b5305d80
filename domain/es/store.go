package es

import (
	"context"
	"iter"
	"math"
	"strings"
)

// Store is the port to an event store. Every method may be called by many
// goroutines at once, and returns when its context ends, with an error that is
// both [ErrUnavailable] and the context's. One contract suite,
// app/store/storetest, says the same as this comment and runs on every adapter.
type Store interface {
	// Append writes events to the end of a stream, all or none, and returns
	// when they are durable. It returns
	//
	//   - [ErrConflict] (a *[ConflictError]) if the stream is not as expected;
	//   - [ErrStreamDeleted] if the stream has a tombstone;
	//   - [ErrTooLarge] (a *[TooLargeError]) if the events together are larger
	//     than MaxAppend;
	//   - [ErrUnavailable] if the store did not take the append or cannot tell
	//     whether it did: repeat it with the same event ids, or give up and
	//     say so.
	//
	// If the stream already holds the ids of all these events, in this order,
	// nothing is written and where they stand is returned: with expected
	// [NoStream] or [Exactly] only where they stand at the expected place,
	// else it is a conflict. That the stream holds some of the ids is a
	// conflict too.
	//
	// The bytes of the events must not be changed afterwards, not even when
	// the append failed.
	Append(ctx context.Context, stream Stream, expected Expected, events ...Event) (Appended, error)

	// ReadStream yields the events of one stream, beginning with revision
	// from (inclusive both ways; [LastRevision] means the newest). A stream
	// that does not exist yields nothing; one with a tombstone yields
	// [ErrStreamDeleted]. Events cut by $maxCount or $maxAge are not yielded.
	// An error ends the sequence.
	ReadStream(ctx context.Context, stream Stream, from Revision, dir Direction) iter.Seq2[Recorded, error]

	// ReadAll yields all events in the order of positions: those after from
	// ([Forward]) or before it ([Backward]). It ends at the end of the log.
	// Events cut from their stream may still be yielded, or not: a reader that
	// cares applies the same cut.
	ReadAll(ctx context.Context, from Position, dir Direction) iter.Seq2[Recorded, error]

	// Subscribe yields all events after from that pass the filter, in order,
	// without a gap and without a double, first those stored, then those to
	// come, until ctx ends: then it ends with the error. From [End] it yields
	// only those to come. A batch may be empty: then it only moves Next, or
	// says that the subscription caught up. Events that were cut from their
	// stream are as in ReadAll.
	Subscribe(ctx context.Context, from Position, filter Filter) iter.Seq2[Batch, error]

	// Head returns the position of the newest event, [Start] if there is none.
	Head(ctx context.Context) (Position, error)

	// Tombstone ends a stream for ever: its events can no longer be read, and
	// its name never be used again. A stream that never existed can be ended,
	// and one that has ended stays so: that is no error.
	Tombstone(ctx context.Context, stream Stream) error

	// MaxAppend is the largest sum of [Event.Size] that one append takes, in
	// bytes.
	MaxAppend() int

	// Close ends subscriptions, refuses further calls with [ErrUnavailable],
	// and releases what the store holds. Appends under way are finished first.
	Close() error
}

// Appended says where the last event of an append stands.
type Appended struct {
	Revision Revision
	Position Position
}

// Batch is some events of a subscription: one batch, one transaction.
type Batch struct {
	Events []Recorded
	// Next is where a subscription resumes that has dealt with this batch. It
	// may lie beyond the last event where the filter left events out.
	Next Position
	// CaughtUp is true if the store held nothing more when the batch was made.
	CaughtUp bool
}

// Filter selects streams. The zero value selects all of them, those of the
// store itself included.
type Filter struct {
	// StreamPrefixes selects the streams whose names begin with one of these.
	StreamPrefixes []string
}

// Matches reports whether events of the stream pass f.
func (f Filter) Matches(stream Stream) bool {
	if len(f.StreamPrefixes) == 0 {
		return true
	}
	for _, prefix := range f.StreamPrefixes {
		if strings.HasPrefix(string(stream), prefix) {
			return true
		}
	}
	return false
}

// The types of the events that belong to the store, as EventStoreDB names them.
const (
	// TypeMetadata is the type of an event in [Stream.Metadata] whose data is
	// a [Retention]. The newest one is in force.
	TypeMetadata = "$metadata"
	// TypeStreamDeleted is the type of the tombstone, which is the last event
	// of its stream and stands at [TombstoneRevision].
	TypeStreamDeleted = "$streamDeleted"
	// TypePlaceholder is the type of an event that says nothing. It stands where
	// another one had been cut before the log moved here, so that those after it
	// keep their revisions. Readers pass it over.
	TypePlaceholder = "Placeholder"
)

// TombstoneRevision is where a tombstone stands, as in EventStoreDB. No other
// event has it.
const TombstoneRevision Revision = math.MaxInt64
