package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"daybook/app/store/embedded"
	"daybook/app/store/memory"
	"daybook/domain/es"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come: only a failing one
// waits that long.
const patience = time.Minute

// bench is a server under test, with the store behind it.
type bench struct {
	testing.TB

	store  es.Store
	server *Server
	addr   string
	ctx    context.Context
}

// serve starts a server over loopback.
func serve(t testing.TB, c Config) *bench {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	b := &bench{TB: t, store: c.Store, ctx: ctx}
	if c.Store == nil {
		b.store = memory.New(memory.Options{})
		c.Store = b.store
		t.Cleanup(func() { _ = b.store.Close() })
	}
	server, err := New(c)
	b.must(err)
	b.server = server
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	b.must(err)
	b.addr = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop(ctx)
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return b
}

// durable returns an embedded store for serve.
func durable(t testing.TB) es.Store {
	t.Helper()
	store, err := embedded.Open(t.Context(), t.TempDir(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// client connects the unmodified client; parameters are those of its connection
// string.
func (b *bench) client(parameters string) *esdb.Client {
	b.Helper()
	return b.connect("esdb://" + b.addr + "?" + parameters)
}

func (b *bench) connect(connection string) *esdb.Client {
	b.Helper()
	settings, err := esdb.ParseConnectionString(connection)
	b.must(err)
	settings.Logger = func(esdb.LogLevel, string, ...any) {}
	client, err := esdb.NewClient(settings)
	b.must(err)
	b.Cleanup(func() { _ = client.Close() })
	return client
}

// plain is the usual client.
func (b *bench) plain() *esdb.Client {
	b.Helper()
	return b.client("tls=false")
}

// raw connects to what the client would not send.
func (b *bench) raw() streams.StreamsClient {
	b.Helper()
	return streams.NewStreamsClient(b.conn())
}

func (b *bench) conn() *grpc.ClientConn {
	b.Helper()
	conn, err := grpc.NewClient(b.addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(17<<20)))
	b.must(err)
	b.Cleanup(func() { _ = conn.Close() })
	return conn
}

// stored appends to the store itself.
func (b *bench) stored(stream es.Stream, events ...es.Event) es.Appended {
	b.Helper()
	at, err := b.store.Append(b.ctx, stream, es.Any(), events...)
	b.must(err)
	return at
}

// log returns what the store holds.
func (b *bench) log() []es.Recorded {
	b.Helper()
	var all []es.Recorded
	for e, err := range b.store.ReadAll(b.ctx, es.Start, es.Forward) {
		b.must(err)
		all = append(all, e)
	}
	return all
}

func (b *bench) streamOf(stream es.Stream) []es.Recorded {
	b.Helper()
	var all []es.Recorded
	for e, err := range b.store.ReadStream(b.ctx, stream, 0, es.Forward) {
		b.must(err)
		all = append(all, e)
	}
	return all
}

// event returns a new event of the store.
func event(kind, data string) es.Event {
	return es.Event{ID: uuid.Must(uuid.NewV7()), Type: kind, Data: []byte(data), Metadata: []byte(`{"schema":1}`)}
}

func events(n int) []es.Event {
	all := make([]es.Event, n)
	for i := range all {
		all[i] = event("Happened", fmt.Sprintf(`{"n":%d}`, i))
	}
	return all
}

// proposal returns a new event of the client.
func proposal(kind, data string) esdb.EventData {
	return esdb.EventData{
		EventID: uuid.Must(uuid.NewV7()), EventType: kind, ContentType: esdb.ContentTypeJson,
		Data: []byte(data), Metadata: []byte(`{"schema":1}`),
	}
}

// all reads a client's sequence to its end.
func (b *bench) all(read *esdb.ReadStream, err error) []*esdb.RecordedEvent {
	b.Helper()
	all, err := tryAll(read, err)
	b.must(err)
	return all
}

func tryAll(read *esdb.ReadStream, err error) ([]*esdb.RecordedEvent, error) {
	if err != nil {
		return nil, err
	}
	defer read.Close()
	var all []*esdb.RecordedEvent
	for {
		e, err := read.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, e.Event)
	}
}

// code returns the client's code of an error.
func code(err error) esdb.ErrorCode {
	var e *esdb.Error
	if !errors.As(err, &e) {
		return -1
	}
	return e.Code()
}

func (b *bench) mustBe(err error, want esdb.ErrorCode) {
	b.Helper()
	if code(err) != want {
		b.Fatalf("got error %v (code %d), want code %d", err, code(err), want)
	}
}

// same compares what a client read with what the store holds.
func (b *bench) same(got []*esdb.RecordedEvent, want []es.Recorded) {
	b.Helper()
	seen := make([]es.Recorded, len(got))
	for i, e := range got {
		if e.Position.Commit != e.Position.Prepare {
			b.Errorf("the position of %s@%d is %+v", e.StreamID, e.EventNumber, e.Position)
		}
		seen[i] = es.Recorded{
			Event:  es.Event{ID: e.EventID, Type: e.EventType, Data: e.Data, Metadata: e.UserMetadata},
			Stream: es.Stream(e.StreamID), Revision: es.Revision(e.EventNumber), Position: es.Position(e.Position.Commit),
		}
	}
	if len(seen) == 0 && len(want) == 0 {
		return
	}
	if diff := cmp.Diff(want, seen, cmp.Comparer(bytes.Equal)); diff != "" {
		b.Fatalf("events differ (-want +got):\n%s", diff)
	}
}
