package wire

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"daybook/domain/es"
)

// Append takes one append: options first, then one event a message.
func (s *service) Append(call streams.Streams_AppendServer) error {
	ctx := call.Context()
	if s.readOnly {
		return accessDenied(ctx)
	}
	if !s.appends.take() {
		return status.Error(codes.ResourceExhausted, "too many appends at once")
	}
	defer s.appends.give()

	p, err := s.receive(call)
	if err != nil {
		return s.fail(ctx, p.stream, err)
	}
	written, err := s.append(ctx, p)
	switch {
	case errors.Is(err, es.ErrConflict):
		now, err := s.stateOf(ctx, p.stream)
		if err != nil {
			return s.fail(ctx, p.stream, err)
		}
		return call.SendAndClose(&streams.AppendResp{Result: conflictOf(p.want, now)})
	case err != nil:
		return s.fail(ctx, p.stream, err)
	}
	return call.SendAndClose(&streams.AppendResp{Result: written.success()})
}

// pending is an append that is being received.
type pending struct {
	stream es.Stream
	want   expectation
	events []es.Event
	size   int
}

func (s *service) receive(call streams.Streams_AppendServer) (pending, error) {
	first, err := call.Recv()
	if errors.Is(err, io.EOF) {
		return pending{}, invalid("the options of an append come first")
	}
	if err != nil {
		return pending{}, err
	}
	p, err := pendingOf(first.GetOptions())
	if err != nil {
		return p, err
	}
	for {
		next, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return p, err
		}
		message := next.GetProposedMessage()
		if message == nil {
			return p, invalid("after the options of an append come its events")
		}
		if err := p.add(message, s.store.MaxAppend()); err != nil {
			return p, err
		}
	}
}

func pendingOf(options *streams.AppendReq_Options) (p pending, err error) {
	if options == nil {
		return p, invalid("the options of an append come first")
	}
	if p.stream, err = writableStream(options.GetStreamIdentifier()); err != nil {
		return p, err
	}
	p.want, err = expectationOf(options, "expected_stream_revision")
	return p, err
}

// add takes in one event, unless that makes the append too large.
func (p *pending) add(message proposed, limit int) error {
	e, err := eventOf(message)
	if err != nil {
		return err
	}
	p.size += e.Size()
	if p.size > limit {
		return &es.TooLargeError{Stream: p.stream, Size: p.size, Max: limit}
	}
	if len(p.events) == maxAppendEvents {
		return invalid("at most %d events fit in one append", maxAppendEvents)
	}
	p.events = append(p.events, e)
	return nil
}

// written says where a stream stands after an append, and where its last event
// stands; an append without events has none.
type written struct {
	state
	position es.Position
	empty    bool
}

// append carries an append out. It returns an [es.ErrConflict] for an
// expectation of any kind.
func (s *service) append(ctx context.Context, p pending) (written, error) {
	if len(p.events) == 0 {
		return s.appendNothing(ctx, p)
	}
	if err := es.CheckAppend(p.stream, p.events, s.store.MaxAppend()); err != nil {
		if errors.Is(err, es.ErrTooLarge) {
			return written{}, err
		}
		return written{}, invalid("%v", err)
	}
	if p.want.exists {
		now, err := s.stateOf(ctx, p.stream)
		if err != nil {
			return written{}, err
		}
		if !now.exists {
			return written{}, fmt.Errorf("append to %s: it does not exist: %w", p.stream, es.ErrConflict)
		}
	}
	at, err := s.store.Append(ctx, p.stream, p.want.Expected, p.events...)
	if p.want.IsNoStream() && errors.Is(err, es.ErrConflict) {
		at, err = s.appendAnew(ctx, p, err)
	}
	if err != nil {
		return written{}, err
	}
	return written{state: state{revision: at.Revision, exists: true}, position: at.Position}, nil
}

// appendNothing says whether an append without events finds what it expects.
func (s *service) appendNothing(ctx context.Context, p pending) (written, error) {
	now, err := s.stateOf(ctx, p.stream)
	if err != nil {
		return written{}, err
	}
	if !p.want.metBy(now) {
		return written{}, fmt.Errorf("append nothing to %s: %w", p.stream, es.ErrConflict)
	}
	return written{state: now, empty: true}, nil
}

// appendAnew appends to a stream that was expected not to exist, and conflicted:
// one that was deleted may be begun anew, where it ended.
func (s *service) appendAnew(ctx context.Context, p pending, conflict error) (es.Appended, error) {
	cut, err := s.cutOf(ctx, p.stream)
	if err != nil {
		return es.Appended{}, err
	}
	last, err := s.newest(ctx, p.stream)
	if err != nil {
		return es.Appended{}, err
	}
	if last == nil || cut.deleted == 0 || !cut.hides(last) {
		return es.Appended{}, conflict
	}
	return s.store.Append(ctx, p.stream, es.Exactly(last.Revision), p.events...)
}

func (w written) success() *streams.AppendResp_Success_ {
	success := &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(w.revision)},
		PositionOption: &streams.AppendResp_Success_Position{Position: &streams.AppendResp_Position{
			CommitPosition:  uint64(w.position),
			PreparePosition: uint64(w.position),
		}},
	}
	if !w.exists {
		success.CurrentRevisionOption = &streams.AppendResp_Success_NoStream{NoStream: &shared.Empty{}}
	}
	if w.empty {
		success.PositionOption = &streams.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}}
	}
	return &streams.AppendResp_Success_{Success: success}
}

// conflictOf is how Append says that the stream is not as expected.
func conflictOf(want expectation, now state) *streams.AppendResp_WrongExpectedVersion_ {
	wrong := &streams.AppendResp_WrongExpectedVersion{
		CurrentRevisionOption: &streams.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &shared.Empty{}},
	}
	if now.exists {
		wrong.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: uint64(now.revision)}
	}
	revision, exact := want.Exact()
	switch {
	case exact:
		wrong.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: uint64(revision)}
	case want.exists:
		wrong.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &shared.Empty{}}
	case want.IsNoStream():
		wrong.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &shared.Empty{}}
	default:
		wrong.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: &shared.Empty{}}
	}
	return &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: wrong}
}
