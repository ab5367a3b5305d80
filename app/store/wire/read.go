package wire

import (
	"context"
	"iter"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/status"

	"daybook/domain/es"
)

// Read reads a stream or $all, once or for ever.
func (s *service) Read(req *streams.ReadReq, call streams.Streams_ReadServer) error {
	options := req.GetOptions()
	switch {
	case options == nil:
		return invalid("the options are missing")
	case options.GetUuidOption() == nil:
		return invalid("the form of ids is missing")
	}
	r := &reader{service: s, call: call, id: structured}
	if _, ok := options.GetUuidOption().GetContent().(*streams.ReadReq_Options_UUIDOption_String_); ok {
		r.id = textual
	}
	switch count := options.GetCountOption().(type) {
	case *streams.ReadReq_Options_Count:
		r.left = count.Count
		return r.once(call.Context(), options)
	case *streams.ReadReq_Options_Subscription:
		return r.subscribe(call.Context(), options)
	default:
		return invalid("neither a count nor a subscription is asked for")
	}
}

// reader is one call of Read.
type reader struct {
	*service

	call     streams.Streams_ReadServer
	id       func(uuid.UUID) *shared.UUID // in the form that the client wants
	left     uint64                       // events that are still wanted
	caughtUp bool                         // a subscriber was told that it caught up
}

// send sends one event.
func (r *reader) send(e *es.Recorded) error { return r.call.Send(readEvent(e, r.id)) }

// once answers a read that ends.
func (r *reader) once(ctx context.Context, options *streams.ReadReq_Options) error {
	if r.left == 0 {
		return invalid("the count is 0: ask for at least one event")
	}
	filter, err := filterOf(options)
	if err != nil {
		return err
	}
	dir, err := directionOf(options)
	if err != nil {
		return err
	}
	if !r.reads.wait(ctx.Done()) {
		return status.FromContextError(ctx.Err()).Err()
	}
	defer r.reads.give()

	switch option := options.GetStreamOption().(type) {
	case *streams.ReadReq_Options_All:
		return r.all(ctx, option.All, dir, filter)
	case *streams.ReadReq_Options_Stream:
		if options.GetFilter() != nil {
			return invalid("only $all can be filtered")
		}
		return r.stream(ctx, option.Stream, dir)
	default:
		return invalid("neither a stream nor $all is asked for")
	}
}

func directionOf(options *streams.ReadReq_Options) (es.Direction, error) {
	switch options.GetReadDirection() {
	case streams.ReadReq_Options_Forwards:
		return es.Forward, nil
	case streams.ReadReq_Options_Backwards:
		return es.Backward, nil
	default:
		return 0, invalid("there is no read direction %d", options.GetReadDirection())
	}
}

// all reads $all.
func (r *reader) all(ctx context.Context, options *streams.ReadReq_Options_AllOptions, dir es.Direction, filter filter) error {
	bound := upFrom
	if dir == es.Backward {
		bound = downFrom
	}
	from, err := positionOf(options, bound)
	if err != nil {
		return err
	}
	matching := func(e *es.Recorded) bool { return filter.matches(e) }
	if _, err := r.sendWhile(r.store.ReadAll(ctx, from, dir), matching); err != nil {
		return r.fail(ctx, "$all", err)
	}
	return nil
}

// positionOf reads where in $all a client begins, and makes of it a bound that
// the port does not include.
func positionOf(options *streams.ReadReq_Options_AllOptions, bound bound) (es.Position, error) {
	switch at := options.GetAllOption().(type) {
	case *streams.ReadReq_Options_AllOptions_Start:
		return es.Start, nil
	case *streams.ReadReq_Options_AllOptions_End:
		return es.End, nil
	case *streams.ReadReq_Options_AllOptions_Position:
		commit, prepare := at.Position.GetCommitPosition(), at.Position.GetPreparePosition()
		if prepare > commit {
			return 0, invalid("the prepare position %d is beyond the commit position %d", prepare, commit)
		}
		return bound(commit, prepare), nil
	default:
		return 0, invalid("where to begin in $all is missing")
	}
}

// bound turns the two halves of a position into one. Those of our events are
// equal; with a smaller prepare position it lies just before the event at the
// commit position.
type bound func(commit, prepare uint64) es.Position

// upFrom includes the event there: so a read goes forward.
func upFrom(commit, _ uint64) es.Position { return es.Position(max(commit, 1) - 1) }

// downFrom leaves it out: so a read goes backward.
func downFrom(commit, _ uint64) es.Position { return es.Position(commit) }

// upAfter leaves it out: so a subscription goes.
func upAfter(commit, prepare uint64) es.Position {
	if prepare < commit {
		return es.Position(commit - 1)
	}
	return es.Position(commit)
}

// stream reads a stream.
func (r *reader) stream(ctx context.Context, options *streams.ReadReq_Options_StreamOptions, dir es.Direction) error {
	stream, err := streamOf(options.GetStreamIdentifier())
	if err != nil {
		return err
	}
	from, err := revisionOf(options)
	if err != nil {
		return err
	}
	if from == es.LastRevision && dir == es.Forward {
		return invalid("there is nothing to read forward from the end of a stream")
	}
	cut, err := r.cutOf(ctx, stream)
	if err != nil {
		return r.fail(ctx, stream, err)
	}
	if dir == es.Forward {
		from = max(from, cut.first)
	}
	shown := func(e *es.Recorded) bool { return !cut.hides(e) }
	sent, err := r.sendWhile(r.store.ReadStream(ctx, stream, from, dir), shown)
	if err != nil {
		return r.fail(ctx, stream, err)
	}
	if sent > 0 {
		return nil
	}
	return r.orNotFound(ctx, stream)
}

// orNotFound tells a stream that holds nothing there from one that does not
// exist.
func (r *reader) orNotFound(ctx context.Context, stream es.Stream) error {
	now, err := r.stateOf(ctx, stream)
	if err != nil {
		return r.fail(ctx, stream, err)
	}
	if now.exists {
		return nil
	}
	return r.call.Send(&streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{
		StreamNotFound: &streams.ReadResp_StreamNotFound{StreamIdentifier: identifier(stream)},
	}})
}

// revisionOf reads where in a stream a client begins.
func revisionOf(options *streams.ReadReq_Options_StreamOptions) (es.Revision, error) {
	switch at := options.GetRevisionOption().(type) {
	case *streams.ReadReq_Options_StreamOptions_Start:
		return es.FirstRevision, nil
	case *streams.ReadReq_Options_StreamOptions_End:
		return es.LastRevision, nil
	case *streams.ReadReq_Options_StreamOptions_Revision:
		if at.Revision > math.MaxInt64 && at.Revision != uint64(es.LastRevision) {
			return 0, invalid("no stream has the revision %d", at.Revision)
		}
		return es.Revision(at.Revision), nil
	default:
		return 0, invalid("where to begin in the stream is missing")
	}
}

// sendWhile sends the events that are wanted, until enough were sent, and returns
// how many that were.
func (r *reader) sendWhile(events iter.Seq2[es.Recorded, error], wanted func(*es.Recorded) bool) (sent uint64, err error) {
	for e, err := range events {
		if err != nil {
			return sent, err
		}
		if !wanted(&e) {
			continue
		}
		if err := r.send(&e); err != nil {
			return sent, err
		}
		if sent++; sent == r.left {
			return sent, nil
		}
	}
	return sent, nil
}
