package directory

import (
	"context"
	"database/sql"

	"daybook/domain/es"
	"daybook/projections"
)

// entryWriter holds the statements for entries.
type entryWriter struct {
	insertChange, readChanges, entriesTouched *sql.Stmt
	readEntry, putEntry, deleteEntry          *sql.Stmt
}

func (w *entryWriter) prepare(ctx context.Context, p projections.Preparer) error {
	return projections.PrepareAll(ctx, p, map[**sql.Stmt]string{
		&w.insertChange: `INSERT OR REPLACE INTO directory_changes (environment, kind, collection, id, position, number, at, stream, generation, said)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		&w.readChanges: `SELECT position, number, at, stream, generation, said FROM directory_changes
			WHERE environment = ? AND kind = ? AND collection = ? AND id = ? ORDER BY position, number`,
		&w.entriesTouched: `SELECT DISTINCT environment, kind, collection, id FROM directory_changes WHERE stream = ?`,
		&w.readEntry: `SELECT position, number, created_at, updated_at, stream, generation, traits FROM directory_entries
			WHERE environment = ? AND kind = ? AND collection = ? AND id = ?`,
		&w.putEntry: `INSERT OR REPLACE INTO directory_entries
			(environment, kind, collection, id, position, number, created_at, updated_at, stream, generation, traits)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		&w.deleteEntry: `DELETE FROM directory_entries WHERE environment = ? AND kind = ? AND collection = ? AND id = ?`,
	})
}

// columns are those of a key, in the order of the tables.
func (k key) columns() []any { return []any{k.environment, string(k.kind), k.collection, k.id} }

func (w *entryWriter) change(ctx context.Context, of key, c change) error {
	text, err := c.text()
	if err != nil {
		return err
	}
	_, err = w.insertChange.ExecContext(ctx, append(of.columns(),
		int64(c.position), c.number, int64(c.at), string(c.stream), c.generation, text)...)
	return err
}

func (w *entryWriter) loadEntry(ctx context.Context, of key) (*row, error) {
	return scanRow(w.readEntry.QueryRowContext(ctx, of.columns()...))
}

// writeEntry writes an entry as it is now; nil is one that does not exist.
func (w *entryWriter) writeEntry(ctx context.Context, of key, r *row) error {
	if r == nil {
		_, err := w.deleteEntry.ExecContext(ctx, of.columns()...)
		return err
	}
	values, err := r.values()
	if err != nil {
		return err
	}
	_, err = w.putEntry.ExecContext(ctx, append(of.columns(), values...)...)
	return err
}

// entriesOf returns the entries that a stream said something of.
func (w *entryWriter) entriesOf(ctx context.Context, stream es.Stream) ([]key, error) {
	rows, err := w.entriesTouched.QueryContext(ctx, string(stream))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var keys []key
	for rows.Next() {
		var k key
		if err := rows.Scan(&k.environment, &k.kind, &k.collection, &k.id); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// foldEntry makes an entry of all that was said of it.
func (w *entryWriter) foldEntry(ctx context.Context, of key) (*row, error) {
	rows, err := w.readChanges.QueryContext(ctx, of.columns()...)
	if err != nil {
		return nil, err
	}
	return fold(rows)
}
