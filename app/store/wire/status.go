package wire

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"daybook/domain/es"
)

// The trailers by which clients know an error, beside its gRPC status.
const (
	trailerException = "exception"
	trailerStream    = "stream-name"
	trailerExpected  = "expected-version"
	trailerActual    = "actual-version"
	trailerMaxAppend = "maximum-append-size"
	trailerRequired  = "required-metadata-properties"
)

// invalid refuses a request that makes no sense.
func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

// missingMetadataError is a proposed event without what each must say of itself.
type missingMetadataError struct{ key string }

func (e *missingMetadataError) Error() string {
	return fmt.Sprintf("the required metadata property %q is missing", e.key)
}

// fail makes the answer to a call of what the store, or this package, said.
func (s *service) fail(ctx context.Context, stream es.Stream, err error) error {
	var tooLarge *es.TooLargeError
	var missing *missingMetadataError
	var answer interface{ GRPCStatus() *status.Status }
	switch {
	case errors.As(err, &answer):
		return err
	case errors.Is(err, es.ErrStreamDeleted):
		return refuse(ctx, codes.FailedPrecondition, fmt.Sprintf("the stream %q is deleted", stream),
			trailerException, "stream-deleted", trailerStream, printable(string(stream)))
	case errors.As(err, &tooLarge):
		return refuse(ctx, codes.InvalidArgument, fmt.Sprintf("Maximum Append Size of %d Exceeded.", tooLarge.Max),
			trailerException, "maximum-append-size-exceeded", trailerMaxAppend, strconv.Itoa(tooLarge.Max))
	case errors.As(err, &missing):
		return refuse(ctx, codes.InvalidArgument, missing.Error(),
			trailerException, "missing-required-metadata-property", trailerRequired, keyType+","+keyContentType)
	case s.isStopping():
		return status.Error(codes.Unavailable, "the server is stopping")
	case ctx.Err() != nil:
		return status.FromContextError(ctx.Err()).Err()
	case errors.Is(err, es.ErrUnavailable):
		s.logger.WarnContext(ctx, "the store did not answer a call of the EventStoreDB protocol", "error", err)
		return status.Error(codes.Unavailable, "the event store is not available: try again")
	default:
		s.logger.ErrorContext(ctx, "a call of the EventStoreDB protocol failed", "error", err)
		return status.Error(codes.Internal, "internal error")
	}
}

func (s *service) isStopping() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

func accessDenied(ctx context.Context) error {
	return refuse(ctx, codes.PermissionDenied, "this server is read-only", trailerException, "access-denied")
}

// wrongVersion is how deletions say that the stream is not as expected; appends
// say it in their answer.
func wrongVersion(ctx context.Context, stream es.Stream, want expectation, now state) error {
	return refuse(ctx, codes.FailedPrecondition, fmt.Sprintf("the stream %q is not as expected: %s was expected, it has %s", stream, want, now),
		trailerException, "wrong-expected-version", trailerStream, printable(string(stream)),
		trailerExpected, strconv.FormatInt(want.version(), 10), trailerActual, strconv.FormatInt(now.version(), 10))
}

// refuse returns a status with trailers.
func refuse(ctx context.Context, code codes.Code, message string, trailers ...string) error {
	if err := grpc.SetTrailer(ctx, metadata.Pairs(trailers...)); err != nil {
		return status.Errorf(codes.Internal, "internal error: %v", err)
	}
	return status.Error(code, message)
}

// printable writes a name as a trailer can carry it: what is not printable
// ASCII is percent-encoded.
func printable(name string) string {
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; c >= ' ' && c <= '~' && c != '%' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", name[i])
	}
	return b.String()
}
