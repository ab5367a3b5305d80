// Package command is the imperative shell around the pure core: it loads a
// stream, folds it, lets the domain decide, and appends what was decided at
// exactly the revision it was decided on.
//
// If somebody else was faster, that is not a fault: the stream is read again
// and the domain decides again, until the context ends. So two commands on one
// stream take effect one after the other, each knowing of the one before.
package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// Handler carries out the commands of one stream kind. All fields are needed.
type Handler[S, C, E any] struct {
	Store   es.Store
	Decider es.Decider[S, C, E]
	Codec   es.Codec[E]
	Now     func() time.Time
}

// Meta is what a command adds to the metadata of its events.
type Meta struct {
	Actor         string
	CorrelationID string
	CausationID   string
}

// Result is what came of a command.
type Result[S, E any] struct {
	State S            // after the command
	Facts []es.Fact[E] // the new ones; none if there was nothing to do
	// Position is that of the newest new fact, [es.Start] if there is none.
	Position es.Position
}

// Loaded is a stream, folded.
type Loaded[S any] struct {
	State    S
	Revision es.Revision
	Exists   bool
}

// Expected returns what an append that builds on l demands.
func (l Loaded[S]) Expected() es.Expected {
	if !l.Exists {
		return es.NoStream()
	}
	return es.Exactly(l.Revision)
}

// Load folds a stream. It returns [es.ErrUnknownType] or [es.ErrNewerSchema]
// if a later version of Daybook wrote to it: then nothing can be decided here.
func (h Handler[S, C, E]) Load(ctx context.Context, stream es.Stream) (Loaded[S], error) {
	return h.LoadUntil(ctx, stream, es.LastRevision)
}

// LoadUntil folds a stream up to a revision, which is the last to count.
func (h Handler[S, C, E]) LoadUntil(ctx context.Context, stream es.Stream, last es.Revision) (Loaded[S], error) {
	var l Loaded[S]
	for recorded, err := range h.Store.ReadStream(ctx, stream, es.FirstRevision, es.Forward) {
		if err != nil {
			return Loaded[S]{}, fmt.Errorf("read %s: %w", stream, err)
		}
		if recorded.Revision > last {
			break
		}
		fact, err := h.Codec.Decode(recorded)
		if err != nil {
			return Loaded[S]{}, err
		}
		l.State = h.Decider.Evolve(l.State, fact)
		l.Revision, l.Exists = recorded.Revision, true
	}
	return l, nil
}

// Handle carries out a command. It returns what the domain refuses with, or
// what the store answers; never [es.ErrConflict].
func (h Handler[S, C, E]) Handle(ctx context.Context, stream es.Stream, c C, meta Meta) (Result[S, E], error) {
	l, err := h.Load(ctx, stream)
	if err != nil {
		return Result[S, E]{}, err
	}
	return h.HandleFrom(ctx, stream, l, c, meta)
}

// HandleFrom is Handle for a stream that is believed to stand as l says: it is
// only read if that turns out wrong.
func (h Handler[S, C, E]) HandleFrom(ctx context.Context, stream es.Stream, l Loaded[S], c C, meta Meta) (Result[S, E], error) {
	for {
		result, err := h.try(ctx, stream, l, c, meta)
		if !errors.Is(err, es.ErrConflict) {
			return result, err
		}
		if err := ctx.Err(); err != nil {
			return Result[S, E]{}, fmt.Errorf("append to %s: %w: %w", stream, es.ErrUnavailable, err)
		}
		if l, err = h.Load(ctx, stream); err != nil {
			return Result[S, E]{}, err
		}
	}
}

func (h Handler[S, C, E]) try(ctx context.Context, stream es.Stream, l Loaded[S], c C, meta Meta) (Result[S, E], error) {
	decided, err := h.Decider.Decide(l.State, c)
	if err != nil || len(decided) == 0 {
		return Result[S, E]{State: l.State}, err
	}
	return h.Append(ctx, stream, l, l.Expected(), decided, meta)
}

// Append records what was decided in the state that l holds. What it expects
// of the stream is [Loaded.Expected], unless what was decided holds whatever
// else has happened meanwhile. Other than Handle it may return
// [es.ErrConflict].
func (h Handler[S, C, E]) Append(ctx context.Context, stream es.Stream, l Loaded[S], expected es.Expected, decided []E, meta Meta) (Result[S, E], error) {
	events := make([]es.Event, len(decided))
	facts := make([]es.Fact[E], len(decided))
	metadata := es.Metadata{
		At:            es.TimeOf(h.Now()),
		Actor:         meta.Actor,
		CorrelationID: meta.CorrelationID,
		CausationID:   meta.CausationID,
	}
	for i, event := range decided {
		var err error
		if events[i], err = h.Codec.Encode(event, metadata); err != nil {
			return Result[S, E]{}, err
		}
		if events[i].ID, err = uuid.NewV7(); err != nil {
			return Result[S, E]{}, fmt.Errorf("make event id: %w", err)
		}
		facts[i] = es.Fact[E]{Event: event, ID: events[i].ID, Metadata: metadata}
	}
	appended, err := h.Store.Append(ctx, stream, expected, events...)
	if err != nil {
		return Result[S, E]{}, err
	}
	state := l.State
	for i := range facts {
		facts[i].Revision = appended.Revision - es.Revision(len(facts)-1-i)
		facts[i].Position = appended.Position
		state = h.Decider.Evolve(state, facts[i])
	}
	return Result[S, E]{State: state, Facts: facts, Position: appended.Position}, nil
}
