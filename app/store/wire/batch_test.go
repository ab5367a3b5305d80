package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"daybook/app/store/memory"
	"daybook/domain/es"
)

// batchCall is a BatchAppend under test.
type batchCall struct {
	*bench
	streams.Streams_BatchAppendClient
}

func (b *bench) batch() *batchCall {
	b.Helper()
	call, err := b.raw().BatchAppend(b.ctx)
	b.must(err)
	return &batchCall{b, call}
}

// batchReq is a whole append of n events, to which a test may add.
func batchReq(stream es.Stream, n int) *streams.BatchAppendReq {
	req := &streams.BatchAppendReq{
		CorrelationId: structured(uuid.New()),
		Options: &streams.BatchAppendReq_Options{
			StreamIdentifier: identifier(stream), ExpectedStreamPosition: &streams.BatchAppendReq_Options_Any{Any: &emptypb.Empty{}},
		},
		IsFinal: true,
	}
	for range n {
		req.ProposedMessages = append(req.ProposedMessages, &streams.BatchAppendReq_ProposedMessage{
			Id: textual(uuid.New()), Metadata: systemMetadata("Happened"), Data: []byte("{}"),
		})
	}
	return req
}

// ask sends and returns the answer.
func (c *batchCall) ask(req *streams.BatchAppendReq) *streams.BatchAppendResp {
	c.Helper()
	c.must(c.Send(req))
	return c.hear(req)
}

func (c *batchCall) hear(req *streams.BatchAppendReq) *streams.BatchAppendResp {
	c.Helper()
	resp, err := c.Recv()
	c.must(err)
	if !proto.Equal(resp.GetCorrelationId(), req.GetCorrelationId()) || !proto.Equal(resp.GetStreamIdentifier(), req.GetOptions().GetStreamIdentifier()) {
		c.Fatalf("to %v the answer is %v", req, resp)
	}
	return resp
}

// refused fails unless the answer is that error, which clients know by its details.
func (c *batchCall) refused(resp *streams.BatchAppendResp, code codes.Code, details proto.Message) {
	c.Helper()
	failure := resp.GetError()
	if failure == nil || failure.GetCode() != int32(code) || len(failure.GetDetails()) != 1 {
		c.Fatalf("the answer is %v, want %s", resp, code)
	}
	got, err := failure.GetDetails()[0].UnmarshalNew()
	c.must(err)
	if diff := cmp.Diff(details, got, protocmp.Transform()); diff != "" {
		c.Errorf("the details differ (-want +got):\n%s", diff)
	}
}

func TestBatchAppend(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	c := b.batch()
	resp := c.ask(batchReq("a", 3))
	log := b.log()
	if len(log) != 3 || resp.GetSuccess().GetCurrentRevision() != 2 || resp.GetSuccess().GetPosition().GetCommitPosition() != uint64(log[2].Position) {
		t.Fatalf("the answer is %v, the log holds %v", resp, log)
	}
	nothing := batchReq("none", 0)
	if resp := c.ask(nothing).GetSuccess(); resp.GetNoStream() == nil || resp.GetNoPosition() == nil {
		t.Errorf("an append of nothing to nothing is answered with %v", resp)
	}
	b.must(c.CloseSend())
	if _, err := c.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("the call ended with %v", err)
	}
}

func TestBatchAppendInParts(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	c := b.batch()
	first, other := batchReq("a", 2), batchReq("b", 1)
	last := &streams.BatchAppendReq{CorrelationId: first.CorrelationId, ProposedMessages: batchReq("a", 3).ProposedMessages, IsFinal: true}
	first.IsFinal = false
	b.must(c.Send(first))
	c.ask(other) // which stands between them
	b.must(c.Send(last))
	if resp := c.hear(first); resp.GetSuccess().GetCurrentRevision() != 4 {
		t.Errorf("the answer is %v", resp)
	}
	b.must(c.Send(last)) // of an append that is over: nobody answers
	if resp := c.ask(batchReq("b", 1)); resp.GetSuccess().GetCurrentRevision() != 1 {
		t.Errorf("the answer is %v", resp)
	}
	if n := len(b.log()); n != 7 {
		t.Errorf("the log holds %d events", n)
	}
}

func TestBatchAppendRefuses(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	b.stored("three", events(3)...)
	b.must(b.store.Tombstone(b.ctx, "ended"))
	c := b.batch()
	none := &emptypb.Empty{}
	for name, row := range map[string]struct {
		stream  es.Stream
		change  func(*streams.BatchAppendReq)
		code    codes.Code
		details proto.Message
	}{
		"another revision": {"three", func(r *streams.BatchAppendReq) {
			r.Options.ExpectedStreamPosition = &streams.BatchAppendReq_Options_StreamPosition{StreamPosition: 7}
		}, codes.AlreadyExists, &shared.WrongExpectedVersion{
			CurrentStreamRevisionOption:  &shared.WrongExpectedVersion_CurrentStreamRevision{CurrentStreamRevision: 2},
			ExpectedStreamPositionOption: &shared.WrongExpectedVersion_ExpectedStreamPosition{ExpectedStreamPosition: 7},
		}},
		"a stream where none should be": {"three", func(r *streams.BatchAppendReq) {
			r.Options.ExpectedStreamPosition = &streams.BatchAppendReq_Options_NoStream{NoStream: none}
		}, codes.AlreadyExists, &shared.WrongExpectedVersion{
			CurrentStreamRevisionOption:  &shared.WrongExpectedVersion_CurrentStreamRevision{CurrentStreamRevision: 2},
			ExpectedStreamPositionOption: &shared.WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: none},
		}},
		"no stream where one should be": {"none", func(r *streams.BatchAppendReq) {
			r.Options.ExpectedStreamPosition = &streams.BatchAppendReq_Options_StreamExists{StreamExists: none}
		}, codes.AlreadyExists, &shared.WrongExpectedVersion{
			CurrentStreamRevisionOption:  &shared.WrongExpectedVersion_CurrentNoStream{CurrentNoStream: none},
			ExpectedStreamPositionOption: &shared.WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: none},
		}},
		"a deleted stream": {"ended", func(*streams.BatchAppendReq) {}, codes.NotFound, &shared.StreamDeleted{StreamIdentifier: identifier("ended")}},
		"too large": {"a", func(r *streams.BatchAppendReq) {
			r.ProposedMessages[0].Data = make([]byte, memory.MaxAppend)
		}, codes.InvalidArgument, &shared.MaximumAppendSizeExceeded{MaxAppendSize: memory.MaxAppend}},
		"too late, as a duration": {"a", func(r *streams.BatchAppendReq) {
			r.Options.DeadlineOption = &streams.BatchAppendReq_Options_Deadline{Deadline: durationpb.New(-time.Second)}
		}, codes.DeadlineExceeded, &shared.Timeout{}},
		"too late, as a time": {"a", func(r *streams.BatchAppendReq) {
			r.Options.DeadlineOption = &streams.BatchAppendReq_Options_Deadline_21_10_0{Deadline_21_10_0: timestamppb.New(time.Unix(0, 0))}
		}, codes.DeadlineExceeded, &shared.Timeout{}},
		"a deadline that is none": {"a", func(r *streams.BatchAppendReq) {
			r.Options.DeadlineOption = &streams.BatchAppendReq_Options_Deadline{Deadline: &durationpb.Duration{Nanos: -1, Seconds: 1}}
		}, codes.InvalidArgument, &shared.BadRequest{Message: "the deadline is not a duration"}},
		"no type": {"a", func(r *streams.BatchAppendReq) {
			delete(r.ProposedMessages[0].Metadata, "type")
		}, codes.InvalidArgument, &shared.BadRequest{Message: `the required metadata property "type" is missing`}},
		"no id": {"a", func(r *streams.BatchAppendReq) {
			r.ProposedMessages[0].Id = nil
		}, codes.InvalidArgument, &shared.BadRequest{Message: "an id is missing"}},
		"no name": {"", func(*streams.BatchAppendReq) {}, codes.InvalidArgument, &shared.BadRequest{Message: "the name of the stream is missing"}},
		"no expectation": {"a", func(r *streams.BatchAppendReq) {
			r.Options.ExpectedStreamPosition = nil
		}, codes.InvalidArgument, &shared.BadRequest{Message: "the expected revision is missing"}},
	} {
		req := batchReq(row.stream, 1)
		row.change(req)
		t.Log(name)
		c.refused(c.ask(req), row.code, row.details)
	}
	if n := len(b.log()); n != 4 {
		t.Errorf("the log holds %d events, want those of before", n)
	}
	if resp := c.ask(batchReq("a", 1)); resp.GetSuccess() == nil { // the call goes on
		t.Errorf("the answer is %v", resp)
	}
}

func TestBatchAppendReadOnly(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{ReadOnly: true, Store: memory.New(memory.Options{})})
	c := b.batch()
	c.refused(c.ask(batchReq("a", 1)), codes.PermissionDenied, &shared.AccessDenied{})
}

func TestBatchAppendUnavailable(t *testing.T) {
	t.Parallel()

	store := memory.New(memory.Options{})
	b := serve(t, Config{Store: store})
	b.must(store.Close())
	c := b.batch()
	c.refused(c.ask(batchReq("a", 1)), codes.Unavailable, &emptypb.Empty{})
}

// Appends to one stream stand in the order in which they were sent, although
// appends to others are carried out beside them.
func TestBatchAppendKeepsOrder(t *testing.T) {
	t.Parallel()

	const n, kinds = 400, 4
	b := serve(t, Config{Store: durable(t)})
	c := b.batch()
	sent := make(map[es.Stream][]string)
	answered := make(chan error, 1)
	go func() {
		for range n {
			if _, err := c.Recv(); err != nil {
				answered <- err
				return
			}
		}
		answered <- nil
	}()
	for i := range n {
		stream := es.Stream(fmt.Sprint("s-", i%kinds))
		req := batchReq(stream, 1)
		sent[stream] = append(sent[stream], req.ProposedMessages[0].GetId().GetString_())
		b.must(c.Send(req))
	}
	b.must(<-answered)
	for stream, ids := range sent {
		var stood []string
		for _, e := range b.streamOf(stream) {
			stood = append(stood, e.ID.String())
		}
		if diff := cmp.Diff(ids, stood); diff != "" {
			t.Errorf("%s does not stand in order (-sent +stored):\n%s", stream, diff)
		}
	}
}

// What a client leaves unfinished is bounded.
func TestBatchAppendOpen(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	c := b.batch()
	for range maxBatchesOpen {
		req := batchReq("a", 1)
		req.IsFinal = false
		b.must(c.Send(req))
	}
	full := &shared.BadRequest{Message: "too many appends are open: finish one before the next"}
	c.refused(c.ask(batchReq("b", 1)), codes.InvalidArgument, full)

	c = b.batch()
	for range batchBytesFactor {
		req := batchReq("a", 1)
		req.ProposedMessages[0].Data = make([]byte, memory.MaxAppend-100)
		req.IsFinal = false
		b.must(c.Send(req))
	}
	req := batchReq("b", 1)
	req.ProposedMessages[0].Data = make([]byte, 1000)
	c.refused(c.ask(req), codes.InvalidArgument, full)
}

// Without a correlation id there is nobody to answer to.
func TestBatchAppendWithoutCorrelation(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	for _, id := range []*shared.UUID{nil, {}, {Value: &shared.UUID_String_{String_: "{01a21013-707f-739b-967a-f73419a2325d}"}}} {
		c := b.batch()
		req := batchReq("a", 1)
		req.CorrelationId = id
		b.must(c.Send(req))
		_, err := c.Recv()
		wantStatus(t, err, codes.InvalidArgument)
	}
}

// stalled is a store whose appends take as long as they may.
type stalled struct{ es.Store }

func (s stalled) Append(ctx context.Context, _ es.Stream, _ es.Expected, _ ...es.Event) (es.Appended, error) {
	<-ctx.Done()
	return es.Appended{}, fmt.Errorf("%w: %w", es.ErrUnavailable, ctx.Err())
}

// An append whose outcome nobody knows at the deadline is a time-out; one whose
// client leaves is given up.
func TestBatchAppendDeadline(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: stalled{memory.New(memory.Options{})}})
	c := b.batch()
	req := batchReq("a", 1)
	req.Options.DeadlineOption = &streams.BatchAppendReq_Options_Deadline{Deadline: durationpb.New(time.Millisecond)}
	c.refused(c.ask(req), codes.DeadlineExceeded, &shared.Timeout{})

	ctx, cancel := context.WithCancel(b.ctx)
	call, err := b.raw().BatchAppend(ctx)
	b.must(err)
	b.must(call.Send(batchReq("a", 1)))
	cancel()
	b.server.Stop(b.ctx)
}

// A stop does not wait for clients that keep their call open.
func TestBatchAppendStop(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	c := b.batch()
	c.ask(batchReq("a", 1))
	b.server.Stop(b.ctx)
	_, err := c.Recv()
	wantStatus(t, err, codes.Unavailable)
}

// faulty is a store whose appends to one stream end in a fault.
type faulty struct{ es.Store }

func (f faulty) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	if stream == "faulty" {
		panic("a fault")
	}
	return f.Store.Append(ctx, stream, expected, events...)
}

// A fault ends the append that it is in.
func TestBatchAppendFault(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: faulty{memory.New(memory.Options{})}})
	c := b.batch()
	c.refused(c.ask(batchReq("faulty", 1)), codes.Unknown, &shared.Unknown{})
	c.refused(c.ask(batchReq("faulty", 1)), codes.Unknown, &shared.Unknown{})
	if resp := c.ask(batchReq("a", 1)); resp.GetSuccess() == nil {
		t.Errorf("the answer is %v", resp)
	}
}
