package embedded

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"daybook/domain/es"
)

// limit makes the file full at n pages, as far as SQLite is concerned.
func limit(t *testing.T, store *Store, n int) {
	t.Helper()
	if _, err := store.writer.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", n)); err != nil {
		t.Fatal(err)
	}
}

func pages(t *testing.T, store *Store) (n int) {
	t.Helper()
	if err := store.writer.conn.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFullDisk(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	store := openStore(t, dir, Options{})
	acknowledged := 0
	limit(t, store, pages(t, store)+4)
	for {
		e := newEvent()
		e.Data = make([]byte, 5000)
		_, err := store.Append(t.Context(), "a-1", es.Any(), e)
		if err != nil {
			if !errors.Is(err, es.ErrUnavailable) {
				t.Fatalf("the disk is full: %v", err)
			}
			break
		}
		acknowledged++
	}
	if acknowledged == 0 {
		t.Fatal("the disk was full from the start")
	}
	if n := len(readAll(t, store)); n != acknowledged {
		t.Errorf("while the disk is full, the store holds %d events, %d were acknowledged", n, acknowledged)
	}
	limit(t, store, 1<<20)
	if at := appendOne(t, store, "a-1", es.Exactly(es.Revision(acknowledged-1))); at.Revision != es.Revision(acknowledged) {
		t.Errorf("when there is room again, the event stands at %d", at.Revision)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(readAll(t, openStore(t, dir, Options{}))); n != acknowledged+1 {
		t.Errorf("the reopened store holds %d events, %d were acknowledged", n, acknowledged+1)
	}
}

// A batch is committed as one, but the answers are each append's own: neither
// a refusal nor an append that does not fit may be the answer to another.
func TestEachOfABatchStandsAlone(t *testing.T) {
	t.Parallel()

	store := openStore(t, t.TempDir(), Options{})
	appendOne(t, store, "taken", es.NoStream())
	if err := store.Tombstone(t.Context(), "ended"); err != nil {
		t.Fatal(err)
	}
	limit(t, store, pages(t, store)+8)

	big := newEvent()
	big.Data = make([]byte, 1<<20)
	of := func(stream es.Stream, e es.Event) *request {
		return &request{stream: stream, expected: es.NoStream(), events: []es.Event{e}, done: make(chan struct{}, 1)}
	}
	batch := []*request{
		of("first", newEvent()),
		of("taken", newEvent()),
		of("big", big),
		of("ended", newEvent()),
		of("last", newEvent()),
	}
	store.writer.write(batch) // the goroutine waits for its queue meanwhile

	for i, want := range []error{nil, es.ErrConflict, es.ErrUnavailable, es.ErrStreamDeleted, nil} {
		<-batch[i].done
		if !errors.Is(batch[i].err, want) {
			t.Errorf("%s: got error %v, want %v", batch[i].stream, batch[i].err, want)
		}
	}
	var streams []es.Stream
	for _, e := range readAll(t, store) {
		streams = append(streams, e.Stream)
	}
	if got := fmt.Sprint(streams); got != "[taken ended first last]" {
		t.Errorf("the log holds %s", got)
	}
}

func TestAbandonedIsSkipped(t *testing.T) {
	t.Parallel()

	q := newQueue()
	given, kept := &request{}, &request{}
	q.push(given)
	q.push(kept)
	given.abandon()
	if batch := q.next(nil); len(batch) != 1 || batch[0] != kept {
		t.Errorf("the batch is %v, want only what was not given up", batch)
	}
	kept.abandon()
	if kept.state.Load() != taken {
		t.Error("what the writer had taken was given up")
	}
}

// While the disk hangs (here: somebody else holds SQLite's write lock), a
// caller whose context ends is answered at once, and a repeat settles it.
func TestContextEndsWhileTheWriterHangs(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	store := openStore(t, dir, Options{})
	letGo := holdWriteLock(t, dir)

	const n = 10
	events := make([]es.Event, n)
	for i := range events {
		events[i] = newEvent()
	}
	var group sync.WaitGroup
	for i := range events {
		group.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Duration(i)*time.Millisecond, cancel)
			_, err := store.Append(ctx, "a-1", es.Any(), events[i])
			if !errors.Is(err, context.Canceled) || !errors.Is(err, es.ErrUnavailable) {
				t.Errorf("append: %v", err)
			}
		})
	}
	group.Wait()
	letGo()
	for _, e := range events {
		if _, err := store.Append(t.Context(), "a-1", es.Any(), e); err != nil {
			t.Errorf("repeat: %v", err)
		}
	}
	if got := len(readAll(t, store)); got != n {
		t.Errorf("the log holds %d events, want %d", got, n)
	}
}

func holdWriteLock(t *testing.T, dir string) (letGo func()) {
	t.Helper()
	db, err := openFile(filepath.Join(dir, FileName), "")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		_, err := conn.ExecContext(t.Context(), "ROLLBACK")
		if err := errors.Join(err, conn.Close(), db.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBatchesAreBounded(t *testing.T) {
	t.Parallel()

	q := newQueue()
	push := func(n, size int) {
		for range n {
			q.push(&request{size: size})
		}
	}
	push(batchAppends+10, 1)
	if got := len(q.next(nil)); got != batchAppends {
		t.Errorf("the first batch has %d appends, want %d", got, batchAppends)
	}
	if got := len(q.next(nil)); got != 10 {
		t.Errorf("the second batch has %d appends, want 10", got)
	}
	push(5, batchBytes/2)
	for _, want := range []int{2, 2, 1} {
		if got := len(q.next(nil)); got != want {
			t.Errorf("a batch of large appends has %d, want %d", got, want)
		}
	}
	push(1, batchBytes+1)
	if got := len(q.next(nil)); got != 1 {
		t.Errorf("an append larger than a batch is in a batch of %d", got)
	}
	push(1, 1)
	q.close()
	if q.push(&request{}) {
		t.Error("a closed queue took a request")
	}
	if got := len(q.next(nil)); got != 1 {
		t.Errorf("what waited when the queue was closed is %d, want 1", got)
	}
	if got := len(q.next(nil)); got != 0 {
		t.Errorf("a closed and empty queue gave %d", got)
	}
}
