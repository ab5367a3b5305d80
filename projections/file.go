package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"

	_ "modernc.org/sqlite" // the driver

	"daybook/domain/es"
)

const (
	readers     = 4                    // connections that read at the same time
	writerCache = "cache_size(-24576)" // KiB
	readerCache = "cache_size(-4096)"
)

// layout is the version of what the runner itself keeps in a file.
const layout = 2

const layoutSchema = `
CREATE TABLE readmodel (
	log_id     TEXT    NOT NULL, -- the log it was made from
	versions   TEXT    NOT NULL, -- the projections it was made by
	serving    INTEGER NOT NULL, -- 0 while it is being filled beside another one
	checkpoint INTEGER NOT NULL, -- the position up to which it was made
	-- where one of the newest events stood that it was made from
	anchor_stream   TEXT    NOT NULL DEFAULT '',
	anchor_revision INTEGER NOT NULL DEFAULT 0,
	anchor_position INTEGER NOT NULL DEFAULT 0
) STRICT;`

// file is one SQLite file of read models.
type file struct {
	path       string
	number     int
	writing    *sql.DB
	writer     *sql.Conn // all writing; one goroutine at a time
	reading    *sql.DB
	prepared   []*sql.Stmt
	apply      []namedApply
	checkpoint es.Position
	views      sync.WaitGroup // those under way
}

type namedApply struct {
	name  string
	apply Apply
}

// header is the row of the table readmodel.
type header struct {
	logID      string
	versions   string
	serving    bool
	checkpoint es.Position
	anchor     anchor
}

// dataSource is a file with the pragmas of a connection. The driver runs the
// _pragma list in the order of the alphabet and _journal_mode after it: the
// size of a page is settled once there is a write-ahead log.
func dataSource(path string, pragmas ...string) string {
	query := url.Values{"_journal_mode": {"WAL"}, "_pragma": append(pragmas, "busy_timeout(10000)", "temp_store(MEMORY)")}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode()
}

// openFile opens a file that exists, or makes one that does not.
func openFile(ctx context.Context, path string, number int) (*file, error) {
	// What is read from webhooks is for its owner only.
	made, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := made.Close(); err != nil {
		return nil, err
	}
	f := &file{path: path, number: number}
	if f.writing, err = sql.Open("sqlite", dataSource(path, writerCache, "page_size(8192)", "synchronous(NORMAL)")); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	f.writing.SetMaxOpenConns(1)
	if f.writer, err = f.writing.Conn(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), f.writing.Close())
	}
	if f.reading, err = sql.Open("sqlite", dataSource(path, readerCache, "query_only(1)")); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), f.close())
	}
	f.reading.SetMaxOpenConns(readers)
	f.reading.SetMaxIdleConns(readers)
	return f, nil
}

// readHeader says what a file was made from. It is an error if the file is not
// one of read models.
func (f *file) readHeader(ctx context.Context) (header, error) {
	var h header
	var checkpoint, revision, position int64
	err := f.writer.QueryRowContext(ctx, `
		SELECT log_id, versions, serving, checkpoint, anchor_stream, anchor_revision, anchor_position FROM readmodel`).
		Scan(&h.logID, &h.versions, &h.serving, &checkpoint, &h.anchor.stream, &revision, &position)
	h.checkpoint = es.Position(checkpoint)
	h.anchor.revision, h.anchor.position = es.Revision(revision), es.Position(position)
	if err != nil {
		return header{}, fmt.Errorf("read %s: %w", f.path, err)
	}
	return h, nil
}

// create makes the tables of an empty file.
func (f *file) create(ctx context.Context, h header, projections []Projection) error {
	return f.transact(ctx, func() error {
		if _, err := f.writer.ExecContext(ctx, layoutSchema); err != nil {
			return err
		}
		for _, p := range projections {
			if _, err := f.writer.ExecContext(ctx, p.Schema); err != nil {
				return fmt.Errorf("schema of %s: %w", p.Name, err)
			}
		}
		_, err := f.writer.ExecContext(ctx, `INSERT INTO readmodel (log_id, versions, serving, checkpoint) VALUES (?, ?, ?, 0)`,
			h.logID, h.versions, h.serving)
		return err
	})
}

// prepare makes the file ready for batches.
func (f *file) prepare(ctx context.Context, projections []Projection) error {
	for _, p := range projections {
		apply, err := p.Prepare(ctx, preparer{f})
		if err != nil {
			return fmt.Errorf("prepare %s: %w", p.Name, err)
		}
		f.apply = append(f.apply, namedApply{p.Name, apply})
	}
	return nil
}

// preparer prepares statements for the writer, to be closed with the file.
type preparer struct{ file *file }

func (p preparer) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	s, err := p.file.writer.PrepareContext(ctx, query)
	if err == nil {
		p.file.prepared = append(p.file.prepared, s)
	}
	return s, err
}

// write applies a batch to all projections and moves the checkpoint, all or
// nothing. Events at or before the checkpoint are known already.
func (f *file) write(ctx context.Context, b batch) error {
	events := b.events
	for len(events) > 0 && events[0].Position <= f.checkpoint {
		events = events[1:]
	}
	if b.next <= f.checkpoint {
		return nil
	}
	err := f.transact(ctx, func() error {
		for _, a := range f.apply {
			if err := a.apply(ctx, events); err != nil {
				return fmt.Errorf("projection %s: %w", a.name, err)
			}
		}
		return f.moveTo(ctx, b.next, events)
	})
	if err != nil {
		return err
	}
	f.checkpoint = b.next
	return nil
}

// moveTo moves the checkpoint past events that were applied.
func (f *file) moveTo(ctx context.Context, next es.Position, events []Event) error {
	a, ok := anchorIn(events)
	if !ok {
		_, err := f.writer.ExecContext(ctx, `UPDATE readmodel SET checkpoint = ?`, int64(next))
		return err
	}
	_, err := f.writer.ExecContext(ctx, `
		UPDATE readmodel SET checkpoint = ?, anchor_stream = ?, anchor_revision = ?, anchor_position = ?`,
		int64(next), string(a.stream), int64(a.revision), int64(a.position))
	return err
}

func (f *file) transact(ctx context.Context, do func() error) error {
	if _, err := f.writer.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	err := do()
	if err == nil {
		_, err = f.writer.ExecContext(ctx, `COMMIT`)
	}
	if err == nil {
		return nil
	}
	if _, rollbackErr := f.writer.ExecContext(ctx, `ROLLBACK`); rollbackErr != nil && !strings.Contains(rollbackErr.Error(), "no transaction is active") {
		err = errors.Join(err, rollbackErr)
	}
	return err
}

// hurry lets a file be filled without waiting for the disk. It is of no use
// until [file.serve] has made it safe.
func (f *file) hurry(ctx context.Context) error {
	_, err := f.writer.ExecContext(ctx, `PRAGMA synchronous = OFF`)
	return err
}

// serve makes a filled file the one that counts at the next start. When it
// returns the file is safe on disk.
func (f *file) serve(ctx context.Context) error {
	for _, statement := range []string{
		`PRAGMA synchronous = FULL`,
		`UPDATE readmodel SET serving = 1`,
		`PRAGMA wal_checkpoint(TRUNCATE)`,
		`PRAGMA synchronous = NORMAL`,
	} {
		if _, err := f.writer.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("finish %s: %w", f.path, err)
		}
	}
	return nil
}

// discard closes the file and deletes it.
func (f *file) discard() error { return errors.Join(f.close(), remove(f.path)) }

// close waits for the views under way.
func (f *file) close() error {
	f.views.Wait()
	var errs []error
	if f.reading != nil {
		errs = append(errs, f.reading.Close())
	}
	for _, s := range f.prepared {
		errs = append(errs, s.Close())
	}
	errs = append(errs, f.writer.Close(), f.writing.Close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close %s: %w", f.path, err)
	}
	return nil
}

// remove deletes a file with what SQLite keeps beside it.
func remove(path string) error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
