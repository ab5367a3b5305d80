package directory

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"daybook/domain/es"
	"daybook/projections"
)

// writer holds the statements that change one file.
type writer struct {
	readPlanned, insertPlanned, deletePlanned *sql.Stmt
	insertChange, readChanges, usersTouched   *sql.Stmt
	readUser, putUser, deleteUser             *sql.Stmt
	insertRun, insertCancellation             *sql.Stmt
	removals                                  [4]*sql.Stmt
}

func (w *writer) prepare(ctx context.Context, p projections.Preparer) error {
	return projections.PrepareAll(ctx, p, map[**sql.Stmt]string{
		&w.readPlanned:   `SELECT action, stream, revision, action_type, payload FROM directory_planned WHERE action = ?`,
		&w.insertPlanned: `INSERT OR REPLACE INTO directory_planned (action, stream, revision, action_type, payload) VALUES (?, ?, ?, ?, ?)`,
		&w.deletePlanned: `DELETE FROM directory_planned WHERE action = ?`,
		&w.insertChange: `INSERT OR REPLACE INTO directory_changes (environment, user, position, number, at, stream, generation, traits)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		&w.readChanges: `SELECT position, at, stream, generation, traits FROM directory_changes
			WHERE environment = ? AND user = ? ORDER BY position, number`,
		&w.usersTouched: `SELECT DISTINCT environment, user FROM directory_changes WHERE stream = ?`,
		&w.readUser: `SELECT position, created_at, updated_at, stream, generation, traits FROM directory_users
			WHERE environment = ? AND user = ?`,
		&w.putUser: `INSERT OR REPLACE INTO directory_users (environment, user, position, created_at, updated_at, stream, generation, traits)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		&w.deleteUser: `DELETE FROM directory_users WHERE environment = ? AND user = ?`,
		&w.insertRun: `INSERT INTO directory_runs (position, id, action, environment, at, stream, generation, revision, workflow, cancellation_key, request, known)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		&w.insertCancellation: `INSERT INTO directory_cancellations (environment, workflow, cancellation_key, position, at, stream, generation, recipients)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		&w.removals[0]: `DELETE FROM directory_planned WHERE stream = ?`,
		&w.removals[1]: `DELETE FROM directory_changes WHERE stream = ?`,
		&w.removals[2]: `DELETE FROM directory_runs WHERE stream = ?`,
		&w.removals[3]: `DELETE FROM directory_cancellations WHERE stream = ?`,
	})
}

func (w *writer) loadPlanned(ctx context.Context, id string) (*planned, error) {
	p := &planned{stored: true}
	var revision int64
	err := w.readPlanned.QueryRowContext(ctx, id).Scan(&p.action, &p.stream, &revision, &p.actionType, &p.payload)
	p.revision = es.Revision(revision)
	return p, err
}

// writePlanned keeps a request for later, or lets go of one that is done.
func (w *writer) writePlanned(ctx context.Context, p *planned) error {
	switch {
	case p.done && p.stored:
		_, err := w.deletePlanned.ExecContext(ctx, p.action)
		return err
	case !p.done && !p.stored:
		_, err := w.insertPlanned.ExecContext(ctx, p.action, string(p.stream), int64(p.revision), string(p.actionType), p.payload)
		return err
	default:
		return nil
	}
}

func (w *writer) change(ctx context.Context, e projections.Event, number int, id string, said *traits) error {
	text := ""
	if said != nil {
		var err error
		if text, err = said.text(); err != nil {
			return err
		}
	}
	_, err := w.insertChange.ExecContext(ctx, e.Ref.Environment, id, int64(e.Position), number, int64(e.At),
		string(e.Stream), e.Ref.Generation, text)
	return err
}

func (w *writer) loadUser(ctx context.Context, key userKey) (*user, error) {
	u := &user{}
	var position int64
	var text string
	err := w.readUser.QueryRowContext(ctx, key.environment, key.id).
		Scan(&position, &u.createdAt, &u.updatedAt, &u.stream, &u.generation, &text)
	if err != nil {
		return nil, err
	}
	u.position = es.Position(position)
	return u, readTraitsText(text, &u.traits)
}

func readTraitsText(text string, t *traits) error {
	if err := json.Unmarshal([]byte(text), t); err != nil {
		return fmt.Errorf("read traits: %w", err)
	}
	return nil
}

// writeUser writes a user as it is now; nil is one that does not exist.
func (w *writer) writeUser(ctx context.Context, key userKey, u *user) error {
	if u == nil {
		_, err := w.deleteUser.ExecContext(ctx, key.environment, key.id)
		return err
	}
	text, err := u.traits.text()
	if err != nil {
		return err
	}
	_, err = w.putUser.ExecContext(ctx, key.environment, key.id, int64(u.position), int64(u.createdAt), int64(u.updatedAt),
		string(u.stream), u.generation, text)
	return err
}

// usersOf returns the users that a stream said something of.
func (w *writer) usersOf(ctx context.Context, stream es.Stream) ([]userKey, error) {
	rows, err := w.usersTouched.QueryContext(ctx, string(stream))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var keys []userKey
	for rows.Next() {
		var key userKey
		if err := rows.Scan(&key.environment, &key.id); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

// fold makes a user of all that was said of it.
func (w *writer) fold(ctx context.Context, key userKey) (*user, error) {
	rows, err := w.readChanges.QueryContext(ctx, key.environment, key.id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var u *user
	for rows.Next() {
		var c change
		var position int64
		var text string
		if err := rows.Scan(&position, &c.at, &c.stream, &c.generation, &text); err != nil {
			return nil, err
		}
		c.position = es.Position(position)
		if text != "" {
			c.said = &traits{}
			if err := readTraitsText(text, c.said); err != nil {
				return nil, err
			}
		}
		u = u.with(c)
	}
	return u, rows.Err()
}

func (w *writer) run(ctx context.Context, e projections.Event, p *planned, r request, id string) error {
	kept, err := json.Marshal(r.parties)
	if err != nil {
		return err
	}
	_, err = w.insertRun.ExecContext(ctx, int64(e.Position), id, p.action, e.Ref.Environment, int64(e.At), string(e.Stream),
		e.Ref.Generation, int64(p.revision), r.Key, r.CancellationKey, string(kept), p.payload != "")
	return err
}

func (w *writer) cancel(ctx context.Context, e projections.Event, r request) error {
	recipients := ""
	if len(r.Recipients) > 0 {
		text, err := json.Marshal(r.Recipients)
		if err != nil {
			return err
		}
		recipients = string(text)
	}
	_, err := w.insertCancellation.ExecContext(ctx, e.Ref.Environment, r.Key, r.CancellationKey, int64(e.Position), int64(e.At),
		string(e.Stream), e.Ref.Generation, recipients)
	return err
}

func (w *writer) removeStream(ctx context.Context, stream es.Stream) error {
	for _, removal := range w.removals {
		if _, err := removal.ExecContext(ctx, string(stream)); err != nil {
			return err
		}
	}
	return nil
}
