package wire

import (
	"context"
	"errors"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"daybook/domain/es"
)

// Delete hides what a stream holds and lets it begin anew, where it ended.
func (s *service) Delete(ctx context.Context, req *streams.DeleteReq) (*streams.DeleteResp, error) {
	stream, err := s.deletable(ctx, req.GetOptions())
	if err != nil {
		return nil, err
	}
	at, err := s.mark(ctx, stream)
	if err != nil {
		return nil, s.fail(ctx, stream, err)
	}
	return &streams.DeleteResp{PositionOption: &streams.DeleteResp_Position_{Position: &streams.DeleteResp_Position{
		CommitPosition: uint64(at), PreparePosition: uint64(at),
	}}}, nil
}

// Tombstone ends a stream for ever. The position of the answer is where the log
// stands then: at the tombstone or after it.
func (s *service) Tombstone(ctx context.Context, req *streams.TombstoneReq) (*streams.TombstoneResp, error) {
	stream, err := s.deletable(ctx, req.GetOptions())
	if err != nil {
		return nil, err
	}
	if err := s.store.Tombstone(ctx, stream); err != nil {
		return nil, s.fail(ctx, stream, err)
	}
	at, err := s.store.Head(ctx)
	if err != nil {
		return nil, s.fail(ctx, stream, err)
	}
	return &streams.TombstoneResp{PositionOption: &streams.TombstoneResp_Position_{Position: &streams.TombstoneResp_Position{
		CommitPosition: uint64(at), PreparePosition: uint64(at),
	}}}, nil
}

// deletion is what the options of Delete and Tombstone have in common.
type deletion interface {
	proto.Message
	GetStreamIdentifier() *shared.StreamIdentifier
}

// deletable returns the stream that is meant, if it may be deleted and is as
// expected.
func (s *service) deletable(ctx context.Context, options deletion) (es.Stream, error) {
	if s.readOnly {
		return "", accessDenied(ctx)
	}
	want, err := expectationOf(options, "expected_stream_revision")
	if err != nil {
		return "", err
	}
	stream, err := writableStream(options.GetStreamIdentifier())
	if err != nil {
		return "", err
	}
	now, err := s.stateOf(ctx, stream)
	if err != nil {
		return "", s.fail(ctx, stream, err)
	}
	if !want.metBy(now) {
		return "", wrongVersion(ctx, stream, want, now)
	}
	return stream, nil
}

// mark writes into the metadata of a stream that it is deleted. What the
// metadata says else, it says on: also where somebody writes it meanwhile.
func (s *service) mark(ctx context.Context, stream es.Stream) (es.Position, error) {
	for {
		at, err := s.tryMark(ctx, stream)
		if !errors.Is(err, es.ErrConflict) {
			return at.Position, err
		}
	}
}

func (s *service) tryMark(ctx context.Context, stream es.Stream) (es.Appended, error) {
	metadata, err := s.newest(ctx, stream.Metadata())
	if err != nil {
		return es.Appended{}, err
	}
	data, err := markDeleted(metadata)
	if err != nil {
		return es.Appended{}, fmt.Errorf("write the metadata of %s: %w", stream, err)
	}
	expected := es.NoStream()
	if metadata != nil {
		expected = es.Exactly(metadata.Revision)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return es.Appended{}, err
	}
	return s.store.Append(ctx, stream.Metadata(), expected, es.Event{ID: id, Type: es.TypeMetadata, Data: data})
}
