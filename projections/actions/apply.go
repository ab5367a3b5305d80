package actions

import (
	"context"
	"database/sql"
	"fmt"

	"daybook/domain/action"
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
		&w.load: `SELECT ` + columns + ` FROM actions_actions WHERE stream = ? AND generation = ? ORDER BY place`,
		&w.insert: `INSERT INTO actions_actions (` + columns + `)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		&w.update: `UPDATE actions_actions SET status = ?, troubled = ?, reason = ?, error = ?, class = ?, http_status = ?, destination = ?,
			attempts = ?, retry_at = ?, changed_at = ? WHERE position = ? AND place = ?`,
		&w.remove:       `DELETE FROM actions_actions WHERE position = ? AND place = ?`,
		&w.removeStream: `DELETE FROM actions_actions WHERE stream = ?`,
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, events []projections.Event) error {
		b := &batch{ctx: ctx, w: w, rows: map[life][]*row{}}
		for i := range events {
			if err := b.add(&events[i]); err != nil {
				return fmt.Errorf("%s at %s@%d: %w", events[i].Type, events[i].Stream, events[i].Revision, err)
			}
		}
		return b.flush()
	}, nil
}

// life is a generation of a webhook.
type life struct {
	stream     es.Stream
	generation int
}

// batch is what a batch of events does to the list. What begins and ends in
// one batch never reaches the file.
type batch struct {
	ctx   context.Context //nolint:containedctx // lives as long as one call of Apply
	w     *writer
	rows  map[life][]*row // present: known
	order []life
}

func (b *batch) add(e *projections.Event) error {
	if e.Deleted {
		return b.removeStream(e.Stream)
	}
	at := life{e.Stream, e.Ref.Generation}
	switch fact := e.Webhook.(type) {
	case nil, webhook.Received, webhook.DuplicateReceived, webhook.DuplicatesCounted, webhook.PlanParked, webhook.PlanRearmed:
		return nil // no action moves
	case webhook.ActionsPlanned:
		b.keep(at, plannedRows(e, fact))
		return nil
	default:
		rows, err := b.known(at)
		if err != nil {
			return err
		}
		for _, r := range rows {
			r.apply(e)
		}
		return nil
	}
}

func plannedRows(e *projections.Event, fact webhook.ActionsPlanned) []*row {
	rows := make([]*row, len(fact.Actions))
	for i, a := range fact.Actions {
		about, standing := action.SubjectOf(a.Payload), a.Standing()
		rows[i] = &row{
			stream: e.Stream, generation: fact.Generation, altered: true, troubled: standing.Status == webhook.StatusParked,
			Item: Item{
				ID: a.ID, Environment: e.Ref.Environment, Source: e.Ref.Source, Mapping: a.MappingKey, ActionType: a.ActionType,
				Name: about.Name, Target: about.Target, More: about.More, Lacking: a.Problem != nil,
				Status: standing.Status, Reason: standing.Reason, Error: standing.Error,
				PlannedAt: e.At, ChangedAt: e.At, position: e.Position, place: i,
			},
		}
	}
	return rows
}

// apply changes the row by a fact.
func (r *row) apply(e *projections.Event) {
	if r.done {
		return
	}
	switch fact := e.Webhook.(type) {
	case webhook.AttemptBegun:
		if fact.Action == r.ID {
			r.Destination = fact.Destination
			r.attempted(fact.Attempt, e.At)
		}
		return
	case webhook.ActionFailed:
		if fact.Action == r.ID {
			r.attempted(fact.Attempt, e.At)
			r.Class, r.HTTPStatus = fact.Class, fact.HTTPStatus
		}
	case webhook.ActionParked:
		if fact.Action == r.ID && fact.Attempt > 0 {
			r.attempted(fact.Attempt, e.At)
			r.Class, r.HTTPStatus = fact.Class, fact.HTTPStatus
		}
	case webhook.ActionUncertain:
		if fact.Action == r.ID && fact.Attempt > 0 {
			r.attempted(fact.Attempt, e.At)
			r.Class, r.HTTPStatus = webhook.ClassUnknown, fact.HTTPStatus
		}
	default: // no attempt ended
	}
	standing, ok := webhook.StandingAfter(e.Webhook, r.ID, r.Status)
	if !ok {
		return
	}
	r.Status, r.Reason, r.Error, r.RetryAt = standing.Status, standing.Reason, standing.Error, standing.RetryAt
	r.ChangedAt, r.altered = e.At, true
	switch r.Status {
	case webhook.StatusSucceeded, webhook.StatusSkipped:
		r.done = true
	case webhook.StatusWaiting, webhook.StatusParked, webhook.StatusUncertain:
		r.troubled = true
	default: // it is under way
	}
}

func (r *row) attempted(number int, at es.Time) {
	r.Attempts, r.ChangedAt, r.altered = max(r.Attempts, number), at, true
}

func (b *batch) keep(at life, rows []*row) {
	if _, known := b.rows[at]; !known {
		b.order = append(b.order, at)
	}
	b.rows[at] = rows
}

// known returns the rows of a generation, from this batch or from the file.
func (b *batch) known(at life) ([]*row, error) {
	if rows, known := b.rows[at]; known {
		return rows, nil
	}
	stored, err := b.load(at)
	if err != nil {
		return nil, err
	}
	b.keep(at, stored)
	return stored, nil
}

func (b *batch) load(at life) ([]*row, error) {
	rows, err := b.w.load.QueryContext(b.ctx, string(at.stream), at.generation)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var stored []*row
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		stored = append(stored, r)
	}
	return stored, rows.Err()
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
		for _, r := range b.rows[at] {
			if err := b.write(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *batch) write(r *row) error {
	var err error
	switch {
	case !r.altered, r.done && !r.stored:
	case r.done:
		_, err = b.w.remove.ExecContext(b.ctx, int64(r.position), r.place)
	case r.stored:
		_, err = b.w.update.ExecContext(b.ctx, string(r.Status), r.troubled, string(r.Reason), r.Error, string(r.Class), r.HTTPStatus, r.Destination,
			r.Attempts, int64(r.RetryAt), int64(r.ChangedAt), int64(r.position), r.place)
	default:
		_, err = b.w.insert.ExecContext(b.ctx, int64(r.position), r.place, r.ID, string(r.stream), r.generation, r.Environment, r.Source, r.Mapping,
			string(r.ActionType), r.Name, r.Target, r.More, int64(r.PlannedAt), r.Lacking, string(r.Status), r.troubled, string(r.Reason), r.Error,
			string(r.Class), r.HTTPStatus, r.Destination, r.Attempts, int64(r.RetryAt), int64(r.ChangedAt))
	}
	return err
}
