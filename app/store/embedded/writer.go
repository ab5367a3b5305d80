package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"daybook/domain/es"
)

// writer is the one goroutine, with the one connection, that writes.
type writer struct {
	conn *sql.Conn
	statements
	now       func() time.Time
	head      *head
	retention *retention
	stopped   chan struct{}

	// The transaction under way.
	at      es.Time                    // when it began
	newest  es.Position                // what it wrote last, 0 if nothing
	changed map[es.Stream]es.Retention // what it brought into force
}

func newWriter(ctx context.Context, db *sql.DB, h *head, r *retention, now func() time.Time) (_ *writer, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{
		conn: conn, now: now, head: h, retention: r,
		stopped: make(chan struct{}),
		changed: make(map[es.Stream]es.Retention),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, conn.Close())
		}
	}()
	if err := prepareFile(ctx, conn); err != nil {
		return nil, err
	}
	if err := w.prepare(ctx, conn); err != nil {
		return nil, err
	}
	if err := r.load(ctx, conn); err != nil {
		return nil, err
	}
	return w, w.catchUp(ctx)
}

// catchUp finds the head and trims what grew too old while nobody wrote.
func (w *writer) catchUp(ctx context.Context) error {
	var newest sql.Null[es.Position]
	if err := w.conn.QueryRowContext(ctx, "SELECT max(pos) FROM events").Scan(&newest); err != nil {
		return fmt.Errorf("find the head: %w", err)
	}
	w.head.move(newest.V)
	return w.transact(func() error { //nolint:contextcheck // a transaction is done to its end
		for stream := range w.retention.of {
			if err := w.trimAll(stream); err != nil {
				return err
			}
		}
		return nil
	})
}

// run writes batches until the queue is closed and empty.
func (w *writer) run(q *queue) {
	defer close(w.stopped)
	batch := make([]*request, 0, batchAppends)
	for {
		batch = q.next(batch[:0])
		if len(batch) == 0 {
			return
		}
		w.write(batch)
		clear(batch)
	}
}

// write carries a batch out and answers. If the transaction fails, each
// request gets one of its own: the failure of one must not be that of all.
func (w *writer) write(batch []*request) {
	err := w.transact(func() error { return w.applyAll(batch) })
	if err != nil && len(batch) > 1 {
		for i := range batch {
			w.write(batch[i : i+1])
		}
		return
	}
	for _, r := range batch {
		if err != nil {
			r.appended, r.err = es.Appended{}, unavailable(err)
		}
		r.done <- struct{}{}
	}
}

// transact runs do in a transaction. What do wrote is durable, and to be seen
// by readers, exactly if the error is nil; only a commit that failed may still
// come to light after a crash.
func (w *writer) transact(do func() error) error {
	w.at, w.newest = es.TimeOf(w.now()), 0
	clear(w.changed)
	if _, err := w.begin.exec(); err != nil {
		return w.undo(fmt.Errorf("begin: %w", err))
	}
	if err := do(); err != nil {
		return w.undo(err)
	}
	if _, err := w.commit.exec(); err != nil {
		return w.undo(fmt.Errorf("commit: %w", err))
	}
	if len(w.changed) > 0 {
		w.retention.set(w.changed)
	}
	if w.newest > 0 {
		w.head.move(w.newest)
	}
	return nil
}

// undo rolls back. SQLite may have done so by itself: then the roll-back fails
// and nothing is lost; if it fails for another reason, so does the next begin,
// which comes here again.
func (w *writer) undo(cause error) error {
	_, _ = w.rollback.exec()
	return cause
}

// applyAll returns only what the whole transaction fails of; a refusal is the
// answer to its request.
func (w *writer) applyAll(batch []*request) error {
	for _, r := range batch {
		var err error
		if r.tombstone {
			err = w.applyTombstone(r)
		} else {
			r.appended, err = w.applyAppend(r)
		}
		switch {
		case errors.Is(err, es.ErrConflict), errors.Is(err, es.ErrStreamDeleted):
			r.err = err
		case err != nil:
			return err
		default:
			r.err = nil // an earlier try in a larger batch may have left one
		}
	}
	return nil
}

// checkpoint moves the write-ahead log into the file.
func (w *writer) checkpoint() error {
	if _, err := w.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

func (w *writer) close() error {
	return errors.Join(w.statements.close(), w.conn.Close())
}
