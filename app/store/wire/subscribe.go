package wire

import (
	"context"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"daybook/domain/es"
)

// subscribe answers a read that goes on: first a confirmation, then what is
// stored, then that the client caught up, then what comes, until the client
// leaves or the server stops.
func (r *reader) subscribe(ctx context.Context, options *streams.ReadReq_Options) error {
	filter, err := filterOf(options)
	switch {
	case err != nil:
		return err
	case options.GetReadDirection() != streams.ReadReq_Options_Forwards:
		return invalid("a subscription goes forward")
	case !r.subscriptions.take():
		return status.Error(codes.ResourceExhausted, "too many subscriptions at once")
	}
	defer r.subscriptions.give()
	ctx, cancel := r.untilStop(ctx)
	defer cancel()

	switch option := options.GetStreamOption().(type) {
	case *streams.ReadReq_Options_All:
		return r.followAll(ctx, option.All, filter)
	case *streams.ReadReq_Options_Stream:
		if options.GetFilter() != nil {
			return invalid("only $all can be filtered")
		}
		return r.followStream(ctx, option.Stream)
	default:
		return invalid("neither a stream nor $all is asked for")
	}
}

// untilStop returns a context that also ends when the server stops.
func (s *service) untilStop(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-s.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// confirm is the first that a subscriber hears: from here on, nothing is missed.
func (r *reader) confirm() error {
	return r.call.Send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{
		Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: uuid.NewString()},
	}})
}

// tell tells a subscriber that it caught up, or fell behind, where that is news.
func (r *reader) tell(end bool) error {
	if end == r.caughtUp {
		return nil
	}
	r.caughtUp = end
	if end {
		return r.call.Send(&streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}})
	}
	return r.call.Send(&streams.ReadResp{Content: &streams.ReadResp_FellBehind_{FellBehind: &streams.ReadResp_FellBehind{}}})
}

func (r *reader) checkpoint(at es.Position) error {
	return r.call.Send(&streams.ReadResp{Content: &streams.ReadResp_Checkpoint_{Checkpoint: &streams.ReadResp_Checkpoint{
		CommitPosition: uint64(at), PreparePosition: uint64(at),
	}}})
}

// followAll serves a subscription to $all.
func (r *reader) followAll(ctx context.Context, options *streams.ReadReq_Options_AllOptions, filter filter) error {
	if filter.selects() && filter.interval == 0 {
		return invalid("the filter asks for a checkpoint after every 0 events")
	}
	from, err := positionOf(options, upAfter)
	if err != nil {
		return err
	}
	if from == es.End { // before the confirmation, so that what follows it is not missed
		if from, err = r.store.Head(ctx); err != nil {
			return r.fail(ctx, "$all", err)
		}
	}
	if err := r.confirm(); err != nil {
		return err
	}
	f := follower{reader: r, filter: filter, told: from}
	for batch, err := range r.store.Subscribe(ctx, from, filter.pushed()) {
		if err != nil {
			return r.fail(ctx, "$all", err)
		}
		if err := f.pass(batch); err != nil {
			return err
		}
	}
	return nil
}

// follower is a subscription to $all under way.
type follower struct {
	*reader

	filter filter
	told   es.Position // the last checkpoint, or where the subscription began
}

// pass passes on one batch.
func (f *follower) pass(batch es.Batch) error {
	if !batch.CaughtUp {
		if err := f.tell(false); err != nil {
			return err
		}
	}
	for i := range batch.Events {
		e := &batch.Events[i]
		if f.filter.matches(e) {
			if err := f.send(e); err != nil {
				return err
			}
		}
		if err := f.reached(e.Position); err != nil {
			return err
		}
	}
	if err := f.reached(batch.Next); err != nil || !batch.CaughtUp || f.caughtUp {
		return err
	}
	if err := f.settle(batch.Next); err != nil {
		return err
	}
	return f.tell(true)
}

// reached sends a checkpoint if the interval is over.
func (f *follower) reached(at es.Position) error {
	if f.filter.interval == 0 || uint64(at-f.told) < f.filter.interval {
		return nil
	}
	f.told = at
	return f.checkpoint(at)
}

// settle sends a checkpoint where history ends.
func (f *follower) settle(at es.Position) error {
	if f.filter.interval == 0 || at == f.told {
		return nil
	}
	f.told = at
	return f.checkpoint(at)
}

// followStream serves a subscription to one stream: what it holds is read, what
// comes is taken from the log. Both overlap; revisions tell what was sent.
func (r *reader) followStream(ctx context.Context, options *streams.ReadReq_Options_StreamOptions) error {
	stream, err := streamOf(options.GetStreamIdentifier())
	if err != nil {
		return err
	}
	next, err := revisionOf(options)
	if err != nil {
		return err
	}
	head, err := r.store.Head(ctx)
	if err != nil {
		return r.fail(ctx, stream, err)
	}
	if err := r.confirm(); err != nil {
		return err
	}
	if _, after := options.GetRevisionOption().(*streams.ReadReq_Options_StreamOptions_Revision); after && next != es.LastRevision {
		next++
	}
	if next, err = r.history(ctx, stream, next); err != nil {
		return r.fail(ctx, stream, err)
	}
	if err := r.live(ctx, stream, next, head); err != nil {
		return r.fail(ctx, stream, err)
	}
	return nil
}

// history sends what a stream holds from a revision on, and returns the revision
// that comes next. From the end it sends nothing.
func (r *reader) history(ctx context.Context, stream es.Stream, next es.Revision) (es.Revision, error) {
	if next == es.LastRevision {
		_, err := r.newest(ctx, stream) // which tells of a tombstone
		return es.FirstRevision, err
	}
	cut, err := r.cutOf(ctx, stream)
	if err != nil {
		return next, err
	}
	for e, err := range r.store.ReadStream(ctx, stream, max(next, cut.first), es.Forward) {
		if err != nil {
			return next, err
		}
		next = e.Revision + 1
		if cut.hides(&e) {
			continue
		}
		if err := r.send(&e); err != nil {
			return next, err
		}
	}
	return next, nil
}

// live sends what is appended to a stream after from, from revision next on.
func (r *reader) live(ctx context.Context, stream es.Stream, next es.Revision, from es.Position) error {
	for batch, err := range r.store.Subscribe(ctx, from, es.Filter{StreamPrefixes: []string{string(stream)}}) {
		if err != nil {
			return err
		}
		if !batch.CaughtUp {
			if err := r.tell(false); err != nil {
				return err
			}
		}
		for i := range batch.Events {
			e := &batch.Events[i]
			switch {
			case e.Stream != stream || e.Revision < next:
				continue
			case e.Revision == es.TombstoneRevision:
				return es.ErrStreamDeleted
			}
			if err := r.send(e); err != nil {
				return err
			}
			next = e.Revision + 1
		}
		if batch.CaughtUp {
			if err := r.tell(true); err != nil {
				return err
			}
		}
	}
	return nil
}
