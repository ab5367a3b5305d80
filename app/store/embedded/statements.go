package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// statement runs to its end: the bounds of a batch and of a page keep it short,
// and what is given up half way would have to be given up whole.
type statement struct{ *sql.Stmt }

func (s statement) exec(args ...any) (sql.Result, error) {
	return s.ExecContext(context.Background(), args...)
}

func (s statement) rows(args ...any) (*sql.Rows, error) {
	return s.QueryContext(context.Background(), args...)
}

func (s statement) row(args ...any) *sql.Row {
	return s.QueryRowContext(context.Background(), args...)
}

// statements are what the writer prepares, once.
type statements struct {
	begin, commit, rollback statement

	look                statement // stream, id: the newest revision, and the one that has the id
	find                statement // stream, id: revision, position
	newestOf            statement // stream: the newest revision
	insert, insertFirst statement

	deleteBefore statement // stream, revision
	deleteOlder  statement // stream, revision, created
}

func (s *statements) prepare(ctx context.Context, conn *sql.Conn) error {
	for _, p := range []struct {
		stmt *statement
		text string
	}{
		{&s.begin, `BEGIN IMMEDIATE`},
		{&s.commit, `COMMIT`},
		{&s.rollback, `ROLLBACK`},
		{&s.look, `SELECT
			(SELECT max(rev) FROM events WHERE stream = ?1),
			(SELECT rev FROM events INDEXED BY events_id WHERE id = ?2 AND stream = ?1)`},
		{&s.find, `SELECT rev, pos FROM events INDEXED BY events_id WHERE id = ?2 AND stream = ?1`},
		{&s.newestOf, `SELECT max(rev) FROM events WHERE stream = ?`},
		{&s.insert, `INSERT INTO events (stream, rev, id, type, created, data, meta) VALUES (?, ?, ?, ?, ?, ?, ?)`},
		// It writes one row at most, which SQLite does not see: OR FAIL spares it
		// keeping every page as it was before the statement.
		{&s.insertFirst, `INSERT OR FAIL INTO events (stream, rev, id, type, created, data, meta)
			SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM events WHERE stream = ?1)`},
		{&s.deleteBefore, `DELETE FROM events WHERE stream = ? AND rev < ?`},
		// The oldest come first, so looking at a few of them is enough.
		{&s.deleteOlder, `DELETE FROM events WHERE created < ?3 AND pos IN
			(SELECT pos FROM events WHERE stream = ?1 AND rev < ?2 ORDER BY rev LIMIT 16)`},
	} {
		stmt, err := conn.PrepareContext(ctx, p.text)
		if err != nil {
			return fmt.Errorf("prepare %s: %w", p.text, err)
		}
		*p.stmt = statement{stmt}
	}
	return nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []statement{
		s.begin, s.commit, s.rollback, s.look, s.find, s.newestOf, s.insert, s.insertFirst, s.deleteBefore, s.deleteOlder,
	} {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(errs...)
}
