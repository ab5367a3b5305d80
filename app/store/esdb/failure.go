package esdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"daybook/domain/es"
)

// What an attempt came to, beside success and the port's errors.
var (
	// errAgain: the outcome is unknown; another attempt may settle it.
	errAgain = errors.New("the server did not answer as it should")
	// errBroken is errAgain where the connection is to be given up.
	errBroken = fmt.Errorf("%w: the connection is of no more use", errAgain)
	// errUnheard is errAgain where the server ended an append, and why was lost.
	errUnheard = fmt.Errorf("%w: it ended the call", errAgain)
	// errNotFound: there is no such stream.
	errNotFound = errors.New("there is no such stream")
	// errRefused: the server understood, and will say the same again.
	errRefused = errors.New("EventStoreDB refused")

	errClosed = errors.New("it is closed")
)

// judge makes one of the errors above, or of the port, of what the client
// returned. The text of the client's error is kept, its type is not.
func judge(err error) error {
	if err == nil {
		return nil
	}
	var panicked *panicError
	var said *esdb.Error
	switch {
	case errors.As(err, &panicked):
		return because(errBroken, err)
	case errors.As(err, &said):
		return judgeCode(said)
	case errors.Is(err, io.EOF): // the client's way to say that the server ended the call
		return because(errUnheard, err)
	default:
		return judgeStatus(err)
	}
}

func judgeCode(err *esdb.Error) error {
	switch err.Code() {
	case esdb.ErrorCodeWrongExpectedVersion:
		return es.ErrConflict
	case esdb.ErrorCodeStreamDeleted:
		return es.ErrStreamDeleted
	case esdb.ErrorCodeResourceNotFound:
		return errNotFound
	case esdb.ErrorCodeNotLeader: // the client is on its way to the leader
		return because(errAgain, err)
	case esdb.ErrorCodeConnectionClosed:
		return because(errBroken, err)
	default:
		if err.Err() == nil {
			return because(errAgain, err)
		}
		return judge(err.Err())
	}
}

// judgeStatus judges a gRPC status. All that may pass is tried again: in the
// worst case until the caller's context ends.
func judgeStatus(err error) error {
	switch code := status.Code(err); code {
	case codes.Unavailable, codes.Internal:
		return because(errBroken, err)
	case codes.InvalidArgument, codes.ResourceExhausted:
		if text := strings.ToLower(err.Error()); code == codes.ResourceExhausted && strings.Contains(text, "larger than max") ||
			strings.Contains(text, "maximum append") {
			return because(es.ErrTooLarge, err)
		}
		if code == codes.ResourceExhausted {
			return because(errAgain, err)
		}
		return because(errRefused, err)
	case codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented,
		codes.NotFound, codes.AlreadyExists, codes.FailedPrecondition, codes.OutOfRange:
		return because(errRefused, err)
	default:
		return because(errAgain, err)
	}
}

// because is what, with the text of err, and no more of it.
func because(what, err error) error {
	return fmt.Errorf("%w: %v", what, err) //nolint:errorlint // what err is has been judged, and is not to be found again
}

// unavailable is what a call returns whose context ended, or whose store was
// closed; last is what the last attempt came to, if there was one.
func unavailable(ctx context.Context, last error) error {
	err := fmt.Errorf("%w: %w", es.ErrUnavailable, ctx.Err())
	if last != nil {
		err = because(err, last)
	}
	return err
}

func closedError() error { return fmt.Errorf("%w: %w", es.ErrUnavailable, errClosed) }
