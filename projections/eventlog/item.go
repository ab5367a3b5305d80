package eventlog

import (
	"encoding/json"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/value"
	"daybook/domain/webhook"
)

// Kind is what an item is.
type Kind string

// The kinds of items.
const (
	KindWebhook   Kind = "webhook"
	KindRejection Kind = "rejection"
)

// Status is where an item stands: a [webhook.Status], or rejected.
type Status string

// StatusRejected is the status of every rejection.
const StatusRejected Status = "rejected"

// Item is one line of the event log: a generation of a webhook, or a
// rejection. Its JSON is the API's; what is empty there is null.
type Item struct {
	ID             string
	Kind           Kind
	Stream         es.Stream
	Source         string
	Environment    string
	EventType      string
	EventID        string
	ObjectID       string
	IdempotencyKey string
	Status         Status
	// Cause is the code of a rejection; Reason why a webhook was ignored.
	Cause      string
	Reason     rule.Reason
	ReceivedAt es.Time
	OccurredAt es.Time // by the payload; zero: not known
	// Deliveries counts arrivals of a webhook; of counted rejections it is how
	// many the item stands for.
	Deliveries int
	Actions    webhook.Counts
	Position   es.Position // of the event that began it

	// Changed is the position of the event that last changed it.
	Changed es.Position
	// WorkedAt is the time of the plan or of the last outcome; zero: none yet.
	WorkedAt es.Time
	// Summary is what happened, for one line.
	Summary Summary
}

// Summary is what happened to an item, in the parts of a sentence.
type Summary struct {
	// Actions are the first few, in the order in which they run.
	Actions []ActionSummary
	// Mapping is the one whose condition failed, or, if nothing matched, the
	// first whose condition was false; Because is the error, or the part of
	// the condition that decided it with its values.
	Mapping string
	Because string
	// Explanation is the reason for doing nothing in a sentence, what is wrong
	// with a plan, or a rejection's message.
	Explanation string
	// KeyProblem is why the idempotency key was generated, where a webhook should
	// have had one.
	KeyProblem webhook.KeyProblem
}

// ActionSummary is an action and where it stands.
type ActionSummary struct {
	Type    action.Type
	Mapping string
	Name    string // of the workflow or audience; empty where there is none
	Target  string // the first recipient, or the id of what is changed
	Status  webhook.Status
	Note    string // what is wrong with it
}

// itemJSON is the API's item.
type itemJSON struct {
	ID             string         `json:"id"`
	Kind           Kind           `json:"kind"`
	Stream         es.Stream      `json:"stream"`
	Source         string         `json:"source"`
	Environment    string         `json:"environment"`
	EventType      *string        `json:"event_type"`
	EventID        *string        `json:"event_id"`
	ObjectID       *string        `json:"object_id"`
	IdempotencyKey *string        `json:"idempotency_key"`
	Status         Status         `json:"status"`
	Cause          *string        `json:"cause"`
	Reason         *rule.Reason   `json:"reason"`
	ReceivedAt     es.Time        `json:"received_at"`
	OccurredAt     es.Time        `json:"occurred_at"`
	Deliveries     int            `json:"deliveries"`
	Actions        webhook.Counts `json:"actions"`
	Position       es.Position    `json:"position"`
}

// MarshalJSON writes the API's item.
func (i Item) MarshalJSON() ([]byte, error) {
	return json.Marshal(itemJSON{
		ID: i.ID, Kind: i.Kind, Stream: i.Stream, Source: i.Source, Environment: i.Environment,
		EventType: value.OrNull(i.EventType), EventID: value.OrNull(i.EventID), ObjectID: value.OrNull(i.ObjectID),
		IdempotencyKey: value.OrNull(i.IdempotencyKey), Status: i.Status, Cause: value.OrNull(i.Cause), Reason: value.OrNull(i.Reason),
		ReceivedAt: i.ReceivedAt, OccurredAt: i.OccurredAt, Deliveries: i.Deliveries, Actions: i.Actions, Position: i.Position,
	})
}

// UnmarshalJSON reads the API's item.
func (i *Item) UnmarshalJSON(raw []byte) error {
	var j itemJSON
	if err := json.Unmarshal(raw, &j); err != nil {
		return err
	}
	*i = Item{
		ID: j.ID, Kind: j.Kind, Stream: j.Stream, Source: j.Source, Environment: j.Environment,
		EventType: value.OrEmpty(j.EventType), EventID: value.OrEmpty(j.EventID), ObjectID: value.OrEmpty(j.ObjectID),
		IdempotencyKey: value.OrEmpty(j.IdempotencyKey), Status: j.Status, Cause: value.OrEmpty(j.Cause), Reason: value.OrEmpty(j.Reason),
		ReceivedAt: j.ReceivedAt, OccurredAt: j.OccurredAt, Deliveries: j.Deliveries, Actions: j.Actions, Position: j.Position,
	}
	return nil
}
