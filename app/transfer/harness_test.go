package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"testing"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"daybook/app/store/embedded"
	"daybook/app/store/esdb"
	"daybook/app/store/memory"
	"daybook/app/store/wire"
	"daybook/domain/es"
	"daybook/domain/logbook"
)

// TestMain is also the entrance of the processes that are killed: see
// TestKilled.
func TestMain(m *testing.M) {
	if target := os.Getenv(childTarget); target != "" {
		os.Exit(runChild(target, os.Getenv(childFile)))
	}
	goleak.VerifyTestMain(m)
}

// stores are the kinds of stores that a log is moved between.
func stores() map[string]func(t testing.TB) es.Store {
	return map[string]func(t testing.TB) es.Store{
		"memory":   newMemory,
		"embedded": newEmbedded,
		"esdb over wire over embedded": func(t testing.TB) es.Store {
			t.Helper()
			return dial(t, serve(t, newEmbedded(t)))
		},
		"esdb over wire over memory": func(t testing.TB) es.Store {
			t.Helper()
			return dial(t, serve(t, newMemory(t)))
		},
	}
}

func newMemory(t testing.TB) es.Store {
	t.Helper()
	store := memory.New(memory.Options{})
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func newEmbedded(t testing.TB) es.Store {
	t.Helper()
	store, err := embedded.Open(t.Context(), t.TempDir(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// serve returns the connection string of a server over TCP.
func serve(t testing.TB, store es.Store) string {
	t.Helper()
	server, err := wire.New(wire.Config{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		server.Stop(ctx)
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return "esdb://" + listener.Addr().String() + "?tls=false"
}

func dial(t testing.TB, connectionString string) es.Store {
	t.Helper()
	store, err := esdb.Open(t.Context(), connectionString, esdb.Options{MaxAppend: memory.MaxAppend})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// tb is what a testing.TB and a *rapid.T have in common.
type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

// history appends to a store.
type history struct {
	tb
	store es.Store
}

// begin begins a log, as a Daybook does.
func begin(t tb, store es.Store, logID string) history {
	t.Helper()
	h := history{t, store}
	created, err := logbook.Codec().Encode(logbook.Created{LogID: logID, KeyCheck: "sealed"}, es.Metadata{At: 1_700_000_000_000})
	if err != nil {
		t.Fatal(err)
	}
	created.ID = uuid.New()
	h.append(logbook.Stream, created)
	return h
}

func (h history) append(stream es.Stream, events ...es.Event) {
	h.Helper()
	if _, err := h.store.Append(h.Context(), stream, es.Any(), events...); err != nil {
		h.Fatal(err)
	}
}

// happen appends n events.
func (h history) happen(stream es.Stream, n int) {
	h.Helper()
	for i := range n {
		h.append(stream, event("Happened", fmt.Sprintf(`{"n":%d}`, i)))
	}
}

func (h history) retain(stream es.Stream, r es.Retention) {
	h.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		h.Fatal(err)
	}
	h.append(stream.Metadata(), event(es.TypeMetadata, string(data)))
}

func (h history) erase(stream es.Stream) {
	h.Helper()
	if err := h.store.Tombstone(h.Context(), stream); err != nil {
		h.Fatal(err)
	}
}

func event(kind, data string) es.Event {
	return es.Event{ID: uuid.Must(uuid.NewV7()), Type: kind, Data: []byte(data), Metadata: []byte(`{"schema":1}`)}
}

// eventful is a log with everything in it that is hard to move.
func eventful(t tb, store es.Store) {
	t.Helper()
	h := begin(t, store, "log-1")
	h.append("webhook-1", event("Received", `{"a":1}`), event("Planned", `{}`))
	h.append("webhook-2", es.Event{ID: uuid.New(), Type: "Raw bytes\n", Data: []byte("\x00\xff\r\nend 3\n"), Metadata: []byte("\n")})
	h.append("webhook-2", es.Event{ID: uuid.New(), Type: "Empty"})
	h.retain("rejection-1", es.Retention{MaxCount: 3})
	h.happen("rejection-1", 10)
	h.happen("person-1", 2)
	h.erase("person-1")
	h.happen("rejection-2", 5)
	h.retain("rejection-2", es.Retention{MaxCount: 2}) // after the fact
	h.retain("rejection-2", es.Retention{MaxCount: 4}) // and again: its first one is cut by nothing any more
	h.happen("rejection-2", 1)
	h.retain("old-1", es.Retention{MaxAge: 1 << 30})
	h.happen("old-1", 3)
	h.retain("person-2", es.Retention{MaxCount: 1})
	h.happen("person-2", 2)
	h.erase("person-2")
	h.erase("never-1")
	h.append("strange-\n stream ü", event("Happened", `{}`))
	h.append("webhook-1", event("Succeeded", `{"last":true}`))
}

// export returns the file of a store's log.
func export(t tb, store es.Store) []byte {
	t.Helper()
	var file bytes.Buffer
	report, err := Export(t.Context(), store, &file, nil)
	if err != nil {
		t.Fatal(err)
	}
	checked, err := Check(t.Context(), bytes.NewReader(file.Bytes()), nil)
	if err != nil || checked != report {
		t.Fatalf("exported %+v, and read %+v (%v)", report, checked, err)
	}
	return file.Bytes()
}

func load(t tb, store es.Store, file []byte) Report {
	t.Helper()
	report, err := Import(t.Context(), store, bytes.NewReader(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// all returns what ReadAll yields of the log, without positions and placeholders.
func all(t tb, store es.Store) []es.Recorded {
	t.Helper()
	var events []es.Recorded
	for e, err := range store.ReadAll(t.Context(), es.Start, es.Forward) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Position = es.Start; !isPlaceholder(&e) {
			events = append(events, e)
		}
	}
	return events
}

func ofStream(t tb, store es.Store, stream es.Stream) ([]es.Recorded, error) {
	t.Helper()
	var events []es.Recorded
	for e, err := range store.ReadStream(t.Context(), stream, es.FirstRevision, es.Forward) {
		if err != nil {
			return events, err
		}
		e.Position = es.Start
		events = append(events, e)
	}
	return events, nil
}
