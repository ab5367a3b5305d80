package directory

import (
	"context"
	"encoding/json"
	"fmt"

	"daybook/domain/es"
	"daybook/domain/value"
	"daybook/projections"
)

// User is a user that was identified. What was never said of it is null.
type User struct {
	ID          string                     `json:"id"`
	Environment string                     `json:"environment"`
	Name        *string                    `json:"name"`
	Email       *string                    `json:"email"`
	PhoneNumber *string                    `json:"phone_number"`
	Avatar      *string                    `json:"avatar"`
	Properties  map[string]json.RawMessage `json:"properties"`
	LastChange
}

// Object is an object of a collection.
type Object struct {
	Collection    string                     `json:"collection"`
	ID            string                     `json:"id"`
	Environment   string                     `json:"environment"`
	Name          *string                    `json:"name"`
	Properties    map[string]json.RawMessage `json:"properties"`
	Subscriptions int                        `json:"subscriptions"` // how many recipients follow it
	LastChange
}

// Tenant is a tenant.
type Tenant struct {
	ID          string                     `json:"id"`
	Environment string                     `json:"environment"`
	Name        *string                    `json:"name"`
	Properties  map[string]json.RawMessage `json:"properties"`
	LastChange
}

// Audience is an audience, which somebody is in or once was.
type Audience struct {
	Key         string `json:"key"`
	Environment string `json:"environment"`
	Members     int    `json:"members"` // how many are in it, each once for a tenant
	LastChange
}

// LastChange is when something changed, and what changed it.
type LastChange struct {
	CreatedAt es.Time `json:"created_at"`
	UpdatedAt es.Time `json:"updated_at"`
	WebhookID string  `json:"webhook_id"` // the one that last changed it
}

// Users returns at most limit users, the last changed first, those after the
// cursor if there is one. It returns [projections.ErrInvalidCursor] for a
// cursor that is not one of this log's.
func (d *Directory) Users(ctx context.Context, f Filter, limit int, after string) (Page[User], error) {
	return entries(ctx, d, kindUser, f, limit, after, func(e entry) User {
		t := e.traits
		return User{e.id, e.environment, t.Name, t.Email, t.PhoneNumber, t.Avatar, e.properties(), e.lastChange()}
	})
}

// Objects returns objects, as [Directory.Users] does users.
func (d *Directory) Objects(ctx context.Context, f Filter, limit int, after string) (Page[Object], error) {
	return entries(ctx, d, kindObject, f, limit, after, func(e entry) Object {
		return Object{e.collection, e.id, e.environment, e.traits.Name, e.properties(), e.links, e.lastChange()}
	})
}

// Tenants returns tenants, as [Directory.Users] does users.
func (d *Directory) Tenants(ctx context.Context, f Filter, limit int, after string) (Page[Tenant], error) {
	return entries(ctx, d, kindTenant, f, limit, after, func(e entry) Tenant {
		return Tenant{e.id, e.environment, e.traits.Name, e.properties(), e.lastChange()}
	})
}

// Audiences returns audiences, as [Directory.Users] does users.
func (d *Directory) Audiences(ctx context.Context, f Filter, limit int, after string) (Page[Audience], error) {
	return entries(ctx, d, kindAudience, f, limit, after, func(e entry) Audience {
		return Audience{e.id, e.environment, e.links, e.lastChange()}
	})
}

// entry is an entry as it was read.
type entry struct {
	key
	row
	links int // that lead from it
}

func (r row) properties() map[string]json.RawMessage {
	if r.traits.Properties == nil {
		return map[string]json.RawMessage{}
	}
	return r.traits.Properties
}

func (r row) lastChange() LastChange {
	return LastChange{r.createdAt, r.updatedAt, webhookID(r.stream, r.generation)}
}

func (r row) place() place { return place{r.position, r.number} }

// entries returns those of a kind, each as show has it.
func entries[T any](ctx context.Context, d *Directory, k kind, f Filter, limit int, after string, show func(entry) T) (Page[T], error) {
	var found Page[entry]
	err := d.runner.View(ctx, func(v *projections.View) error {
		err := walk(v, &found, limit, after,
			func(behind place) ([]placed[entry], error) { return entriesBehind(ctx, v, k, f, behind) },
			func(e *entry) (bool, error) {
				return f.contains(e.id, e.collection, value.OrEmpty(e.traits.Name), value.OrEmpty(e.traits.Email)), nil
			})
		if err != nil || k != kindObject && k != kindAudience {
			return err
		}
		return countLinks(ctx, v, found.Items)
	})
	if err != nil {
		return Page[T]{}, fmt.Errorf("list %ss: %w", k, err)
	}
	page := Page[T]{Items: make([]T, len(found.Items)), Next: found.Next, Partial: found.Partial}
	for i, e := range found.Items {
		page.Items[i] = show(e)
	}
	return page, nil
}

const rowColumns = `position, number, created_at, updated_at, stream, generation, traits`

func entriesBehind(ctx context.Context, v *projections.View, k kind, f Filter, at place) ([]placed[entry], error) {
	q := rowsBehind(`environment, kind, collection, id, `+rowColumns, `directory_entries`, at)
	q.is(`kind`, string(k))
	q.where(`environment`, f.Environment)
	if k == kindObject {
		q.where(`collection`, f.Collection)
	} else {
		q.is(`collection`, "")
	}
	q.where(`id`, f.ID)
	rows, err := v.Rows(ctx, q.ordered(), q.args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var found []placed[entry]
	for rows.Next() {
		var e entry
		r, err := scanRow(rows, &e.environment, &e.kind, &e.collection, &e.id)
		if err != nil {
			return nil, err
		}
		e.row = *r
		found = append(found, placed[entry]{e, e.place()})
	}
	return found, rows.Err()
}

func countLinks(ctx context.Context, v *projections.View, of []entry) error {
	for i := range of {
		err := v.Row(ctx, `SELECT count(*) FROM directory_links WHERE environment = ? AND kind = ? AND collection = ? AND id = ?`,
			of[i].columns()...).Scan(&of[i].links)
		if err != nil {
			return err
		}
	}
	return nil
}
