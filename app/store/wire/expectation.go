package wire

import (
	"context"
	"math"
	"unicode/utf8"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"daybook/domain/es"
)

// expectation is what a write demands of a stream: what the port knows, or that
// the stream exists.
type expectation struct {
	es.Expected
	exists bool
}

// expectationOf reads the alternative of that name in the options of a write;
// the four kinds of write have the same ones, each in messages of its own.
func expectationOf(options proto.Message, alternative protoreflect.Name) (expectation, error) {
	m := options.ProtoReflect()
	field := m.WhichOneof(m.Descriptor().Oneofs().ByName(alternative))
	if field == nil {
		return expectation{}, invalid("the expected revision is missing")
	}
	switch field.Name() {
	case "any":
		return expectation{}, nil
	case "no_stream":
		return expectation{Expected: es.NoStream()}, nil
	case "stream_exists":
		return expectation{exists: true}, nil
	}
	revision := m.Get(field).Uint()
	if revision > math.MaxInt64 {
		return expectation{}, invalid("no stream has the revision %d", revision)
	}
	return expectation{Expected: es.Exactly(es.Revision(revision))}, nil
}

func (e expectation) String() string {
	if e.exists {
		return "an existing stream"
	}
	return e.Expected.String()
}

// version returns e as a number, as EventStoreDB's older protocols had it.
func (e expectation) version() int64 {
	revision, exact := e.Exact()
	switch {
	case exact:
		return int64(revision)
	case e.exists:
		return -4
	case e.IsNoStream():
		return -1
	default:
		return -2
	}
}

// metBy reports whether a stream in state s satisfies e.
func (e expectation) metBy(s state) bool {
	if e.exists {
		return s.exists
	}
	return e.Met(s.revision, s.exists)
}

// state is where a stream stands.
type state struct {
	revision es.Revision // of the newest event
	exists   bool
}

// version returns s as a number, as EventStoreDB's older protocols had it.
func (s state) version() int64 {
	if !s.exists {
		return -1
	}
	return int64(s.revision)
}

func (s state) String() string {
	if !s.exists {
		return "no events"
	}
	return es.Exactly(s.revision).String()
}

// stateOf returns where a stream stands for those who read it: one that was
// deleted and not written to since has no events.
func (s *service) stateOf(ctx context.Context, stream es.Stream) (state, error) {
	cut, err := s.cutOf(ctx, stream)
	if err != nil {
		return state{}, err
	}
	e, err := s.newest(ctx, stream)
	if err != nil || e == nil || cut.hides(e) {
		return state{}, err
	}
	return state{revision: e.Revision, exists: true}, nil
}

// newest returns the newest event of a stream, nil if there is none.
func (s *service) newest(ctx context.Context, stream es.Stream) (*es.Recorded, error) {
	for e, err := range s.store.ReadStream(ctx, stream, es.LastRevision, es.Backward) {
		if err != nil {
			return nil, err
		}
		return &e, nil
	}
	return nil, nil
}

// streamOf reads the name of a stream.
func streamOf(id *shared.StreamIdentifier) (es.Stream, error) {
	name := id.GetStreamName()
	switch {
	case len(name) == 0:
		return "", invalid("the name of the stream is missing")
	case len(name) > maxStreamName:
		return "", invalid("the name of the stream is longer than %d bytes", maxStreamName)
	case !utf8.Valid(name):
		return "", invalid("the name of the stream is not UTF-8")
	}
	return es.Stream(name), nil
}

// writableStream reads the name of a stream that is to be written.
func writableStream(id *shared.StreamIdentifier) (es.Stream, error) {
	stream, err := streamOf(id)
	if stream == "$all" || stream == es.Stream("").Metadata() {
		return "", invalid("%q is not the name of a stream", stream)
	}
	return stream, err
}
