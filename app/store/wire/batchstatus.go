package wire

import (
	"context"
	"errors"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"

	"daybook/domain/es"
)

var errReadOnly = errors.New("this server is read-only")

func succeeded(p *part, w written) *streams.BatchAppendResp {
	success := &streams.BatchAppendResp_Success{
		CurrentRevisionOption: &streams.BatchAppendResp_Success_CurrentRevision{CurrentRevision: uint64(w.revision)},
		PositionOption: &streams.BatchAppendResp_Success_Position{Position: &shared.AllStreamPosition{
			CommitPosition:  uint64(w.position),
			PreparePosition: uint64(w.position),
		}},
	}
	if !w.exists {
		success.CurrentRevisionOption = &streams.BatchAppendResp_Success_NoStream{NoStream: &emptypb.Empty{}}
	}
	if w.empty {
		success.PositionOption = &streams.BatchAppendResp_Success_NoPosition{NoPosition: &emptypb.Empty{}}
	}
	return &streams.BatchAppendResp{
		CorrelationId:    p.correlation,
		StreamIdentifier: identifier(p.stream),
		Result:           &streams.BatchAppendResp_Success_{Success: success},
	}
}

// conflicted is how BatchAppend says that the stream is not as expected.
func conflicted(p *part, now state) *streams.BatchAppendResp {
	wrong := &shared.WrongExpectedVersion{
		CurrentStreamRevisionOption: &shared.WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &emptypb.Empty{}},
	}
	if now.exists {
		wrong.CurrentStreamRevisionOption = &shared.WrongExpectedVersion_CurrentStreamRevision{CurrentStreamRevision: uint64(now.revision)}
	}
	revision, exact := p.want.Exact()
	switch {
	case exact:
		wrong.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedStreamPosition{ExpectedStreamPosition: uint64(revision)}
	case p.want.exists:
		wrong.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &emptypb.Empty{}}
	case p.want.IsNoStream():
		wrong.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &emptypb.Empty{}}
	default:
		wrong.ExpectedStreamPositionOption = &shared.WrongExpectedVersion_ExpectedAny{ExpectedAny: &emptypb.Empty{}}
	}
	return refusal(p.correlation, identifier(p.stream), codes.AlreadyExists, "WrongExpectedVersion", wrong)
}

// failed is how BatchAppend says everything else: clients know an error by the
// type of its details.
func failed(correlation *shared.UUID, stream *shared.StreamIdentifier, err error) *streams.BatchAppendResp {
	answer := func(code codes.Code, message string, details proto.Message) *streams.BatchAppendResp {
		return refusal(correlation, stream, code, message, details)
	}
	var tooLarge *es.TooLargeError
	var missing *missingMetadataError
	var refused interface{ GRPCStatus() *status.Status }
	switch {
	case errors.Is(err, errFault):
		return answer(codes.Unknown, "Unknown", &shared.Unknown{})
	case errors.Is(err, errReadOnly):
		return answer(codes.PermissionDenied, "AccessDenied", &shared.AccessDenied{})
	case errors.Is(err, es.ErrStreamDeleted):
		return answer(codes.NotFound, "StreamDeleted", &shared.StreamDeleted{StreamIdentifier: stream})
	case errors.As(err, &tooLarge):
		return answer(codes.InvalidArgument, "MaximumAppendSizeExceeded", &shared.MaximumAppendSizeExceeded{MaxAppendSize: uint32(tooLarge.Max)})
	case errors.As(err, &missing):
		return answer(codes.InvalidArgument, "BadRequest", &shared.BadRequest{Message: missing.Error()})
	case errors.As(err, &refused):
		return answer(codes.InvalidArgument, "BadRequest", &shared.BadRequest{Message: refused.GRPCStatus().Message()})
	case errors.Is(err, context.DeadlineExceeded):
		return answer(codes.DeadlineExceeded, "Timeout", &shared.Timeout{})
	case errors.Is(err, es.ErrUnavailable):
		return answer(codes.Unavailable, "the event store is not available: try again", &emptypb.Empty{})
	default:
		return answer(codes.Unknown, "Unknown", &shared.Unknown{})
	}
}

func refusal(correlation *shared.UUID, stream *shared.StreamIdentifier, code codes.Code, message string, details proto.Message) *streams.BatchAppendResp {
	failure := &statuspb.Status{Code: int32(code), Message: message}
	if packed, err := anypb.New(details); err == nil { // none of these messages can fail
		failure.Details = append(failure.Details, packed)
	}
	return &streams.BatchAppendResp{
		CorrelationId:    correlation,
		StreamIdentifier: stream,
		Result:           &streams.BatchAppendResp_Error{Error: failure},
	}
}
