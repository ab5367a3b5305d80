package directory

import (
	"encoding/json"
	"maps"

	"daybook/domain/es"
)

// kind is what an entry of the directory is.
type kind string

const (
	kindUser     kind = "user"
	kindObject   kind = "object"
	kindTenant   kind = "tenant"
	kindAudience kind = "audience"
)

// key names an entry within an environment.
type key struct {
	environment string
	kind        kind
	collection  string // of an object
	id          string
}

func (k key) compare(other key) int {
	return cmpAll(k.environment, other.environment, string(k.kind), string(other.kind), k.collection, other.collection, k.id, other.id)
}

// linkKey names a link: that somebody follows an object or is in an audience,
// there once for each tenant.
type linkKey struct {
	of, to key
	tenant string
}

// row is an entry or a link as it is: its changes, folded.
type row struct {
	position   es.Position
	number     int
	createdAt  es.Time
	updatedAt  es.Time
	stream     es.Stream
	generation int
	traits     traits
}

// change is one thing that was said of an entry or a link; nothing said: it
// came to its end.
type change struct {
	position   es.Position
	number     int
	at         es.Time
	stream     es.Stream
	generation int
	said       *traits
}

// with returns a row after a change; nil is what does not exist.
func (r *row) with(c change) *row {
	if c.said == nil {
		return nil
	}
	next := row{createdAt: c.at}
	if r != nil {
		next = *r
	}
	next.position, next.number, next.updatedAt, next.stream, next.generation = c.position, c.number, c.at, c.stream, c.generation
	next.traits = next.traits.with(*c.said)
	return &next
}

// traits are what is known of an entry, or what one request says of it. A
// member that is nil was not said.
type traits struct {
	Name        *string                    `json:"name,omitempty"`
	Email       *string                    `json:"email,omitempty"`
	PhoneNumber *string                    `json:"phone_number,omitempty"`
	Avatar      *string                    `json:"avatar,omitempty"`
	Properties  map[string]json.RawMessage `json:"properties,omitempty"`
}

// with returns t after what a later request says: only what it includes
// changes, properties key by key.
func (t traits) with(later traits) traits {
	for _, pair := range []struct{ known, said **string }{
		{&t.Name, &later.Name}, {&t.Email, &later.Email}, {&t.PhoneNumber, &later.PhoneNumber}, {&t.Avatar, &later.Avatar},
	} {
		if *pair.said != nil {
			*pair.known = *pair.said
		}
	}
	if len(later.Properties) == 0 {
		return t
	}
	merged := make(map[string]json.RawMessage, len(t.Properties)+len(later.Properties))
	maps.Copy(merged, t.Properties)
	maps.Copy(merged, later.Properties)
	t.Properties = merged
	return t
}

func (t traits) text() (string, error) {
	text, err := json.Marshal(t) // keys sorted: the same traits, the same text
	return string(text), err
}
