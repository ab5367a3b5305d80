package wire

import (
	"context"
	"fmt"
	"iter"
	"math"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"daybook/app/store/memory"
	"daybook/domain/es"
)

// heard is what a subscriber heard, in a form to compare.
type heard []string

func said(e *esdb.RecordedEvent) string { return fmt.Sprintf("%s@%d", e.StreamID, e.EventNumber) }

// listen follows a subscription until it has heard n messages.
func (b *bench) listen(sub *esdb.Subscription, n int) (all heard) {
	b.Helper()
	for len(all) < n {
		all = append(all, b.next(sub))
	}
	return all
}

func (b *bench) next(sub *esdb.Subscription) string {
	b.Helper()
	switch m := sub.Recv(); {
	case m.EventAppeared != nil:
		return said(m.EventAppeared.Event)
	case m.CheckPointReached != nil:
		return fmt.Sprintf("checkpoint %d", m.CheckPointReached.Commit)
	case m.CaughtUp != nil:
		return "caught up"
	case m.FellBehind != nil:
		return "fell behind"
	default:
		b.Fatalf("the subscription says %+v", m.SubscriptionDropped)
		return ""
	}
}

func (b *bench) hears(sub *esdb.Subscription, want ...string) {
	b.Helper()
	if diff := cmp.Diff(heard(want), b.listen(sub, len(want))); diff != "" {
		b.Fatalf("the subscriber heard (-want +got):\n%s", diff)
	}
}

func (b *bench) toAll(o esdb.SubscribeToAllOptions) *esdb.Subscription {
	b.Helper()
	sub, err := b.plain().SubscribeToAll(b.ctx, o)
	b.must(err)
	b.Cleanup(func() { _ = sub.Close() })
	return sub
}

func (b *bench) toStream(stream string, from esdb.StreamPosition) *esdb.Subscription {
	b.Helper()
	sub, err := b.plain().SubscribeToStream(b.ctx, stream, esdb.SubscribeToStreamOptions{From: from})
	b.must(err)
	b.Cleanup(func() { _ = sub.Close() })
	return sub
}

func at(p es.Position) esdb.Position { return esdb.Position{Commit: uint64(p), Prepare: uint64(p)} }

func TestSubscribeToAll(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	b.hears(b.toAll(esdb.SubscribeToAllOptions{From: esdb.Start{}}), "caught up")
	b.stored("a", events(2)...)
	b.stored("$$a", es.Event{ID: events(1)[0].ID, Type: es.TypeMetadata, Data: []byte("{}")})
	log := b.log()

	fromStart := b.toAll(esdb.SubscribeToAllOptions{From: esdb.Start{}})
	b.hears(fromStart, "a@0", "a@1", "$$a@0", "caught up")
	after := b.toAll(esdb.SubscribeToAllOptions{From: at(log[0].Position)})
	b.hears(after, "a@1", "$$a@0", "caught up")
	before := b.toAll(esdb.SubscribeToAllOptions{From: esdb.Position{Commit: uint64(log[1].Position), Prepare: 0}})
	b.hears(before, "a@1", "$$a@0", "caught up")
	fromEnd := b.toAll(esdb.SubscribeToAllOptions{From: esdb.End{}})

	b.stored("b", events(1)...)
	b.must(b.store.Tombstone(b.ctx, "a"))
	tombstone := fmt.Sprintf("a@%d", int64(math.MaxInt64))
	for _, sub := range []*esdb.Subscription{fromStart, after, before} {
		b.hears(sub, "b@0", tombstone)
	}
	for _, want := range []string{"b@0", tombstone} { // it caught up before these, between them, or after
		if got := b.next(fromEnd); got != want && (got != "caught up" || b.next(fromEnd) != want) {
			t.Errorf("from the end the subscriber heard %s, want %s", got, want)
		}
	}
}

// late is a store that takes its time before it begins to look.
type late struct {
	es.Store
	begin chan struct{}
}

func (l late) Subscribe(ctx context.Context, from es.Position, f es.Filter) iter.Seq2[es.Batch, error] {
	return func(yield func(es.Batch, error) bool) {
		<-l.begin
		l.Store.Subscribe(ctx, from, f)(yield)
	}
}

// Nothing that is appended once a subscription was confirmed is missed, even if
// the store begins to look only later.
func TestSubscribeFromEndMissesNothing(t *testing.T) {
	t.Parallel()

	store := late{memory.New(memory.Options{}), make(chan struct{})}
	b := serve(t, Config{Store: store})
	b.stored("a", events(1)...)
	all, stream := b.toAll(esdb.SubscribeToAllOptions{From: esdb.End{}}), b.toStream("a", esdb.End{})
	b.stored("a", events(1)...)
	close(store.begin)
	b.hears(all, "a@1", "caught up")
	b.hears(stream, "a@1", "caught up")
}

func TestSubscribeFiltered(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	for i := range 8 {
		stream := []es.Stream{"order-1", "person-1"}[i%2]
		b.stored(stream, event([]string{"Made", "Mended"}[i/4], "{}"))
	}
	for name, c := range map[string]struct {
		filter esdb.SubscriptionFilter
		want   []string
	}{
		"streams by prefix":     {esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"person-", "none"}}, []string{"person-1@0", "person-1@1", "person-1@2", "person-1@3"}},
		"streams by expression": {esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Regex: `^p\w+-\d$`}, []string{"person-1@0", "person-1@1", "person-1@2", "person-1@3"}},
		"types by prefix":       {esdb.SubscriptionFilter{Type: esdb.EventFilterType, Prefixes: []string{"Mend"}}, []string{"order-1@2", "person-1@2", "order-1@3", "person-1@3"}},
		"types by expression":   {esdb.SubscriptionFilter{Type: esdb.EventFilterType, Regex: "end"}, []string{"order-1@2", "person-1@2", "order-1@3", "person-1@3"}},
		"no system events":      {*esdb.ExcludeSystemEventsFilter(), []string{"order-1@0", "person-1@0", "order-1@1", "person-1@1", "order-1@2", "person-1@2", "order-1@3", "person-1@3"}},
	} {
		t.Log(name)
		// An interval that this log does not reach: one checkpoint, where history ends.
		sub := b.toAll(esdb.SubscribeToAllOptions{From: esdb.Start{}, Filter: &c.filter, MaxSearchWindow: 1000})
		b.hears(sub, c.want...)
		b.hears(sub, fmt.Sprintf("checkpoint %d", b.headAt()), "caught up")
	}
	subs := map[string]*esdb.Subscription{}
	for name, f := range map[string]esdb.SubscriptionFilter{
		"prefix":     {Type: esdb.StreamFilterType, Prefixes: []string{"person-"}},
		"expression": {Type: esdb.EventFilterType, Regex: "^Mended$"},
	} {
		subs[name] = b.toAll(esdb.SubscribeToAllOptions{From: at(b.headAt()), Filter: &f, MaxSearchWindow: 1000})
		b.hears(subs[name], "caught up") // without a checkpoint, as nothing was searched
	}
	b.stored("order-1", event("Broken", "{}"))
	b.stored("person-1", event("Mended", "{}"))
	for name, sub := range subs {
		if got := b.next(sub); got != "person-1@4" {
			t.Errorf("by %s: heard %s", name, got)
		}
	}
}

func (b *bench) headAt() es.Position {
	b.Helper()
	head, err := b.store.Head(b.ctx)
	b.must(err)
	return head
}

// Where a filter leaves everything out, checkpoints say how far the search came.
func TestCheckpoints(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	b.stored("a", events(1000)...)
	for _, f := range []esdb.SubscriptionFilter{
		{Type: esdb.StreamFilterType, Prefixes: []string{"none"}},
		{Type: esdb.StreamFilterType, Regex: "^none"},
		{Type: esdb.EventFilterType, Prefixes: []string{"None"}},
	} {
		sub := b.toAll(esdb.SubscribeToAllOptions{From: esdb.Start{}, Filter: &f, MaxSearchWindow: 32, CheckpointInterval: 4})
		var last uint64
		for m := sub.Recv(); m.CaughtUp == nil; m = sub.Recv() {
			if m.CheckPointReached == nil || m.CheckPointReached.Commit <= last {
				t.Fatalf("after the checkpoint %d comes %+v", last, m)
			}
			last = m.CheckPointReached.Commit
		}
		if last != uint64(b.headAt()) {
			t.Errorf("caught up at %d, the log ends at %d", last, b.headAt())
		}
	}
	sub := b.toAll(esdb.SubscribeToAllOptions{From: at(b.headAt()), Filter: &esdb.SubscriptionFilter{Type: esdb.EventFilterType, Regex: "None"}, MaxSearchWindow: 10})
	b.hears(sub, "caught up")
	b.stored("a", events(9)...)
	b.stored("a", events(1)...)
	b.hears(sub, fmt.Sprintf("checkpoint %d", b.headAt()))
	b.stored("a", events(25)...)
	head := b.headAt()
	b.hears(sub, fmt.Sprintf("checkpoint %d", head-15), fmt.Sprintf("checkpoint %d", head-5))
}

func TestSubscribeToStream(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	early := b.toStream("a", esdb.Start{}) // before there is such a stream
	b.hears(early, "caught up")
	b.stored("a", events(3)...)
	b.stored("ab", events(3)...)
	b.hears(early, "a@0", "a@1", "a@2")
	start, second, newest, beyond := b.toStream("a", esdb.Start{}), b.toStream("a", esdb.Revision(0)), b.toStream("a", esdb.Revision(2)), b.toStream("a", esdb.Revision(3))
	b.hears(start, "a@0", "a@1", "a@2", "caught up")
	b.hears(second, "a@1", "a@2", "caught up")
	b.hears(newest, "caught up")
	b.hears(beyond, "caught up")
	end := b.toStream("a", esdb.End{})
	b.hears(end, "caught up")

	b.stored("ab", events(1)...)
	b.stored("a", events(2)...)
	for _, sub := range []*esdb.Subscription{early, start, second, newest, end} {
		b.hears(sub, "a@3", "a@4")
	}
	b.hears(beyond, "a@4")

	b.must(b.store.Tombstone(b.ctx, "a"))
	for _, sub := range []*esdb.Subscription{early, start, second, newest, beyond, end, b.toStream("a", esdb.Start{}), b.toStream("a", esdb.End{})} {
		m := sub.Recv()
		if m.SubscriptionDropped == nil {
			t.Fatalf("after the tombstone comes %+v", m)
		}
		wantStatus(t, m.SubscriptionDropped.Error, codes.FailedPrecondition)
	}
}

// scripted is a store whose subscriptions yield what a test says.
type scripted struct {
	es.Store
	batches []es.Batch
}

func (s scripted) Subscribe(ctx context.Context, _ es.Position, _ es.Filter) iter.Seq2[es.Batch, error] {
	return func(yield func(es.Batch, error) bool) {
		for _, batch := range s.batches {
			if !yield(batch, nil) {
				return
			}
		}
		<-ctx.Done()
		yield(es.Batch{}, ctx.Err())
	}
}

// A subscriber that caught up and then has more before it than one batch of the
// store is told so, before those events, and again when it caught up.
func TestSubscriberFallsBehind(t *testing.T) {
	t.Parallel()

	var batches []es.Batch
	for i, caughtUp := range []bool{false, true, true, false, false, true} {
		e := es.Recorded{Event: events(1)[0], Stream: "a", Revision: es.Revision(i), Position: es.Position(i + 1)}
		batches = append(batches, es.Batch{Events: []es.Recorded{e}, Next: e.Position, CaughtUp: caughtUp})
	}
	store := memory.New(memory.Options{})
	t.Cleanup(func() { _ = store.Close() })
	b := serve(t, Config{Store: scripted{store, batches}})
	for _, sub := range []*esdb.Subscription{b.toAll(esdb.SubscribeToAllOptions{From: esdb.Start{}}), b.toStream("a", esdb.Start{})} {
		b.hears(sub, "a@0", "a@1", "caught up", "a@2", "fell behind", "a@3", "a@4", "a@5", "caught up")
	}
}

// A subscription that begins while others write hears each event once, in order.
func TestSubscribeWhileOthersWrite(t *testing.T) {
	t.Parallel()

	const writers, each = 4, 100
	b := serve(t, Config{Store: durable(t)})
	failed := make(chan error, writers)
	for range writers {
		go func() {
			for range each {
				if _, err := b.store.Append(b.ctx, "a", es.Any(), events(1)...); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for _, sub := range []*esdb.Subscription{b.toStream("a", esdb.Start{}), b.toAll(esdb.SubscribeToAllOptions{From: esdb.Start{}})} {
		for i := 0; i < writers*each; {
			switch got := b.next(sub); got {
			case "caught up", "fell behind":
			case fmt.Sprintf("a@%d", i):
				i++
			default:
				t.Fatalf("after %d events the subscriber heard %s", i, got)
			}
		}
	}
	for range writers {
		b.must(<-failed)
	}
}

func TestSubscriptionEnds(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	ctx, cancel := context.WithCancel(b.ctx)
	sub, err := b.plain().SubscribeToAll(ctx, esdb.SubscribeToAllOptions{From: esdb.Start{}})
	b.must(err)
	b.hears(sub, "caught up")
	cancel()
	if m := sub.Recv(); m.SubscriptionDropped == nil {
		t.Errorf("after the end comes %+v", m)
	}

	all, stream := b.toAll(esdb.SubscribeToAllOptions{From: esdb.Start{}}), b.toStream("a", esdb.End{})
	b.hears(all, "caught up")
	b.hears(stream, "caught up")
	b.server.Stop(b.ctx)
	for _, sub := range []*esdb.Subscription{all, stream} {
		m := sub.Recv()
		if m.SubscriptionDropped == nil {
			t.Fatalf("after the stop comes %+v", m)
		}
		wantStatus(t, m.SubscriptionDropped.Error, codes.Unavailable)
	}
	if _, err := b.store.Head(b.ctx); err != nil { // the store is not the server's to close
		t.Error(err)
	}
}

// Subscribers and readers that do not read hold up nobody, and are cut off by a
// stop.
func TestSlowClients(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{Store: durable(t)})
	large := event("Large", "")
	large.Data = make([]byte, 1<<20)
	b.stored("a", large)
	for range 7 {
		again := large
		again.ID = events(1)[0].ID
		b.stored("a", again)
	}
	client := b.raw()
	for range 20 {
		_, err := client.Read(b.ctx, subscribeReq())
		b.must(err)
		_, err = client.Read(b.ctx, readAllReq(1000))
		b.must(err)
	}
	_, err := b.plain().AppendToStream(b.ctx, "a", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, proposal("Happened", "{}"))
	b.must(err)
	all := b.all(b.plain().ReadAll(b.ctx, esdb.ReadAllOptions{From: esdb.Start{}}, 1000))
	b.same(all, b.log())

	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	b.server.Stop(ctx)
}

func TestTooManySubscriptions(t *testing.T) {
	t.Parallel()

	b := serve(t, Config{})
	client := b.raw()
	for range maxSubscriptions {
		call, err := client.Read(b.ctx, subscribeReq())
		b.must(err)
		_, err = call.Recv()
		b.must(err)
	}
	call, err := client.Read(b.ctx, subscribeReq())
	b.must(err)
	_, err = call.Recv()
	wantStatus(t, err, codes.ResourceExhausted)
	if got := len(b.rawEvents(client, readAllReq(1))); got != 0 { // reads have slots of their own
		t.Errorf("%d events", got)
	}
}
