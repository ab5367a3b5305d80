package directory

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"daybook/domain/es"
	"daybook/projections"
)

// writer holds the statements that change one file.
type writer struct {
	readPlanned, insertPlanned, deletePlanned *sql.Stmt
	insertRun, insertCancellation             *sql.Stmt
	removals                                  [5]*sql.Stmt
	entryWriter
	linkWriter
}

func (w *writer) prepare(ctx context.Context, p projections.Preparer) error {
	return errors.Join(w.entryWriter.prepare(ctx, p), w.linkWriter.prepare(ctx, p), projections.PrepareAll(ctx, p, map[**sql.Stmt]string{
		&w.readPlanned:   `SELECT action, stream, revision, action_type, payload FROM directory_planned WHERE action = ?`,
		&w.insertPlanned: `INSERT OR REPLACE INTO directory_planned (action, stream, revision, action_type, payload) VALUES (?, ?, ?, ?, ?)`,
		&w.deletePlanned: `DELETE FROM directory_planned WHERE action = ?`,
		&w.insertRun: `INSERT INTO directory_runs (position, id, action, environment, at, stream, generation, revision, workflow, cancellation_key, request, known)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		&w.insertCancellation: `INSERT INTO directory_cancellations (environment, workflow, cancellation_key, position, at, stream, generation, recipients)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		&w.removals[0]: `DELETE FROM directory_planned WHERE stream = ?`,
		&w.removals[1]: `DELETE FROM directory_changes WHERE stream = ?`,
		&w.removals[2]: `DELETE FROM directory_link_changes WHERE stream = ?`,
		&w.removals[3]: `DELETE FROM directory_runs WHERE stream = ?`,
		&w.removals[4]: `DELETE FROM directory_cancellations WHERE stream = ?`,
	}))
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

func readTraitsText(text string, t *traits) error {
	if err := json.Unmarshal([]byte(text), t); err != nil {
		return fmt.Errorf("read traits: %w", err)
	}
	return nil
}

// text is what a change said, as it is kept; empty if it was an end.
func (c change) text() (string, error) {
	if c.said == nil {
		return "", nil
	}
	return c.said.text()
}

// scanRow reads the columns of a row, in the order of the tables.
func scanRow(from interface{ Scan(targets ...any) error }, before ...any) (*row, error) {
	r := &row{}
	var position int64
	var text string
	err := from.Scan(append(before, &position, &r.number, &r.createdAt, &r.updatedAt, &r.stream, &r.generation, &text)...)
	if err != nil {
		return nil, err
	}
	r.position = es.Position(position)
	return r, readTraitsText(text, &r.traits)
}

// values are the columns of a row, in the order of the tables.
func (r *row) values() ([]any, error) {
	text, err := r.traits.text()
	return []any{int64(r.position), r.number, int64(r.createdAt), int64(r.updatedAt), string(r.stream), r.generation, text}, err
}

// fold makes a row of changes, in their order.
func fold(rows *sql.Rows) (*row, error) {
	defer func() { _ = rows.Close() }() // Err is asked below
	var r *row
	for rows.Next() {
		var c change
		var position int64
		var text string
		if err := rows.Scan(&position, &c.number, &c.at, &c.stream, &c.generation, &text); err != nil {
			return nil, err
		}
		c.position = es.Position(position)
		if text != "" {
			c.said = &traits{}
			if err := readTraitsText(text, c.said); err != nil {
				return nil, err
			}
		}
		r = r.with(c)
	}
	return r, rows.Err()
}
