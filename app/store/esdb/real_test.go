package esdb

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"daybook/app/store/memory"
	"daybook/domain/es"
)

// What real servers do and the wire server does not, as far as it is known.

// answer is an event as a server sends it.
func answer(stream string, revision, commit uint64) *streams.ReadResp {
	return &streams.ReadResp{Content: &streams.ReadResp_Event{Event: &streams.ReadResp_ReadEvent{
		Event: &streams.ReadResp_ReadEvent_RecordedEvent{
			Id:               &shared.UUID{Value: &shared.UUID_String_{String_: one("").ID.String()}},
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)},
			StreamRevision:   revision, CommitPosition: commit, PreparePosition: commit,
			Metadata: map[string]string{"type": "Happened", "content-type": "application/json", "created": "1"},
		},
	}}}
}

// A filtered subscription that caught up has passed all that was stored before,
// also where the server does not say so, and whatever nonsense its checkpoint is.
func TestCaughtUpWithoutACheckpoint(t *testing.T) {
	t.Parallel()

	store := connect(t, (&fake{read: func(request *streams.ReadReq, call streams.Streams_ReadServer) error {
		if request.GetOptions().GetSubscription() == nil {
			return call.Send(answer("other-1", 7, 41))
		}
		for _, said := range []*streams.ReadResp{
			{Content: &streams.ReadResp_Confirmation{Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: "1"}}},
			{Content: &streams.ReadResp_Checkpoint_{Checkpoint: &streams.ReadResp_Checkpoint{CommitPosition: math.MaxUint64, PreparePosition: math.MaxUint64}}},
			answer("a-1", 3, 10), // it was asked to begin after this one
			{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}},
		} {
			if err := call.Send(said); err != nil {
				return err
			}
		}
		<-call.Context().Done()
		return nil
	}}).start(t), Options{})
	for batch, err := range store.Subscribe(t.Context(), 11, es.Filter{StreamPrefixes: []string{"a-"}}) {
		if err != nil {
			t.Fatal(err)
		}
		if want := (es.Batch{Next: 42, CaughtUp: true}); batch.Next != want.Next || !batch.CaughtUp || len(batch.Events) > 0 {
			t.Errorf("got %+v, want %+v", batch, want)
		}
		return
	}
}

// The first event of a log may be at 0, and a server may begin a page of the log
// with the event that it was asked to begin after.
func TestPositionsOfAServer(t *testing.T) {
	t.Parallel()

	store := connect(t, (&fake{read: func(request *streams.ReadReq, call streams.Streams_ReadServer) error {
		all := request.GetOptions().GetAll()
		from := uint64(0)
		if at := all.GetPosition(); at != nil {
			from = at.GetCommitPosition()
		}
		for commit := from; commit < 3; commit++ {
			if err := call.Send(answer("a-1", commit, commit)); err != nil {
				return err
			}
		}
		return nil
	}}).start(t), Options{})
	for from := range es.Position(4) {
		next := from + 1
		for e, err := range store.ReadAll(t.Context(), from, es.Forward) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Position != next || e.Revision != es.Revision(next-1) {
				t.Errorf("after %d: revision %d at %d, want it at %d", from, e.Revision, e.Position, next)
			}
			next++
		}
		if next != 4 {
			t.Errorf("after %d the log ends before %d", from, next)
		}
	}
}

// An event may be as large as a page, and stand where the next page begins.
func TestEventsAsLargeAsAPage(t *testing.T) {
	t.Parallel()

	served := newMemory(t, memory.Options{})
	for range 3 {
		large := one("")
		large.Data = make([]byte, pageBytes-len(large.Type)-len(large.Metadata))
		must(t, served, "a-1", es.Any(), large)
	}
	store := connect(t, serve(t, served).address, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for dir, c := range map[es.Direction]struct {
		from es.Position
		want []es.Revision
	}{
		es.Forward:  {es.Start, []es.Revision{0, 1, 2}},
		es.Backward: {es.End, []es.Revision{2, 1, 0}},
	} {
		var got []es.Revision
		for e, err := range store.ReadAll(ctx, c.from, dir) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e.Revision)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("direction %d: read %d, want %d", dir, got, c.want)
		}
	}
}

// An event that is none is an answer that cannot be read, and no more.
func TestEventsThatAreNone(t *testing.T) {
	t.Parallel()

	var enough context.CancelFunc // called at the second time
	var times int
	none := func(call streams.Streams_ReadServer) error {
		if times++; times == 2 {
			enough()
		}
		return call.Send(&streams.ReadResp{Content: &streams.ReadResp_Event{Event: &streams.ReadResp_ReadEvent{}}})
	}
	read := func(_ *streams.ReadReq, call streams.Streams_ReadServer) error { return none(call) }
	subscribe := func(request *streams.ReadReq, call streams.Streams_ReadServer) error {
		if request.GetOptions().GetSubscription() == nil { // where the log ends
			return nil
		}
		confirmed := &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: "1"}
		if err := call.Send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{Confirmation: confirmed}}); err != nil {
			return err
		}
		return none(call)
	}
	fake := &fake{read: nothing}
	store := connect(t, fake.start(t), Options{})
	for name, answer := range map[string]func(*streams.ReadReq, streams.Streams_ReadServer) error{
		"Head": read, "ReadStream": read, "ReadAll": read, "Subscribe": subscribe,
	} {
		ctx, cancel := context.WithCancel(t.Context())
		enough, fake.read, times = cancel, answer, 0
		if err := calls(store)[name](ctx); !errors.Is(err, es.ErrUnavailable) || times < 2 {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}

// A server that knows the events already may say so without saying where.
func TestSuccessWithoutAPosition(t *testing.T) {
	t.Parallel()

	store := connect(t, (&fake{
		append: func(call streams.Streams_AppendServer) error {
			return call.SendAndClose(&streams.AppendResp{Result: &streams.AppendResp_Success_{Success: &streams.AppendResp_Success{
				CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: 5},
				PositionOption:        &streams.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}},
			}}})
		},
		read: func(request *streams.ReadReq, call streams.Streams_ReadServer) error {
			return call.Send(answer("a-1", request.GetOptions().GetStream().GetRevision(), 99))
		},
	}).start(t), Options{})
	if at := must(t, store, "a-1", es.Any(), one("a")); at != (es.Appended{Revision: 5, Position: 100}) {
		t.Errorf("it stands at %+v", at)
	}
}
