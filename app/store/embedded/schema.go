package embedded

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver named sqlite
)

// FileName is the log, in the data directory.
const FileName = "log.db"

// schemaVersion is SQLite's user_version of a file that this code wrote.
const schemaVersion = 1

// Positions are never used twice, even where the newest events are deleted
// (AUTOINCREMENT). The tombstone stands at es.TombstoneRevision, so it is the
// newest event of its stream. created is in milliseconds since the Unix epoch.
const schema = `
CREATE TABLE events (
	pos     INTEGER PRIMARY KEY AUTOINCREMENT,
	stream  TEXT    NOT NULL,
	rev     INTEGER NOT NULL,
	id      BLOB    NOT NULL,
	type    TEXT    NOT NULL,
	created INTEGER NOT NULL,
	data    BLOB    NOT NULL,
	meta    BLOB    NOT NULL,
	UNIQUE (stream, rev)
) STRICT;
CREATE INDEX events_id ON events (id);
PRAGMA user_version = 1;`

// A page of 16 KiB holds several webhooks. A commit syncs the write-ahead log
// (synchronous=FULL). The busy timeout is for a person who looks at the file
// with another tool. The driver runs the _pragma list in the order of the
// alphabet and _journal_mode after it: the size of a page is settled once there
// is a write-ahead log.
const (
	writerPragmas = "_journal_mode=WAL" +
		"&_pragma=busy_timeout(5000)" +
		"&_pragma=page_size(16384)" +
		"&_pragma=synchronous(FULL)" +
		"&_pragma=wal_autocheckpoint(1000)" +
		"&_pragma=journal_size_limit(67108864)" +
		"&_pragma=cache_size(-16384)" +
		"&_pragma=secure_delete(1)"
	readerPragmas = "_pragma=busy_timeout(5000)" +
		"&_pragma=query_only(1)"
)

// openFile makes the file if it is absent, readable by its owner only, and
// returns connections to it with the pragmas.
func openFile(path string, pragmas string) (*sql.DB, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the directory is the operator's choice
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: pragmas}
	return sql.Open("sqlite", name.String())
}

// prepareFile makes the schema of a new file and refuses one that a newer
// Daybook wrote.
func prepareFile(ctx context.Context, conn *sql.Conn) error {
	var mode string
	if err := conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return fmt.Errorf("find the journal mode: %w", err)
	}
	if mode != "wal" {
		return fmt.Errorf("the file system does not allow a write-ahead log (journal mode %s): choose a local disk with --data", mode)
	}
	var version int
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("find the schema version: %w", err)
	}
	switch version {
	case schemaVersion:
		return nil
	case 0:
		return createSchema(ctx, conn)
	default:
		return fmt.Errorf("a newer Daybook wrote this file (schema %d, this one reads %d): start that one", version, schemaVersion)
	}
}

func createSchema(ctx context.Context, conn *sql.Conn) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("create the schema: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("create the schema: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("create the schema: %w", err)
	}
	return nil
}
