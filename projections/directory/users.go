package directory

import (
	"context"
	"encoding/json"
	"fmt"

	"daybook/domain/es"
	"daybook/domain/value"
	"daybook/projections"
)

// Users returns at most limit users, the last changed first, those after the
// cursor if there is one. It returns [projections.ErrInvalidCursor] for a
// cursor that is not one of this log's.
func (d *Directory) Users(ctx context.Context, f Filter, limit int, after string) (Page[User], error) {
	limit = min(max(limit, 1), MaxLimit)
	page := Page[User]{Items: []User{}}
	err := d.runner.View(ctx, func(v *projections.View) error {
		position, tie := lastPosition, ""
		if after != "" {
			var err error
			if position, tie, err = v.ParseCursor(after); err != nil {
				return err
			}
		}
		for looked := 0; ; {
			chunk, err := usersAfter(ctx, v, f.Environment, position, tie)
			if err != nil {
				return err
			}
			for _, u := range chunk {
				if len(page.Items) == limit || looked == maxLooked {
					page.Next, page.Partial = v.Cursor(position, tie), len(page.Items) < limit
					return nil
				}
				looked++
				position, tie = u.position, u.Environment+"\x00"+u.ID
				if f.contains(u.ID, value.OrEmpty(u.Name), value.OrEmpty(u.Email)) {
					page.Items = append(page.Items, u.User)
				}
			}
			if len(chunk) < chunkSize {
				return nil
			}
		}
	})
	if err != nil {
		return Page[User]{}, fmt.Errorf("list users: %w", err)
	}
	return page, nil
}

const (
	lastPosition es.Position = 1<<63 - 1
	chunkSize                = 200
)

const userColumns = `environment, user, position, created_at, updated_at, stream, generation, traits`

type userAt struct {
	User
	position es.Position
}

// usersAfter returns the next users in the order of the list: by the position
// of their last change, then by environment and id.
func usersAfter(ctx context.Context, v *projections.View, environment string, position es.Position, tie string) ([]userAt, error) {
	query, args := `SELECT `+userColumns+` FROM directory_users
		WHERE position <= ? AND (position < ? OR environment || char(0) || user > ?)
		ORDER BY position DESC, environment, user LIMIT ?`, []any{int64(position), int64(position), tie, chunkSize}
	if environment != "" {
		query, args = `SELECT `+userColumns+` FROM directory_users
			WHERE environment = ? AND position <= ? AND (position < ? OR environment || char(0) || user > ?)
			ORDER BY position DESC, user LIMIT ?`, []any{environment, int64(position), int64(position), tie, chunkSize}
	}
	rows, err := v.Rows(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var users []userAt
	for rows.Next() {
		u, err := scanUser(rows)
		if err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	return users, rows.Err()
}

func scanUser(row interface{ Scan(targets ...any) error }) (userAt, error) {
	var u userAt
	var position int64
	var stream es.Stream
	var generation int
	var text string
	err := row.Scan(&u.Environment, &u.ID, &position, &u.CreatedAt, &u.UpdatedAt, &stream, &generation, &text)
	if err != nil {
		return userAt{}, err
	}
	var t traits
	if err := readTraitsText(text, &t); err != nil {
		return userAt{}, err
	}
	u.position, u.WebhookID = es.Position(position), webhookID(stream, generation)
	u.Name, u.Email, u.PhoneNumber, u.Avatar, u.Properties = t.Name, t.Email, t.PhoneNumber, t.Avatar, t.Properties
	if u.Properties == nil {
		u.Properties = map[string]json.RawMessage{}
	}
	return u, nil
}
