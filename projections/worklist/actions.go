package worklist

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/webhook"
	"daybook/projections"
)

// Action is an action that is waiting, parked or uncertain.
type Action struct {
	ID       string
	Ref      webhook.Ref
	Position es.Position // of the event that began its webhook's generation
	Number   int         // in the order of the plan, from 0
	Mapping  string
	Type     action.Type
	Status   webhook.Status
	Reason   webhook.ParkReason
	Error    string // the beginning of it
	Attempts int
	RetryAt  es.Time // no time if it is not waiting
	// ChangedAt is since when it stands so.
	ChangedAt es.Time
}

// ActionPlace is a place in the list of actions, which is in the order in which
// their webhooks came.
type ActionPlace struct {
	Position es.Position
	Number   int
}

// Place returns where the action stands.
func (a Action) Place() ActionPlace { return ActionPlace{a.Position, a.Number} }

// BeginActions is before all places.
func BeginActions() ActionPlace { return ActionPlace{Position: es.Start, Number: -1} }

// Filter says which actions are meant. An empty field means any.
type Filter struct {
	Status      webhook.Status
	Environment string
	Source      string
	Mapping     string
	Type        action.Type
	Reason      webhook.ParkReason
}

// where returns the condition of f, and its values.
func (f Filter) where() (string, []any) {
	conditions, values := []string{"1 = 1"}, []any{}
	for _, c := range [...]struct{ column, value string }{
		{"status", string(f.Status)},
		{"environment", f.Environment},
		{"source", f.Source},
		{"mapping", f.Mapping},
		{"action_type", string(f.Type)},
		{"reason", string(f.Reason)},
	} {
		if c.value != "" {
			conditions, values = append(conditions, c.column+" = ?"), append(values, c.value)
		}
	}
	return strings.Join(conditions, " AND "), values
}

const actionColumns = `id, position, number, stream, generation, mapping, action_type, status, reason, error, attempts, retry_at, changed_at`

// Actions returns at most limit actions after a place. To go on, ask again with
// the place of the last.
func (l *List) Actions(ctx context.Context, f Filter, after ActionPlace, limit int) ([]Action, error) {
	where, values := f.where()
	values = append(values, int64(after.Position), after.Number, min(max(limit, 1), maxLimit))
	var actions []Action
	err := l.runner.View(ctx, func(v *projections.View) error {
		rows, err := v.Rows(ctx, `SELECT `+actionColumns+` FROM worklist_actions WHERE `+where+
			` AND (position, number) > (?, ?) ORDER BY position, number LIMIT ?`, values...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err is asked below
		for rows.Next() {
			a, err := scanAction(rows)
			if err != nil {
				return err
			}
			actions = append(actions, a)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list actions: %w", err)
	}
	return actions, nil
}

// CountActions returns how many actions are meant.
func (l *List) CountActions(ctx context.Context, f Filter) (int, error) {
	where, values := f.where()
	n := 0
	err := l.runner.View(ctx, func(v *projections.View) error {
		return v.Row(ctx, `SELECT count(*) FROM worklist_actions WHERE `+where, values...).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count actions: %w", err)
	}
	return n, nil
}

// FindAction returns the action with that id; false if there is none that is
// waiting, parked or uncertain.
func (l *List) FindAction(ctx context.Context, id string) (Action, bool, error) {
	var a Action
	err := l.runner.View(ctx, func(v *projections.View) error {
		var err error
		a, err = scanAction(v.Row(ctx, `SELECT `+actionColumns+` FROM worklist_actions WHERE id = ?`, id))
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Action{}, false, nil
	}
	if err != nil {
		return Action{}, false, fmt.Errorf("find action %s: %w", id, err)
	}
	return a, true, nil
}

func scanAction(row interface{ Scan(targets ...any) error }) (Action, error) {
	var a Action
	var stream es.Stream
	var position, generation int64
	err := row.Scan(&a.ID, &position, &a.Number, &stream, &generation, &a.Mapping, &a.Type, &a.Status, &a.Reason, &a.Error, &a.Attempts, &a.RetryAt, &a.ChangedAt)
	if err != nil {
		return Action{}, err
	}
	a.Position = es.Position(position)
	a.Ref, err = webhook.ParseStream(stream)
	a.Ref.Generation = int(generation)
	return a, err
}
