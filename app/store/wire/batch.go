package wire

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"daybook/domain/es"
)

// BatchAppend takes any number of appends over one call, each in one or more
// parts. Appends to one stream are carried out in the order in which their last
// parts came, others beside each other.
func (s *service) BatchAppend(call streams.Streams_BatchAppendServer) error {
	if !s.appends.take() {
		return status.Error(codes.ResourceExhausted, "too many appends at once")
	}
	defer s.appends.give()

	b := &batch{service: s, call: call, open: make(map[uuid.UUID]*part), last: make(map[es.Stream]chan struct{}), busy: newSlots(maxBatchesAtOnce)}
	ended := make(chan error, 1)
	go func() { // which ends with this call at the latest
		err := errFault
		defer func() { ended <- err }()
		defer func() { b.contain(call.Context(), recover()) }()
		err = b.receive(call.Context())
	}()
	var err error
	select {
	case err = <-ended:
	case <-s.stopping:
		err = status.Error(codes.Unavailable, "the server is stopping")
	}
	b.finish()
	return err
}

// batch is one call of BatchAppend. What receive alone uses needs no lock.
type batch struct {
	*service

	call streams.Streams_BatchAppendServer
	open map[uuid.UUID]*part // appends that lack their last part
	held int                 // bytes of those
	busy slots               // one for each append that is being written

	sending sync.Mutex
	gone    bool // nothing may be sent any more

	mu       sync.Mutex
	finished bool
	writing  sync.WaitGroup
	last     map[es.Stream]chan struct{} // closed when the last append to the stream is done
}

// part is an append of which some has come.
type part struct {
	pending

	correlation *shared.UUID
	deadline    time.Time
}

// receive takes parts until the client has no more.
func (b *batch) receive(ctx context.Context) error {
	for {
		req, err := b.call.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := b.take(ctx, req); err != nil {
			return err
		}
	}
}

// take takes in one part. An error ends the call; what is wrong with one append
// is the answer to that one.
func (b *batch) take(ctx context.Context, req *streams.BatchAppendReq) error {
	id, err := idOf(req.GetCorrelationId())
	if err != nil {
		return err
	}
	p := b.open[id]
	if p == nil {
		if req.GetOptions() == nil { // a part of an append that was refused
			return nil
		}
		if p, err = b.begin(req); err != nil {
			return b.answer(failed(req.GetCorrelationId(), req.GetOptions().GetStreamIdentifier(), err))
		}
		b.open[id] = p
	}
	for _, message := range req.GetProposedMessages() {
		before := p.size
		err := p.add(message, b.store.MaxAppend())
		b.held += p.size - before
		if err == nil && b.held > batchBytesFactor*b.store.MaxAppend() {
			err = invalid("too many appends are open: finish one before the next")
		}
		if err != nil {
			b.close(id)
			return b.answer(failed(p.correlation, identifier(p.stream), err))
		}
	}
	if !req.GetIsFinal() {
		return nil
	}
	b.close(id)
	return b.write(ctx, p)
}

// close forgets an append that is complete or refused.
func (b *batch) close(id uuid.UUID) {
	b.held -= b.open[id].size
	delete(b.open, id)
}

// begin reads the first part of an append.
func (b *batch) begin(req *streams.BatchAppendReq) (*part, error) {
	options := req.GetOptions()
	switch {
	case b.readOnly:
		return nil, errReadOnly
	case len(b.open) == maxBatchesOpen:
		return nil, invalid("too many appends are open: finish one before the next")
	}
	stream, err := writableStream(options.GetStreamIdentifier())
	if err != nil {
		return nil, err
	}
	want, err := expectationOf(options, "expected_stream_position")
	if err != nil {
		return nil, err
	}
	deadline, err := deadlineOf(options)
	if err != nil {
		return nil, err
	}
	return &part{pending: pending{stream: stream, want: want}, correlation: req.GetCorrelationId(), deadline: deadline}, nil
}

// deadlineOf returns until when a client waits, at most maxWrite.
func deadlineOf(options *streams.BatchAppendReq_Options) (time.Time, error) {
	now := time.Now()
	latest, asked := now.Add(maxWrite), time.Time{}
	switch d := options.GetDeadlineOption().(type) {
	case *streams.BatchAppendReq_Options_Deadline:
		if !d.Deadline.IsValid() {
			return latest, invalid("the deadline is not a duration")
		}
		asked = now.Add(d.Deadline.AsDuration())
	case *streams.BatchAppendReq_Options_Deadline_21_10_0:
		if !d.Deadline_21_10_0.IsValid() {
			return latest, invalid("the deadline is not a time")
		}
		asked = d.Deadline_21_10_0.AsTime()
	default:
		return latest, nil
	}
	if asked.Before(latest) {
		return asked, nil
	}
	return latest, nil
}

// write carries an append out, after those to the same stream that came before.
func (b *batch) write(ctx context.Context, p *part) error {
	if !b.busy.wait(ctx.Done()) {
		return ctx.Err()
	}
	before, done, ok := b.enter(p.stream)
	if !ok {
		b.busy.give()
		return nil
	}
	go func() {
		defer b.writing.Done()
		defer b.busy.give()
		defer b.leave(p.stream, done)
		if before != nil {
			<-before
		}
		_ = b.answer(b.resultOf(ctx, p)) // a client that cannot hear it has left, which receive finds out
	}()
	return nil
}

// enter puts an append last in the queue of its stream. It refuses when the call
// is over.
func (b *batch) enter(stream es.Stream) (before, done chan struct{}, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.finished {
		return nil, nil, false
	}
	b.writing.Add(1)
	before, done = b.last[stream], make(chan struct{})
	b.last[stream] = done
	return before, done, true
}

func (b *batch) leave(stream es.Stream, done chan struct{}) {
	close(done)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last[stream] == done {
		delete(b.last, stream)
	}
}

// finish waits for the appends under way and lets no other begin. Afterwards
// nothing is sent: the call is over, though receive may not know it yet.
func (b *batch) finish() {
	b.mu.Lock()
	b.finished = true
	b.mu.Unlock()
	b.writing.Wait()
	b.sending.Lock()
	b.gone = true
	b.sending.Unlock()
}

// resultOf carries an append out and returns the answer, whatever comes.
func (b *batch) resultOf(ctx context.Context, p *part) (answer *streams.BatchAppendResp) {
	answer = failed(p.correlation, identifier(p.stream), errFault)
	defer func() { b.contain(ctx, recover()) }()
	return b.result(ctx, p)
}

// contain takes a fault in a goroutine of this call, which the guard does not
// see, and tells the log.
func (b *batch) contain(ctx context.Context, fault any) {
	if fault != nil {
		reportFault(ctx, b.logger, streams.Streams_BatchAppend_FullMethodName, fault)
	}
}

func (b *batch) result(ctx context.Context, p *part) *streams.BatchAppendResp {
	ctx, cancel := context.WithDeadline(ctx, p.deadline)
	defer cancel()
	at, err := b.append(ctx, p.pending)
	if err == nil {
		return succeeded(p, at)
	}
	if errors.Is(err, es.ErrConflict) {
		now, stateErr := b.stateOf(ctx, p.stream)
		if stateErr == nil {
			return conflicted(p, now)
		}
		err = stateErr
	}
	if ctx.Err() == nil && errors.Is(err, es.ErrUnavailable) {
		b.logger.WarnContext(ctx, "the store did not answer a batch append of the EventStoreDB protocol", "error", err)
	}
	return failed(p.correlation, identifier(p.stream), err)
}

// answer sends one answer.
func (b *batch) answer(resp *streams.BatchAppendResp) error {
	b.sending.Lock()
	defer b.sending.Unlock()
	if b.gone {
		return nil
	}
	return b.call.Send(resp)
}
