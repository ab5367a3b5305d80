// Package worklist is the read model of what is still to be done: one row for
// each generation of a webhook that is not yet planned, or has actions that
// have not succeeded and were not given up. What is parked or uncertain is not
// on the list, but may come back to it. Rows go when nothing is left, so the
// table is as small as the backlog and what waits for people.
//
// It says where to look, and no more: whoever works reads the stream, decides
// there, and is fenced there.
package worklist

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections"
)

// Name is the name of this projection.
const Name = "worklist"

// Projection returns the projection, for the runner.
func Projection() projections.Projection {
	return projections.Projection{Name: Name, Version: 3, Schema: schema, Prepare: prepare}
}

const schema = `
CREATE TABLE worklist_webhooks (
	position       INTEGER PRIMARY KEY, -- of the event that began the generation
	stream         TEXT    NOT NULL,
	generation     INTEGER NOT NULL,
	received_at    INTEGER NOT NULL, -- ms
	taken_by       TEXT    NOT NULL, -- the instance that took it
	progress       INTEGER NOT NULL, -- revision of the newest event that moved the work on
	progress_at    INTEGER NOT NULL, -- ms
	planned        INTEGER NOT NULL,
	plan_parked    INTEGER NOT NULL, -- waits for a person: not on the list, but a plan may follow
	actions        TEXT    NOT NULL, -- JSON array of the actions that are left; empty for none
	due            INTEGER,          -- ms; 0: now; null: not by itself, so it is not on the list
	claim_revision INTEGER,          -- null: not claimed
	claim_at       INTEGER,          -- ms
	claim          TEXT              -- JSON: instance, start, lease
) STRICT;
CREATE UNIQUE INDEX worklist_webhooks_stream ON worklist_webhooks (stream, generation);
CREATE INDEX worklist_webhooks_due ON worklist_webhooks (due, position) WHERE due IS NOT NULL;
`

// List answers what is to be done. Its methods may be called by many
// goroutines at once.
type List struct {
	runner *projections.Runner
}

// New returns the worklist that a runner keeps with [Projection].
func New(runner *projections.Runner) *List { return &List{runner: runner} }

// Entry is a generation with something to be done.
type Entry struct {
	Ref        webhook.Ref
	Position   es.Position // of the event that began it
	ReceivedAt es.Time
	TakenBy    string // the instance that took it
	// Progress is the revision of the newest event that moved the work on, and
	// ProgressAt its time: as long as it stays, nothing happens.
	Progress   es.Revision
	ProgressAt es.Time
	// Planned is false where the plan is still to be made.
	Planned bool
	Claim   *webhook.Claim // the newest claim; nil: none
	// Resting says that whoever made the claim has nothing left to do under it.
	Resting bool
	// Due is when something is to be done; no time: now.
	Due es.Time
}

// Place is a place in the list, which is in the order of what is due first.
type Place struct {
	Due      es.Time
	Position es.Position
}

// Place returns where the entry stands.
func (e Entry) Place() Place { return Place{e.Due, e.Position} }

// Begin is before all places.
func Begin() Place { return Place{Position: es.Start} }

// maxLimit is the most entries that one call returns.
const maxLimit = 1000

// Pending returns at most limit entries that are due by a time, after a place.
// To go on, ask again with the place of the last.
func (l *List) Pending(ctx context.Context, by es.Time, after Place, limit int) ([]Entry, error) {
	var entries []Entry
	err := l.runner.View(ctx, func(v *projections.View) error {
		rows, err := v.Rows(ctx, `SELECT `+columns+` FROM worklist_webhooks WHERE due <= ? AND (due, position) > (?, ?) ORDER BY due, position LIMIT ?`,
			int64(by), int64(after.Due), int64(after.Position), min(max(limit, 1), maxLimit))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err is asked below
		for rows.Next() {
			r, err := scan(rows)
			if err != nil {
				return err
			}
			entry, err := r.entry()
			if err != nil {
				return err
			}
			entries = append(entries, entry)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list what is to be done: %w", err)
	}
	return entries, nil
}

// NextDue returns when the first of those falls due that are not by a time; no
// time if there are none.
func (l *List) NextDue(ctx context.Context, by es.Time) (es.Time, error) {
	var next sql.NullInt64
	err := l.runner.View(ctx, func(v *projections.View) error {
		return v.Row(ctx, `SELECT min(due) FROM worklist_webhooks WHERE due > ?`, int64(by)).Scan(&next)
	})
	if err != nil {
		return 0, fmt.Errorf("ask when something is to be done: %w", err)
	}
	return es.Time(next.Int64), nil
}

// Count returns how many generations have something to be done, now or later.
func (l *List) Count(ctx context.Context) (int, error) {
	n := 0
	err := l.runner.View(ctx, func(v *projections.View) error {
		return v.Row(ctx, `SELECT count(*) FROM worklist_webhooks WHERE due IS NOT NULL`).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count what is to be done: %w", err)
	}
	return n, nil
}

const columns = `position, stream, generation, received_at, taken_by, progress, progress_at, planned, plan_parked, actions, claim_revision, claim_at, claim`

// row is a row of the table.
type row struct {
	position   es.Position
	stream     es.Stream
	generation int
	receivedAt es.Time
	takenBy    string
	progress   es.Revision
	progressAt es.Time
	planned    bool
	planParked bool
	actions    []open
	claim      *webhook.Claim

	stored  bool
	altered bool
}

// open is an action that has not succeeded and was not given up.
type open struct {
	ID      string         `json:"id"`
	Status  webhook.Status `json:"status"`
	RetryAt es.Time        `json:"retry_at,omitzero"`
}

// kept reports whether something is, or may come, to be done.
func (r *row) kept() bool { return !r.planned || len(r.actions) > 0 }

// due returns when something is to be done by itself, in milliseconds; nil if
// nothing is.
func (r *row) due() any {
	if !r.planned {
		if r.planParked {
			return nil
		}
		return int64(0)
	}
	var due any
	for _, a := range r.actions {
		if at := int64(a.RetryAt); !a.Status.Done() && (due == nil || at < due.(int64)) {
			due = at
		}
	}
	return due
}

func (r *row) resting() bool {
	return !slices.ContainsFunc(r.actions, func(a open) bool { return a.Status == webhook.StatusClaimed })
}

func (r *row) entry() (Entry, error) {
	ref, err := webhook.ParseStream(r.stream)
	if err != nil {
		return Entry{}, err
	}
	ref.Generation = r.generation
	due, _ := r.due().(int64)
	return Entry{
		Ref: ref, Position: r.position, ReceivedAt: r.receivedAt, TakenBy: r.takenBy,
		Progress: r.progress, ProgressAt: r.progressAt, Planned: r.planned, Claim: r.claim, Resting: r.resting(), Due: es.Time(due),
	}, nil
}

// scan reads a row of columns.
func scan(rows interface{ Scan(targets ...any) error }) (*row, error) {
	r := &row{stored: true}
	var position, progress int64
	var actions string
	var claimRevision, claimAt sql.NullInt64
	var claim sql.NullString
	err := rows.Scan(&position, &r.stream, &r.generation, &r.receivedAt, &r.takenBy, &progress, &r.progressAt, &r.planned, &r.planParked, &actions,
		&claimRevision, &claimAt, &claim)
	if err != nil {
		return nil, err
	}
	r.position, r.progress = es.Position(position), es.Revision(progress)
	if actions != "" {
		if err := json.Unmarshal([]byte(actions), &r.actions); err != nil {
			return nil, fmt.Errorf("read the open actions of %s: %w", r.stream, err)
		}
	}
	if claim.Valid {
		r.claim = &webhook.Claim{Revision: es.Revision(claimRevision.Int64), At: es.Time(claimAt.Int64)}
		if err := json.Unmarshal([]byte(claim.String), &r.claim.WorkClaimed); err != nil {
			return nil, fmt.Errorf("read the claim of %s: %w", r.stream, err)
		}
	}
	return r, nil
}
