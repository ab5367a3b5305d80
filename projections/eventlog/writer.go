package eventlog

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
	loadItem, listNumbers, insertItem, updateItem, deleteItem *sql.Stmt
	insertObject, deleteObject                                *sql.Stmt
	addFacet, subtractFacet, deleteFacet                      *sql.Stmt
	addCount, deleteCount                                     *sql.Stmt
	widenSpan, readSpan, firstIn, lastIn, setSpan, deleteSpan *sql.Stmt
	minutesIn                                                 *sql.Stmt
	addUse, deleteUse                                         *sql.Stmt
}

// entryColumns are those of an item with its facet, as [scanEntry] reads them.
const entryColumns = `i.position, i.changed, i.stream, i.number, i.facet, i.received_at, i.occurred_at, i.worked_at,
	i.event_id, i.object_id, i.idempotency_key, i.related, i.deliveries, i.planned, i.plan_parked, i.condition_failed, i.actions, i.secret, i.token, i.note,
	f.kind, f.environment, f.source, f.event_type, f.status, f.cause, f.reason, f.duplicate, f.actions`

const entryTables = ` FROM eventlog_items i JOIN eventlog_facets f ON f.id = i.facet `

func (w *writer) prepare(ctx context.Context, p projections.Preparer) error {
	return projections.PrepareAll(ctx, p, map[**sql.Stmt]string{
		&w.loadItem:    `SELECT ` + entryColumns + entryTables + `WHERE i.stream = ? AND i.number = ?`,
		&w.listNumbers: `SELECT number FROM eventlog_items WHERE stream = ? AND number <= ?`,
		&w.insertItem: `INSERT INTO eventlog_items (position, changed, stream, number, facet, received_at, occurred_at, worked_at,
			event_id, object_id, idempotency_key, related, deliveries, planned, plan_parked, condition_failed, actions, secret, token, note)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		&w.updateItem: `UPDATE eventlog_items SET changed = ?, facet = ?, worked_at = ?, deliveries = ?,
			planned = ?, plan_parked = ?, condition_failed = ?, actions = ?, note = ? WHERE position = ?`,
		&w.deleteItem:    `DELETE FROM eventlog_items WHERE position = ?`,
		&w.insertObject:  `INSERT OR IGNORE INTO eventlog_objects (id, position) VALUES (?, ?)`,
		&w.deleteObject:  `DELETE FROM eventlog_objects WHERE id = ? AND position = ?`,
		&w.subtractFacet: `UPDATE eventlog_facets SET items = items + ? WHERE id = ?`,
		&w.addFacet: `INSERT INTO eventlog_facets (id, kind, environment, source, event_type, status, cause, reason, duplicate, actions, items)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET items = items + excluded.items`,
		&w.deleteFacet: `DELETE FROM eventlog_facets WHERE id = ? AND items = 0`,
		&w.addCount: `INSERT INTO eventlog_counts (width, start, facet, items) VALUES (?, ?, ?, ?)
			ON CONFLICT (width, start, facet) DO UPDATE SET items = items + excluded.items`,
		&w.deleteCount: `DELETE FROM eventlog_counts WHERE width = ? AND start = ? AND facet = ? AND items = 0`,
		&w.addUse: `INSERT INTO eventlog_uses (environment, source, kind, id, start, items) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (environment, source, kind, id, start) DO UPDATE SET items = items + excluded.items`,
		&w.deleteUse: `DELETE FROM eventlog_uses WHERE environment = ? AND source = ? AND kind = ? AND id = ? AND start = ? AND items = 0`,
		&w.widenSpan: `INSERT INTO eventlog_spans (width, start, first, last) VALUES (?, ?, ?, ?)
			ON CONFLICT (width, start) DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)`,
		&w.readSpan: `SELECT first, last FROM eventlog_spans WHERE width = ? AND start = ?`,
		&w.firstIn: `SELECT position FROM eventlog_items WHERE position BETWEEN ? AND ? AND received_at >= ? AND received_at < ?
			ORDER BY position LIMIT 1`,
		&w.lastIn: `SELECT position FROM eventlog_items WHERE position BETWEEN ? AND ? AND received_at >= ? AND received_at < ?
			ORDER BY position DESC LIMIT 1`,
		&w.setSpan:    `UPDATE eventlog_spans SET first = ?, last = ? WHERE width = ? AND start = ?`,
		&w.deleteSpan: `DELETE FROM eventlog_spans WHERE width = ? AND start = ?`,
		&w.minutesIn:  `SELECT min(first), max(last) FROM eventlog_spans WHERE width = ? AND start >= ? AND start < ?`,
	})
}

// scanner is a row of a query.
type scanner interface{ Scan(targets ...any) error }

// scanEntry reads the columns of entryColumns.
func scanEntry(row scanner) (*entry, error) {
	n := &entry{stored: true}
	var position, changed, number int64
	var related, actions, noted string
	err := row.Scan(&position, &changed, &n.stream, &number, &n.facetID, &n.receivedAt, &n.occurredAt, &n.workedAt,
		&n.eventID, &n.objectID, &n.key, &related, &n.deliveries, &n.planned, &n.planParked, &n.failed, &actions, &n.secret, &n.token, &noted,
		&n.facet.Kind, &n.facet.Environment, &n.facet.Source, &n.facet.EventType, &n.facet.Status, &n.facet.Cause, &n.facet.Reason,
		&n.facet.Duplicate, &n.facet.Actions)
	if err != nil {
		return nil, err
	}
	n.position, n.changed, n.number = es.Position(position), es.Position(changed), uint64(number)
	err = errors.Join(fromJSON(related, &n.related), fromJSON(actions, &n.actions), fromJSON(noted, &n.note))
	return n, err
}

func (w *writer) load(ctx context.Context, at place) (*entry, error) {
	return scanEntry(w.loadItem.QueryRowContext(ctx, string(at.stream), int64(at.number)))
}

func (w *writer) numbersOf(ctx context.Context, stream es.Stream, to int64) ([]uint64, error) {
	rows, err := w.listNumbers.QueryContext(ctx, string(stream), to)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var numbers []uint64
	for rows.Next() {
		var number int64
		if err := rows.Scan(&number); err != nil {
			return nil, err
		}
		numbers = append(numbers, uint64(number))
	}
	return numbers, rows.Err()
}

// insert writes a new item, and reports whether it did: no decision of ours
// records the same generation twice, but a log may have been written by others.
func (w *writer) insert(ctx context.Context, n *entry) (bool, error) {
	result, err := w.insertItem.ExecContext(ctx, int64(n.position), int64(n.changed), string(n.stream), int64(n.number), n.facet.id(),
		int64(n.receivedAt), int64(n.occurredAt), int64(n.workedAt), n.eventID, n.objectID, n.key, toJSON(n.related), n.deliveries,
		n.planned, n.planParked, n.failed, toJSON(n.actions), n.secret, n.token, n.note.text())
	if err != nil {
		return false, err
	}
	if rows, err := result.RowsAffected(); err != nil || rows == 0 {
		return false, err
	}
	return true, n.eachObject(func(id string) error {
		_, err := w.insertObject.ExecContext(ctx, id, int64(n.position))
		return err
	})
}

func (w *writer) update(ctx context.Context, n *entry) error {
	_, err := w.updateItem.ExecContext(ctx, int64(n.changed), n.facet.id(), int64(n.workedAt), n.deliveries,
		n.planned, n.planParked, n.failed, toJSON(n.actions), n.note.text(), int64(n.position))
	return err
}

func (w *writer) remove(ctx context.Context, n *entry) error {
	if _, err := w.deleteItem.ExecContext(ctx, int64(n.position)); err != nil {
		return err
	}
	return n.eachObject(func(id string) error {
		_, err := w.deleteObject.ExecContext(ctx, id, int64(n.position))
		return err
	})
}

// eachObject calls do with the ids by which the filter object finds n.
func (n *entry) eachObject(do func(id string) error) error {
	if n.objectID != "" {
		if err := do(n.objectID); err != nil {
			return err
		}
	}
	for _, id := range n.related {
		if err := do(id); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) countFacet(ctx context.Context, id int64, f facet, by int64) error {
	switch {
	case by > 0:
		_, err := w.addFacet.ExecContext(ctx, id, string(f.Kind), f.Environment, f.Source, f.EventType,
			string(f.Status), f.Cause, f.Reason, f.Duplicate, f.Actions, by)
		return err
	case by < 0:
		if _, err := w.subtractFacet.ExecContext(ctx, by, id); err != nil {
			return err
		}
		_, err := w.deleteFacet.ExecContext(ctx, id)
		return err
	default:
		return nil
	}
}

func (w *writer) count(ctx context.Context, c count, by int64) error {
	if by == 0 {
		return nil
	}
	if _, err := w.addCount.ExecContext(ctx, c.width, c.start, c.facet, by); err != nil {
		return err
	}
	if by > 0 {
		return nil
	}
	_, err := w.deleteCount.ExecContext(ctx, c.width, c.start, c.facet)
	return err
}

func (w *writer) countUse(ctx context.Context, u use, by int64) error {
	if by == 0 {
		return nil
	}
	if _, err := w.addUse.ExecContext(ctx, u.environment, u.source, string(u.kind), u.id, u.start, by); err != nil {
		return err
	}
	if by > 0 {
		return nil
	}
	_, err := w.deleteUse.ExecContext(ctx, u.environment, u.source, string(u.kind), u.id, u.start)
	return err
}

// narrowMinute finds anew where a minute lies that lost an item.
func (w *writer) narrowMinute(ctx context.Context, start int64) error {
	var first, last int64
	err := w.readSpan.QueryRowContext(ctx, minute, start).Scan(&first, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	newFirst, newLast := first, last
	err = w.firstIn.QueryRowContext(ctx, first, last, start, start+minute).Scan(&newFirst)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = w.deleteSpan.ExecContext(ctx, minute, start)
		return err
	}
	if err != nil {
		return err
	}
	if err := w.lastIn.QueryRowContext(ctx, first, last, start, start+minute).Scan(&newLast); err != nil {
		return err
	}
	_, err = w.setSpan.ExecContext(ctx, newFirst, newLast, minute, start)
	return err
}

// narrowHour finds anew where an hour lies, by its minutes.
func (w *writer) narrowHour(ctx context.Context, start int64) error {
	var first, last sql.NullInt64
	if err := w.minutesIn.QueryRowContext(ctx, minute, start, start+hour).Scan(&first, &last); err != nil {
		return err
	}
	if !first.Valid {
		_, err := w.deleteSpan.ExecContext(ctx, hour, start)
		return err
	}
	_, err := w.setSpan.ExecContext(ctx, first.Int64, last.Int64, hour, start)
	return err
}

func (n note) text() string {
	if n == (note{}) {
		return ""
	}
	return encode(n)
}

func toJSON[T any](list []T) string {
	if len(list) == 0 {
		return ""
	}
	return encode(list)
}

// encode writes strings and lists of them, which cannot fail.
func encode(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

func fromJSON(text string, into any) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("read %.40q: %w", text, err)
	}
	return nil
}
