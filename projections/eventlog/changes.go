package eventlog

import (
	"context"
	"fmt"

	"daybook/domain/es"
	"daybook/projections"
)

// Changes are items in the order of their last change.
type Changes struct {
	// Items each have the position that caused them in Changed. An item that
	// changed several times is there once, as it is now.
	Items []Item
	// Next is where to go on: everything up to it has been looked at.
	Next es.Position
	// More says that there is more already.
	More bool
}

// ChangedSince returns at most limit items that pass the filter and changed
// after a position, in the order of their last change. To follow the log, ask
// again from Next: at once if there is more, else when the runner has applied
// more.
func (l *Log) ChangedSince(ctx context.Context, position es.Position, f Filter, limit int) (Changes, error) {
	limit = min(max(limit, 1), MaxLimit)
	var changes Changes
	err := l.runner.View(ctx, func(v *projections.View) error {
		changes = Changes{Next: max(position, v.Applied)}
		chunk, err := changed(ctx, v, position)
		if err != nil || len(chunk) == 0 {
			return err
		}
		s, err := l.resolve(ctx, v, f)
		if err != nil {
			return err
		}
		return s.changes(ctx, v, chunk, limit, &changes)
	})
	if err != nil {
		return Changes{}, fmt.Errorf("follow the event log: %w", err)
	}
	return changes, nil
}

// changes goes on from a chunk of what changed, until there are enough.
func (s selection) changes(ctx context.Context, v *projections.View, chunk []candidate, limit int, changes *Changes) error {
	var found []candidate
	looked := 0
	for len(chunk) > 0 && !changes.More {
		for _, c := range chunk {
			if s.passes(c) {
				found = append(found, c)
			}
			looked++
			changes.Next = c.changed
			if len(found) == limit || looked == s.looked {
				changes.More = true
				break
			}
		}
		var err error
		if chunk, err = changed(ctx, v, changes.Next); err != nil {
			return err
		}
	}
	if len(chunk) == 0 {
		changes.Next, changes.More = v.Applied, false
	}
	var err error
	changes.Items, err = load(ctx, v, found)
	return err
}

// changed returns the next items that changed after a position.
func changed(ctx context.Context, v *projections.View, position es.Position) ([]candidate, error) {
	rows, err := v.Rows(ctx, `SELECT `+candidateColumns+` FROM eventlog_items i WHERE i.changed > ? ORDER BY i.changed LIMIT ?`,
		int64(position), largeChunk)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var found []candidate
	for rows.Next() {
		c, err := scanCandidate(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, rows.Err()
}
