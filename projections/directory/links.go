package directory

import (
	"context"
	"encoding/json"
	"fmt"

	"daybook/domain/value"
	"daybook/projections"
)

// Subscription says that a recipient follows an object.
type Subscription struct {
	Environment string                     `json:"environment"`
	Collection  string                     `json:"collection"`
	Object      string                     `json:"object"`
	Recipient   Recipient                  `json:"recipient"`
	Properties  map[string]json.RawMessage `json:"properties"`
	LastChange
}

// Recipient names a user, or an object of a collection.
type Recipient struct {
	Collection *string `json:"collection"` // null: a user
	ID         string  `json:"id"`
}

// Member says that a user is in an audience.
type Member struct {
	Environment string  `json:"environment"`
	Audience    string  `json:"audience"`
	User        string  `json:"user"`
	Tenant      *string `json:"tenant"`
	LastChange
}

// inCollection is the collection of an entry, as Knock has it.
func (k key) inCollection() string {
	switch k.kind {
	case kindUser:
		return UsersCollection
	case kindTenant:
		return TenantsCollection
	default:
		return k.collection
	}
}

func (k key) recipient() Recipient {
	if k.kind == kindUser {
		return Recipient{ID: k.id}
	}
	return Recipient{new(k.inCollection()), k.id}
}

// RecipientOf reads a recipient as it stands in a request.
func RecipientOf(raw json.RawMessage) Recipient { return readRecipient("", raw).recipient() }

// LinkFilter selects subscriptions or members. The zero value selects all.
type LinkFilter struct {
	Environment string
	// Collection and ID name an object, or ID alone an audience.
	Collection, ID string
	// Recipient is the id of a user that follows it or is in it.
	Recipient string
	// Q is a part of any of the names, in any case.
	Q string
}

// Subscriptions returns subscriptions, as [Directory.Users] does users.
func (d *Directory) Subscriptions(ctx context.Context, f LinkFilter, limit int, after string) (Page[Subscription], error) {
	return links(ctx, d, false, f, limit, after, func(l link) Subscription {
		return Subscription{l.of.environment, l.of.inCollection(), l.of.id, l.to.recipient(), l.properties(), l.lastChange()}
	})
}

// Members returns the members of audiences, as [Directory.Users] does users.
func (d *Directory) Members(ctx context.Context, f LinkFilter, limit int, after string) (Page[Member], error) {
	return links(ctx, d, true, f, limit, after, func(l link) Member {
		return Member{l.of.environment, l.of.id, l.to.id, value.OrNull(l.tenant), l.lastChange()}
	})
}

// link is a link as it was read.
type link struct {
	linkKey
	row
}

func links[T any](ctx context.Context, d *Directory, audiences bool, f LinkFilter, limit int, after string, show func(link) T) (Page[T], error) {
	var page Page[T]
	err := d.runner.View(ctx, func(v *projections.View) error {
		var found Page[link]
		err := walk(v, &found, limit, after,
			func(behind place) ([]placed[link], error) { return linksBehind(ctx, v, audiences, f, behind) },
			func(l *link) (bool, error) {
				return Filter{Q: f.Q}.contains(l.of.id, l.of.collection, l.to.id, l.to.collection, l.tenant), nil
			})
		page = Page[T]{Items: make([]T, len(found.Items)), Next: found.Next, Partial: found.Partial}
		for i, l := range found.Items {
			page.Items[i] = show(l)
		}
		return err
	})
	if err != nil {
		return Page[T]{}, fmt.Errorf("list links: %w", err)
	}
	return page, nil
}

func linksBehind(ctx context.Context, v *projections.View, audiences bool, f LinkFilter, at place) ([]placed[link], error) {
	q := rowsBehind(linkColumns+`, `+rowColumns, `directory_links`, at)
	q.where(`environment`, f.Environment)
	switch {
	case audiences:
		q.is(`kind`, string(kindAudience))
		q.is(`collection`, f.Collection) // an audience has none
	case f.Collection != "":
		of := keyIn(f.Environment, f.Collection, f.ID)
		q.is(`kind`, string(of.kind))
		q.is(`collection`, of.collection)
	default:
		q.text += ` AND kind <> 'audience'`
	}
	q.where(`id`, f.ID)
	if f.Recipient != "" {
		q.is(`to_kind`, string(kindUser))
		q.is(`to_collection`, "")
		q.is(`to_id`, f.Recipient)
	}
	rows, err := v.Rows(ctx, q.ordered(), q.args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err is asked below
	var found []placed[link]
	for rows.Next() {
		var l link
		r, err := scanRow(rows, l.targets()...)
		if err != nil {
			return nil, err
		}
		l.row = *r
		found = append(found, placed[link]{l, l.place()})
	}
	return found, rows.Err()
}
