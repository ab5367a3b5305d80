package es

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
)

// Stream names a stream: kind, dash, identity, as in webhook-development.stripe.evt_1.
// Names that begin with $ belong to the store ([Stream.Metadata]).
type Stream string

// Metadata returns the stream that holds the settings of s ($maxCount, $maxAge),
// named as EventStoreDB names it.
func (s Stream) Metadata() Stream { return metadataPrefix + s }

const metadataPrefix = "$$"

// Event is an event to be appended.
type Event struct {
	// ID is random (UUIDv7), made once for each attempt to record a fact and
	// reused only when that same append is repeated. It is never derived from
	// what the event says: stores answer a known id with success, which would
	// hide a lost race.
	ID   uuid.UUID
	Type string // the wire name, as in WebhookReceived
	Data []byte // JSON, except that a webhook's body is kept as it came
	// Metadata is a JSON object: the encoded [Metadata], or the store's own
	// where the event is the store's own.
	Metadata []byte
}

// Size returns the bytes of e that count towards [Store.MaxAppend].
func (e Event) Size() int { return len(e.Type) + len(e.Data) + len(e.Metadata) }

// Recorded is an event as the store holds it.
type Recorded struct {
	Event
	Stream   Stream
	Revision Revision
	Position Position
}

// Metadata is what is known of a fact beside what it says.
type Metadata struct {
	// Schema is the version of the event's data, 1 where it is absent.
	Schema int `json:"schema"`
	// At is the time of the fact by the appender's clock. Nothing reads the
	// store's own time.
	At Time `json:"at"`
	// CorrelationID is the id of the webhook (its generation) that a fact
	// belongs to; CausationID is the id of the event that led to it. The keys
	// are EventStoreDB's own, so that its tools can follow them.
	CorrelationID string `json:"$correlationId,omitempty"`
	CausationID   string `json:"$causationId,omitempty"`
	// Actor is who did it: "admin", or empty for Daybook itself.
	Actor string `json:"actor,omitempty"`
	// Facts is what an event knows beside its data, for events whose data is
	// somebody else's bytes.
	Facts json.RawMessage `json:"facts,omitempty"`
}

// DecodeMetadata reads the metadata of an event that Daybook wrote.
func DecodeMetadata(raw []byte) (Metadata, error) {
	m := Metadata{Schema: 1}
	if err := json.Unmarshal(raw, &m); err != nil {
		return Metadata{}, fmt.Errorf("decode metadata: %w", err)
	}
	return m, nil
}

// Fact is a decoded event, with where and when it stands.
type Fact[E any] struct {
	Event    E
	ID       uuid.UUID
	Revision Revision
	Position Position
	Metadata Metadata
}
