// Package actions is the read model of the actions that people may have to look
// after: one row for each action of a webhook that is planned and not done, or
// parked, or uncertain. A row goes when its action succeeded or was given up, so
// the table is as small as what is under way and what is in trouble.
//
// It says which there are and why. Whoever does something about one reads the
// stream, and it is decided there.
package actions

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections"
)

// Projection returns the projection, for the runner.
func Projection() projections.Projection {
	return projections.Projection{Name: "actions", Version: 1, Schema: schema, Prepare: prepare}
}

const schema = `
CREATE TABLE actions_actions (
	position    INTEGER NOT NULL, -- of the plan
	place       INTEGER NOT NULL, -- in the plan
	id          TEXT    NOT NULL,
	stream      TEXT    NOT NULL,
	generation  INTEGER NOT NULL,
	environment TEXT    NOT NULL,
	source      TEXT    NOT NULL,
	mapping     TEXT    NOT NULL,
	action_type TEXT    NOT NULL,
	name        TEXT    NOT NULL, -- of what the request is about
	target      TEXT    NOT NULL,
	more        INTEGER NOT NULL,
	planned_at  INTEGER NOT NULL, -- ms
	lacking     INTEGER NOT NULL, -- planned with a problem: it cannot be carried out as it is
	status      TEXT    NOT NULL,
	troubled    INTEGER NOT NULL, -- it has not gone well once
	reason      TEXT    NOT NULL,
	error       TEXT    NOT NULL,
	class       TEXT    NOT NULL, -- of the newest attempt that failed
	http_status INTEGER NOT NULL, -- of its answer; 0: none
	destination TEXT    NOT NULL, -- where it was sent, where that was recorded
	attempts    INTEGER NOT NULL,
	retry_at    INTEGER NOT NULL, -- ms; 0: not waiting
	changed_at  INTEGER NOT NULL, -- ms; of the newest fact about it
	PRIMARY KEY (position, place)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX actions_actions_stream ON actions_actions (stream, generation, place);
CREATE INDEX actions_actions_id ON actions_actions (id);
CREATE INDEX actions_actions_troubled ON actions_actions (troubled, position, place);
`

// List answers which actions there are. Its methods may be called by many
// goroutines at once.
type List struct {
	runner *projections.Runner
}

// New returns the list that a runner keeps with [Projection].
func New(runner *projections.Runner) *List { return &List{runner: runner} }

// Item is an action that is not done, or parked, or uncertain. Its JSON is the
// API's.
type Item struct {
	ID          string      `json:"id"`
	Webhook     string      `json:"webhook"` // the id of the webhook that it follows from
	Environment string      `json:"environment"`
	Source      string      `json:"source"`
	Mapping     string      `json:"mapping"`
	ActionType  action.Type `json:"action_type"`
	// Name and Target say what the request is about, as [action.Subject] does;
	// More is how many are reached beside the target.
	Name   string         `json:"name"`
	Target string         `json:"target"`
	More   int            `json:"more"`
	Status webhook.Status `json:"status"`
	// Reason and Error say what is wrong, or waited for; Class and HTTPStatus
	// are those of the newest attempt that failed.
	Reason     webhook.ParkReason `json:"reason"`
	Error      string             `json:"error"`
	Class      webhook.Class      `json:"class"`
	HTTPStatus int                `json:"http_status"`
	// Destination is where it was sent; empty where that is not recorded.
	Destination string `json:"destination"`
	Attempts    int    `json:"attempts"`
	// Lacking says that it was planned without something that it needs: trying
	// it again is of no use.
	Lacking   bool    `json:"lacking"`
	RetryAt   es.Time `json:"retry_at"` // null: it is not waiting
	PlannedAt es.Time `json:"planned_at"`
	ChangedAt es.Time `json:"changed_at"`

	// Ref is the webhook that it follows from.
	Ref webhook.Ref `json:"-"`

	position es.Position
	place    int
}

// MaxLimit is the most items that one call returns.
const MaxLimit = 500

// Page is a part of the list, the newest plan first.
type Page struct {
	Items []Item
	Next  string // the cursor of the next page, empty at the end
}

// List returns at most limit items, those after the cursor if there is one. It
// returns [projections.ErrInvalidCursor] for a cursor that is not one of this
// log's.
func (l *List) List(ctx context.Context, f Filter, limit int, after string) (Page, error) {
	limit = min(max(limit, 1), MaxLimit)
	var page Page
	err := l.runner.View(ctx, func(v *projections.View) error {
		where, args := f.where()
		if after != "" {
			position, place, err := parseCursor(v, after)
			if err != nil {
				return err
			}
			where += ` AND (position < ? OR position = ? AND place > ?)`
			args = append(args, int64(position), int64(position), place)
		}
		items, err := read(ctx, v, where+` ORDER BY position DESC, place LIMIT ?`, append(args, limit+1)...)
		if err != nil {
			return err
		}
		page.Items = items
		if len(items) > limit {
			page.Items = items[:limit]
			last := items[limit-1]
			page.Next = v.Cursor(last.position, strconv.Itoa(last.place))
		}
		return nil
	})
	if err != nil {
		return Page{}, fmt.Errorf("list actions: %w", err)
	}
	return page, nil
}

func parseCursor(v *projections.View, text string) (es.Position, int, error) {
	position, tie, err := v.ParseCursor(text)
	if err != nil {
		return 0, 0, err
	}
	place, err := strconv.Atoi(tie)
	if err != nil {
		return 0, 0, projections.ErrInvalidCursor
	}
	return position, place, nil
}

// ErrNotFound says that no such action is waiting, parked or uncertain.
var ErrNotFound = &es.Refusal{Code: es.NotFound, Message: "there is no action with this id that is not done; those that are not are under /actions"}

// Find returns an action by its id, or [ErrNotFound].
func (l *List) Find(ctx context.Context, id string) (Item, error) {
	var items []Item
	err := l.runner.View(ctx, func(v *projections.View) error {
		var err error
		items, err = read(ctx, v, `id = ? LIMIT 1`, id)
		return err
	})
	switch {
	case err != nil:
		return Item{}, fmt.Errorf("find action: %w", err)
	case len(items) == 0:
		return Item{}, ErrNotFound
	default:
		return items[0], nil
	}
}

// Counts says how the actions stand that a filter selects.
type Counts struct {
	Total     int `json:"total"`
	Waiting   int `json:"waiting"`
	Parked    int `json:"parked"`
	Uncertain int `json:"uncertain"`
	// Lacking are those of the parked ones that cannot be carried out as they
	// are.
	Lacking int `json:"lacking"`
}

// Count counts what a filter selects.
func (l *List) Count(ctx context.Context, f Filter) (Counts, error) {
	var c Counts
	err := l.runner.View(ctx, func(v *projections.View) error {
		where, args := f.where()
		return v.Row(ctx, `SELECT count(*),
				coalesce(sum(status = 'waiting'), 0), coalesce(sum(status = 'parked'), 0), coalesce(sum(status = 'uncertain'), 0), coalesce(sum(lacking), 0)
			FROM actions_actions WHERE `+where, args...).Scan(&c.Total, &c.Waiting, &c.Parked, &c.Uncertain, &c.Lacking)
	})
	if err != nil {
		return Counts{}, fmt.Errorf("count actions: %w", err)
	}
	return c, nil
}

const columns = `position, place, id, stream, generation, environment, source, mapping, action_type, name, target, more, planned_at,
	lacking, status, troubled, reason, error, class, http_status, destination, attempts, retry_at, changed_at`

// read returns the items of a query whose WHERE is given.
func read(ctx context.Context, v *projections.View, where string, args ...any) ([]Item, error) {
	rows, err := v.Rows(ctx, `SELECT `+columns+` FROM actions_actions WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var items []Item
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		item, err := r.item()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, rows.Err()
}

// row is a row of the table.
type row struct {
	Item
	stream     es.Stream
	generation int
	troubled   bool
	stored     bool
	altered    bool
	done       bool
}

func (r *row) item() (Item, error) {
	ref, err := webhook.ParseStream(r.stream)
	if err != nil {
		return Item{}, err
	}
	ref.Generation = r.generation
	r.Ref, r.Webhook = ref, ref.ID()
	return r.Item, nil
}

// scan reads a row of columns.
func scan(rows *sql.Rows) (*row, error) {
	r := &row{stored: true}
	var position int64
	err := rows.Scan(&position, &r.place, &r.ID, &r.stream, &r.generation, &r.Environment, &r.Source, &r.Mapping, &r.ActionType,
		&r.Name, &r.Target, &r.More, &r.PlannedAt, &r.Lacking, &r.Status, &r.troubled, &r.Reason, &r.Error, &r.Class, &r.HTTPStatus,
		&r.Destination, &r.Attempts, &r.RetryAt, &r.ChangedAt)
	if err != nil {
		return nil, fmt.Errorf("read an action: %w", err)
	}
	r.position = es.Position(position)
	return r, nil
}
