package embedded

import (
	"iter"
	"testing"

	"daybook/domain/es"
)

// A reader that sits on what it got holds no read transaction: the write-ahead
// log can be moved into the file, and all other readers be served.
func TestSlowReaderHoldsNothing(t *testing.T) {
	t.Parallel()

	store := openStore(t, t.TempDir(), Options{})
	appendOne(t, store, "a-1", es.NoStream())
	appendOne(t, store, "a-1", es.Exactly(0))

	for range 2 * readers { // more than there are connections
		next, stop := iter.Pull2(store.ReadAll(t.Context(), es.Start, es.Forward))
		t.Cleanup(stop)
		if _, err, ok := next(); err != nil || !ok {
			t.Fatalf("the first event: %v", err)
		}
		batches, end := iter.Pull2(store.Subscribe(t.Context(), es.Start, es.Filter{}))
		t.Cleanup(end)
		if _, err, ok := batches(); err != nil || !ok {
			t.Fatalf("the first batch: %v", err)
		}
	}
	var busy, frames, moved int
	row := store.writer.conn.QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)")
	if err := row.Scan(&busy, &frames, &moved); err != nil || busy != 0 {
		t.Errorf("the checkpoint was held up: busy %d, %v", busy, err)
	}
	appendOne(t, store, "a-1", es.Exactly(1))
}
