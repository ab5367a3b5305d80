package embedded

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// rows counts what the file holds of a stream, hidden or not.
func rows(t *testing.T, store *Store, stream es.Stream) (n int) {
	t.Helper()
	r := <-store.readers
	defer func() { store.readers <- r }()
	err := r.conn.QueryRowContext(t.Context(), "SELECT count(*) FROM events WHERE stream = ?", string(stream)).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func retain(t *testing.T, store es.Store, stream es.Stream, data string) {
	t.Helper()
	e := es.Event{ID: uuid.New(), Type: es.TypeMetadata, Data: []byte(data)}
	if _, err := store.Append(t.Context(), stream.Metadata(), es.Any(), e); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsCutIsDeleted(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	var elapsed atomic.Int64
	options := Options{Now: func() time.Time { return time.Unix(1_800_000_000, elapsed.Load()) }}
	store := openStore(t, dir, options)
	const stream = es.Stream("a-1")
	wantRows := func(n int) {
		t.Helper()
		if got := rows(t, store, stream); got != n {
			t.Fatalf("the file holds %d events of the stream, want %d", got, n)
		}
	}

	for range 100 {
		appendOne(t, store, stream, es.Any())
	}
	retain(t, store, stream, `{"$maxCount":90}`)
	wantRows(90)
	appendOne(t, store, stream, es.Any())
	wantRows(90)

	retain(t, store, stream, `{"$maxAge":60}`)
	elapsed.Store(int64(61 * time.Second))
	wantRows(90) // too old, but nobody has written since
	appendOne(t, store, stream, es.Any())
	wantRows(91 - 16)
	for range 10 {
		appendOne(t, store, stream, es.Any())
	}
	wantRows(11)

	elapsed.Add(int64(time.Hour))
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	store = openStore(t, dir, options)
	wantRows(1) // the newest, which holds the revision
	appendOne(t, store, stream, es.Exactly(111))

	if err := store.Tombstone(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	wantRows(1) // the tombstone
}
