package actions

import (
	"context"
	"fmt"

	"daybook/domain/webhook"
	"daybook/projections"
)

// Stuck is how many actions of a source wait for a person.
type Stuck struct {
	Environment, Source string
	N                   int
	// Status and Reason are those of the newest.
	Status webhook.Status
	Reason webhook.ParkReason
}

// Stuck returns where actions are parked or uncertain, by environment and source.
func (l *List) Stuck(ctx context.Context) ([]Stuck, error) {
	var all []Stuck
	err := l.runner.View(ctx, func(v *projections.View) error {
		// In SQLite the columns beside max() are those of the row that has it.
		rows, err := v.Rows(ctx, `SELECT environment, source, count(*), status, reason, max(changed_at) FROM actions_actions
			WHERE troubled = 1 AND status IN (?, ?) GROUP BY environment, source ORDER BY environment, source`,
			string(webhook.StatusParked), string(webhook.StatusUncertain))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err is asked below
		for rows.Next() {
			var s Stuck
			var newest int64
			if err := rows.Scan(&s.Environment, &s.Source, &s.N, &s.Status, &s.Reason, &newest); err != nil {
				return err
			}
			all = append(all, s)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("count the actions that wait for people: %w", err)
	}
	return all, nil
}
