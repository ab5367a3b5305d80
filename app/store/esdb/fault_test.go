package esdb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"daybook/app/store/memory"
	"daybook/domain/es"
)

// forgetful answers some appends that it took as if it had not.
type forgetful struct {
	es.Store
	takes  atomic.Int64 // appends that reach the store
	forget atomic.Int64 // how many of the next answers are lost
}

func (f *forgetful) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	f.takes.Add(1)
	at, err := f.Store.Append(ctx, stream, expected, events...)
	if err == nil && f.forget.Add(-1) >= 0 {
		return es.Appended{}, es.ErrUnavailable
	}
	return at, err
}

// An append whose answer was lost is settled, and where any revision will do,
// by looking: what is there is not sent again.
func TestLostAnswers(t *testing.T) {
	t.Parallel()

	for name, expected := range map[string]es.Expected{
		"any": es.Any(), "no stream": es.NoStream(), "exactly": es.Exactly(2),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			served := &forgetful{Store: newMemory(t, memory.Options{})}
			store := connect(t, serve(t, served).address, Options{timing: impatient()})
			first := es.FirstRevision
			if !expected.IsNoStream() {
				must(t, store, "a-1", es.NoStream(), one("0"), one("1"), one("2"))
				first = 3
			}
			served.takes.Store(0)
			served.forget.Store(1)
			events := []es.Event{one("a"), one("b")}
			at := must(t, store, "a-1", expected, events...)
			if at.Revision != first+1 {
				t.Errorf("they end at revision %d, want %d", at.Revision, first+1)
			}
			if again := must(t, store, "a-1", expected, events...); again != at {
				t.Errorf("the repeat says %+v, the first said %+v", again, at)
			}
			head, err := store.Head(t.Context())
			if err != nil || head != at.Position {
				t.Errorf("the head is %d, %v, the append said %d", head, err, at.Position)
			}
			if n := served.takes.Load(); expected.IsAny() && n != 2 {
				t.Errorf("the server got %d appends, want one and the repeat", n)
			}
		})
	}
}

// An append that was given up is looked for when it is repeated.
func TestRepeatOfWhatWasGivenUp(t *testing.T) {
	t.Parallel()

	served := &forgetful{Store: newMemory(t, memory.Options{})}
	store := connect(t, serve(t, served).address, Options{timing: impatient()})
	must(t, store, "a-1", es.Any(), one("before"))
	e := one("a")
	ctx, cancel := context.WithCancel(t.Context())
	gate := &gated{Store: served.Store, taken: cancel}
	served.Store = gate
	if _, err := store.Append(ctx, "a-1", es.Any(), e); !errors.Is(err, es.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Fatalf("append: %v", err)
	}
	served.takes.Store(0)
	must(t, store, "a-1", es.Any(), one("between"))
	if at := must(t, store, "a-1", es.Any(), e); at.Revision != 1 {
		t.Errorf("the repeat stands at revision %d, want 1", at.Revision)
	}
	if n := served.takes.Load(); n != 1 {
		t.Errorf("the server got %d appends, want the one between", n)
	}
	if store.doubts.has(e.ID) {
		t.Error("the append is still doubted")
	}
}

// gated ends the caller's context once it took an append.
type gated struct {
	es.Store
	taken context.CancelFunc
}

func (g *gated) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	at, err := g.Store.Append(context.WithoutCancel(ctx), stream, expected, events...)
	g.taken()
	return at, err
}

// In doubt as otherwise: a conflict is one, a part is one, another order is one.
func TestSettlingFindsConflicts(t *testing.T) {
	t.Parallel()

	store := connect(t, serve(t, newMemory(t, memory.Options{})).address, Options{})
	a, b, c := one("a"), one("b"), one("c")
	must(t, store, "a-1", es.NoStream(), a, b, c)
	for name, p := range map[string]struct {
		expected es.Expected
		events   []es.Event
	}{
		"a part":              {es.Any(), []es.Event{b, one("new")}},
		"a part, the new one": {es.Any(), []es.Event{one("new"), b}},
		"another order":       {es.Any(), []es.Event{b, a}},
		"with a gap":          {es.Any(), []es.Event{a, c}},
		"too late":            {es.NoStream(), []es.Event{one("new")}},
		"at another place":    {es.Exactly(1), []es.Event{b}},
		"far beyond":          {es.Exactly(es.LastRevision), []es.Event{b}},
	} {
		store.doubts.add(p.events[0].ID)
		if at, err := store.Append(t.Context(), "a-1", p.expected, p.events...); !errors.Is(err, es.ErrConflict) {
			t.Errorf("%s: %+v, %v", name, at, err)
		}
	}
	for name, p := range map[string]struct {
		expected es.Expected
		events   []es.Event
		want     es.Revision
	}{
		"all":            {es.Any(), []es.Event{a, b, c}, 2},
		"the middle":     {es.Any(), []es.Event{b}, 1},
		"at the place":   {es.Exactly(0), []es.Event{b, c}, 2},
		"from the start": {es.NoStream(), []es.Event{a}, 0},
		"new":            {es.Any(), []es.Event{one("new")}, 3},
	} {
		store.doubts.add(p.events[0].ID)
		if at, err := store.Append(t.Context(), "a-1", p.expected, p.events...); err != nil || at.Revision != p.want {
			t.Errorf("%s: %+v, %v, want revision %d", name, at, err, p.want)
		}
	}
	fresh := one("fresh")
	store.doubts.add(fresh.ID)
	if at := must(t, store, "b-1", es.Any(), fresh); at.Revision != 0 {
		t.Errorf("in a stream that was not there: %+v", at)
	}
}

func must(t *testing.T, store es.Store, stream es.Stream, expected es.Expected, events ...es.Event) es.Appended {
	t.Helper()
	at, err := store.Append(t.Context(), stream, expected, events...)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// A server that refuses before it has read the request: the client mostly says
// EOF, the caller hears the reason.
func TestEarlyRefusal(t *testing.T) {
	t.Parallel()

	server := serve(t, newMemory(t, memory.Options{}))
	server.stop()
	server.config.ReadOnly = true
	server.start()
	store := connect(t, server.address, Options{})
	for range 20 {
		large := []es.Event{one(strings.Repeat("x", 200_000)), one(strings.Repeat("y", 200_000))}
		_, err := store.Append(t.Context(), "a-1", es.Any(), large...)
		if !errors.Is(err, es.ErrUnavailable) || !strings.Contains(err.Error(), "PermissionDenied") {
			t.Fatalf("%v", err)
		}
	}
}

// fake is a server that says what a test wants it to.
type fake struct {
	streams.UnimplementedStreamsServer

	append func(streams.Streams_AppendServer) error
	read   func(*streams.ReadReq, streams.Streams_ReadServer) error
}

// Append reads the request first, so that the client hears the answer.
func (f *fake) Append(call streams.Streams_AppendServer) error {
	for {
		if _, err := call.Recv(); err != nil {
			return f.append(call)
		}
	}
}

func (f *fake) Read(request *streams.ReadReq, call streams.Streams_ReadServer) error {
	return f.read(request, call)
}

// start returns the address of the server.
func (f *fake) start(t *testing.T) string {
	t.Helper()
	listener := listen(t.Context(), t, "127.0.0.1:0")
	server := grpc.NewServer(grpc.WaitForHandlers(true))
	streams.RegisterStreamsServer(server, f)
	var group sync.WaitGroup
	group.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		server.Stop()
		group.Wait()
	})
	return listener.Addr().String()
}

func nothing(*streams.ReadReq, streams.Streams_ReadServer) error { return nil }

// A follower that names the leader: the append is made there.
func TestNotLeader(t *testing.T) {
	t.Parallel()

	leader := serve(t, newMemory(t, memory.Options{}))
	host, port, err := net.SplitHostPort(leader.address)
	if err != nil {
		t.Fatal(err)
	}
	follower := &fake{
		append: func(call streams.Streams_AppendServer) error {
			call.SetTrailer(metadata.Pairs("exception", "not-leader", "leader-endpoint-host", host, "leader-endpoint-port", port))
			return status.Error(codes.NotFound, "leader info available")
		},
		read: nothing,
	}
	store := connect(t, follower.start(t), Options{timing: impatient()})
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() { must(t, store, es.Stream("a-"+strconv.Itoa(i)), es.NoStream(), one("a")) })
	}
	group.Wait()
	if head, err := leader.config.Store.Head(t.Context()); err != nil || head != 20 {
		t.Errorf("the leader holds %d events, %v", head, err)
	}
}

// What a server may say that the client panics at, or cannot read.
func TestNonsense(t *testing.T) {
	t.Parallel()

	var enough atomic.Pointer[context.CancelFunc] // called at the second time
	fake := &fake{read: nothing}
	store := connect(t, fake.start(t), Options{})
	var times atomic.Int64
	again := func() {
		if times.Add(1)%2 == 0 {
			(*enough.Load())()
		}
	}
	fake.read = func(_ *streams.ReadReq, call streams.Streams_ReadServer) error {
		again()
		return call.Send(&streams.ReadResp{Content: &streams.ReadResp_FirstStreamPosition{FirstStreamPosition: 1}})
	}
	fake.append = func(call streams.Streams_AppendServer) error {
		again()
		call.SetTrailer(metadata.Pairs("exception", "stream-deleted")) // of which stream?
		return status.Error(codes.FailedPrecondition, "gone")
	}
	for name, call := range calls(store) {
		if name == "Tombstone" || name == "Subscribe" {
			continue
		}
		ctx, cancel := context.WithCancel(t.Context())
		enough.Store(&cancel)
		if err := call(ctx); !errors.Is(err, es.ErrUnavailable) || !strings.Contains(err.Error(), "panicked") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		code   codes.Code
		text   string
		want   error
		at     int64 // calls before it is settled; 0: it never is
		broken bool
	}{
		{code: codes.InvalidArgument, text: "Maximum Append Size of 1024 Exceeded.", want: es.ErrTooLarge, at: 1},
		{code: codes.ResourceExhausted, text: "grpc: received message larger than max (2 vs. 1)", want: es.ErrTooLarge, at: 1},
		{code: codes.InvalidArgument, text: "no such revision", want: es.ErrUnavailable, at: 1},
		{code: codes.Unauthenticated, text: "who are you?", want: es.ErrUnavailable, at: 1},
		{code: codes.Unimplemented, text: "what?", want: es.ErrUnavailable, at: 1},
		{code: codes.Aborted, text: "timed out", want: es.ErrUnavailable},
		{code: codes.Unavailable, text: "not now", want: es.ErrUnavailable, broken: true},
		{code: codes.ResourceExhausted, text: "too many", want: es.ErrUnavailable},
		{code: codes.Unknown, text: "oops", want: es.ErrUnavailable},
	} {
		t.Run(fmt.Sprint(c.code, c.text), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var called atomic.Int64
			fake := &fake{
				append: func(call streams.Streams_AppendServer) error {
					if called.Add(1) == 2 { // enough of it
						cancel()
					}
					return status.Error(c.code, c.text)
				},
				read: nothing,
			}
			store := connect(t, fake.start(t), Options{})
			before := store.connections.current
			_, err := store.Append(ctx, "a-1", es.NoStream(), one("a"))
			if !errors.Is(err, c.want) || (errors.Is(c.want, es.ErrUnavailable) && !strings.Contains(err.Error(), c.text)) {
				t.Errorf("%v", err)
			}
			if n := called.Load(); (c.at > 0 && n != c.at) || (c.at == 0 && n < 2) {
				t.Errorf("it was tried %d times", n)
			}
			store.connections.mu.Lock()
			defer store.connections.mu.Unlock()
			if broken := store.connections.current != before; broken != c.broken {
				t.Errorf("the connection was given up: %v, want %v", broken, c.broken)
			}
		})
	}
}

func TestDoubtsAreBounded(t *testing.T) {
	t.Parallel()

	d := newDoubts(3)
	ids := make([]uuid.UUID, 5)
	for i := range ids {
		ids[i] = uuid.New()
		d.add(ids[i])
		d.add(ids[i])
	}
	for i, id := range ids {
		if d.has(id) != (i >= 2) {
			t.Errorf("of five, number %d is known: %v", i, d.has(id))
		}
	}
	d.remove(ids[4])
	if d.has(ids[4]) || len(d.known) != 2 {
		t.Errorf("%d are known, want 2", len(d.known))
	}
}
