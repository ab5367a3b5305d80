package worklist

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections"
)

// writer holds the statements that change one file.
type writer struct {
	load, insert, update, remove, removeStream *sql.Stmt
}

func prepare(ctx context.Context, p projections.Preparer) (projections.Apply, error) {
	w := &writer{}
	err := projections.PrepareAll(ctx, p, map[**sql.Stmt]string{
		&w.load:   `SELECT ` + columns + ` FROM worklist_webhooks WHERE stream = ? AND generation = ?`,
		&w.insert: `INSERT INTO worklist_webhooks (` + columns + `, due) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		&w.update: `UPDATE worklist_webhooks SET progress = ?, progress_at = ?, planned = ?, plan_parked = ?, actions = ?, due = ?,
			claim_revision = ?, claim_at = ?, claim = ? WHERE position = ?`,
		&w.remove:       `DELETE FROM worklist_webhooks WHERE position = ?`,
		&w.removeStream: `DELETE FROM worklist_webhooks WHERE stream = ?`,
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, events []projections.Event) error {
		b := &batch{ctx: ctx, w: w, rows: map[place]*row{}}
		for _, e := range events {
			if err := b.add(e); err != nil {
				return fmt.Errorf("%s at %s@%d: %w", e.Type, e.Stream, e.Revision, err)
			}
		}
		return b.flush()
	}, nil
}

type place struct {
	stream     es.Stream
	generation int
}

// batch is what a batch of events does to the list. What begins and ends in
// one batch never reaches the file.
type batch struct {
	ctx   context.Context //nolint:containedctx // lives as long as one call of Apply
	w     *writer
	rows  map[place]*row // nil: known not to be there
	order []place
}

func (b *batch) add(e projections.Event) error {
	if e.Deleted {
		return b.removeStream(e.Stream)
	}
	at := place{e.Stream, e.Ref.Generation}
	switch fact := e.Webhook.(type) {
	case nil, webhook.DuplicateReceived, webhook.DuplicatesCounted:
		return nil // no progress
	case webhook.Received:
		if b.rows[at] == nil {
			b.keep(at, &row{
				position: e.Position, stream: e.Stream, generation: fact.Receipt.Generation,
				receivedAt: e.At, takenBy: fact.Receipt.Instance,
			})
		}
	default: // it moves on what there is
	}
	r, err := b.row(at)
	if err != nil || r == nil {
		return err // done before, or never begun
	}
	r.apply(e)
	r.progress, r.progressAt, r.altered = e.Revision, e.At, true
	return nil
}

// apply changes the row by a fact.
func (r *row) apply(e projections.Event) {
	switch fact := e.Webhook.(type) {
	case webhook.ActionsPlanned:
		r.planned, r.planParked, r.actions = true, false, nil
		for _, a := range fact.Actions {
			r.actions = append(r.actions, open{ID: a.ID, Status: a.Standing().Status})
		}
	case webhook.PlanParked:
		r.planParked = !r.planned
	case webhook.PlanRearmed:
		r.planParked = false
	case webhook.WorkClaimed:
		r.claim = &webhook.Claim{WorkClaimed: fact, Revision: e.Revision, At: e.At}
		r.move(fact)
	default:
		r.move(fact)
	}
}

// move makes the actions stand where a fact leads them.
func (r *row) move(fact webhook.Event) {
	for i := range r.actions {
		a := &r.actions[i]
		if standing, ok := webhook.StandingAfter(fact, a.ID, a.Status); ok {
			a.Status, a.RetryAt = standing.Status, standing.RetryAt
		}
	}
	r.actions = slices.DeleteFunc(r.actions, func(a open) bool {
		return a.Status == webhook.StatusSucceeded || a.Status == webhook.StatusSkipped
	})
}

func (b *batch) keep(at place, r *row) {
	if _, known := b.rows[at]; !known {
		b.order = append(b.order, at)
	}
	b.rows[at] = r
}

// row returns a row, from this batch or from the file; nil if there is none.
func (b *batch) row(at place) (*row, error) {
	if r, known := b.rows[at]; known {
		return r, nil
	}
	r, err := scan(b.w.load.QueryRowContext(b.ctx, string(at.stream), at.generation))
	if errors.Is(err, sql.ErrNoRows) {
		r, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	b.keep(at, r)
	return r, nil
}

func (b *batch) removeStream(stream es.Stream) error {
	for at := range b.rows {
		if at.stream == stream {
			b.rows[at] = nil
		}
	}
	_, err := b.w.removeStream.ExecContext(b.ctx, string(stream))
	return err
}

func (b *batch) flush() error {
	for _, at := range b.order {
		r := b.rows[at]
		if r == nil || !r.altered {
			continue
		}
		if err := b.write(r); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) write(r *row) error {
	if !r.kept() {
		if !r.stored {
			return nil
		}
		_, err := b.w.remove.ExecContext(b.ctx, int64(r.position))
		return err
	}
	actions, claimRevision, claimAt, claim, err := r.values()
	if err != nil {
		return err
	}
	if r.stored {
		_, err = b.w.update.ExecContext(b.ctx, int64(r.progress), int64(r.progressAt), r.planned, r.planParked, actions, r.due(), claimRevision, claimAt, claim, int64(r.position))
		return err
	}
	_, err = b.w.insert.ExecContext(b.ctx, int64(r.position), string(r.stream), r.generation, int64(r.receivedAt), r.takenBy,
		int64(r.progress), int64(r.progressAt), r.planned, r.planParked, actions, claimRevision, claimAt, claim, r.due())
	return err
}

// values returns the columns that are not numbers in the row.
func (r *row) values() (actions string, claimRevision, claimAt, claim any, err error) {
	if len(r.actions) > 0 {
		text, err := json.Marshal(r.actions)
		if err != nil {
			return "", nil, nil, nil, fmt.Errorf("write the open actions of %s: %w", r.stream, err)
		}
		actions = string(text)
	}
	if r.claim == nil {
		return actions, nil, nil, nil, nil
	}
	text, err := json.Marshal(r.claim.WorkClaimed)
	if err != nil {
		return "", nil, nil, nil, fmt.Errorf("write the claim of %s: %w", r.stream, err)
	}
	return actions, int64(r.claim.Revision), int64(r.claim.At), string(text), nil
}
