package webhook

import (
	"encoding/json"

	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/signature"
)

// Event is a fact in a webhook's stream.
//
//sumtype:decl
type Event interface{ isEvent() }

// Received is an accepted request: the beginning of a generation. On the wire
// its data is the body, byte for byte; the receipt is metadata.
type Received struct {
	Body    []byte
	Receipt Receipt
}

// Receipt is what is known of an accepted request beside its body.
type Receipt struct {
	Generation int `json:"generation"`
	// IdempotencyKey is the key as it was found, empty if there was none to
	// use; KeyProblem then says why.
	IdempotencyKey string     `json:"idempotency_key,omitempty"`
	KeyProblem     KeyProblem `json:"key_problem,omitempty"`
	// EventType is empty if the event type path led nowhere, or to one that is
	// too long to be taken, which EventTypeTooLong then says.
	EventType        string `json:"event_type,omitempty"`
	EventTypeTooLong bool   `json:"event_type_too_long,omitempty"`

	EventID    string  `json:"event_id,omitempty"`
	ObjectID   string  `json:"object_id,omitempty"`
	OccurredAt es.Time `json:"occurred_at,omitempty"`
	// Related are ids of other objects that the payload's object names, such
	// as its customer: at most [MaxRelated].
	Related []string `json:"related,omitempty"`
	// Headers are those that are kept, with lower-case names.
	Headers      map[string]string      `json:"headers"`
	Verification signature.Verification `json:"verification"`
	// ConfigurationRevision is the revision of the source's stream in force
	// when the request came.
	ConfigurationRevision es.Revision `json:"configuration_revision"`
	// Flags are oddities of the body that were tolerated, such as a field
	// that stands twice deep inside.
	Flags []string `json:"flags,omitempty"`
	// OldToken is the id of the token by which the request came, if there is a
	// newer one.
	OldToken string `json:"old_token,omitempty"`
	Remote   string `json:"remote,omitempty"` // the sender's address
	Instance string `json:"instance"`         // which Daybook took it
}

// KeyProblem is why a webhook has no idempotency key of its own.
type KeyProblem string

// The reasons for a generated key.
const (
	KeyOff       KeyProblem = "off"          // the source has no key path
	KeyMissing   KeyProblem = "missing"      // nothing at the path
	KeyNotString KeyProblem = "not_a_string" // something else at the path
	KeyEmpty     KeyProblem = "empty"
	KeyTooLong   KeyProblem = "too_long" // over 255 characters
	// KeyPreprocess: the path leads into what the source's preprocess
	// expression gives, and that failed.
	KeyPreprocess KeyProblem = "preprocess_failed"
)

// DuplicateReceived is a further delivery of the same key.
type DuplicateReceived struct {
	Generation int `json:"generation"`
	// SameBody is whether the body was the first one, byte for byte; if not,
	// SHA256 says which it was, and Difference what is different about it.
	SameBody     bool                   `json:"same_body"`
	SHA256       string                 `json:"sha256,omitempty"`
	Difference   *BodyDifference        `json:"difference,omitempty"`
	Verification signature.Verification `json:"verification"`
	Remote       string                 `json:"remote,omitempty"`
	Instance     string                 `json:"instance"`
}

// DuplicatesCounted stands for n further deliveries, once there were so many
// that each for itself says nothing new.
type DuplicatesCounted struct {
	Generation int     `json:"generation"`
	N          int     `json:"n"`
	LastAt     es.Time `json:"last_at"`
}

// ActionsPlanned is what the rules said to a generation.
type ActionsPlanned struct {
	Generation            int         `json:"generation"`
	ConfigurationRevision es.Revision `json:"configuration_revision"`
	// Reason is why there is nothing to do, empty if there is something.
	Reason rule.Reason `json:"reason,omitempty"`
	// Explanation is the reason in a sentence.
	Explanation string          `json:"explanation,omitempty"`
	Mappings    []rule.Verdict  `json:"mappings"`
	Actions     []PlannedAction `json:"actions"`
}

// PlanParked says that a generation could not be planned, which is nobody's
// decision about it: a plan may still follow.
type PlanParked struct {
	Generation            int         `json:"generation"`
	ConfigurationRevision es.Revision `json:"configuration_revision"`
	Reason                ParkReason  `json:"reason"`
	Error                 string      `json:"error"` // says what is wrong, for a person
}

// PlanRearmed says that a person has a generation planned after all, whose plan
// was parked.
type PlanRearmed struct {
	Generation int `json:"generation"`
}

// PlannedAction is an action that follows from a webhook.
//
// Its payload, the request as rendered, is left out where the plan would be
// larger than [MaxPlan]; it is then rendered again from the body at the plan's
// configuration revision, and must have the same SHA-256.
type PlannedAction struct {
	ID string `json:"id"` // also its idempotency key at the destination
	rule.Planned
}

// The reasons for parking a plan.
const (
	// ParkInterrupted: the rules took longer than anything they may do takes.
	ParkInterrupted ParkReason = "interrupted"
	// ParkNoRules: the rules that were in force cannot be used.
	ParkNoRules ParkReason = "rules_unusable"
	// ParkUnreadable: the stored body cannot be read as JSON.
	ParkUnreadable ParkReason = "body_unreadable"
	// ParkTooLarge: the plan is larger than the store can append.
	ParkTooLarge ParkReason = "plan_too_large"
)

func (Received) isEvent()          {}
func (DuplicateReceived) isEvent() {}
func (DuplicatesCounted) isEvent() {}
func (ActionsPlanned) isEvent()    {}
func (PlanParked) isEvent()        {}
func (PlanRearmed) isEvent()       {}

// The wire names. They are in the log for ever.
const (
	TypeReceived          = "WebhookReceived"
	TypeDuplicateReceived = "DuplicateReceived"
	TypeDuplicatesCounted = "DuplicatesCounted"
	TypeActionsPlanned    = "ActionsPlanned"
	TypePlanParked        = "PlanParked"
	TypePlanRearmed       = "PlanRearmed"
	TypeWorkClaimed       = "WorkClaimed"
	TypeAttemptBegun      = "AttemptBegun"
	TypeActionSucceeded   = "ActionSucceeded"
	TypeActionFailed      = "ActionFailed"
	TypeActionDeferred    = "ActionDeferred"
	TypeActionParked      = "ActionParked"
	TypeActionUncertain   = "ActionUncertain"
	TypeActionSkipped     = "ActionSkipped"
	TypeActionsRearmed    = "ActionsRearmed"
)

// Codec returns the table of a webhook stream's events.
func Codec() es.Codec[Event] {
	return es.NewCodec(
		es.Raw[Received, Event](TypeReceived, splitReceived, joinReceived),
		es.JSON[DuplicateReceived, Event](TypeDuplicateReceived),
		es.JSON[DuplicatesCounted, Event](TypeDuplicatesCounted),
		es.JSON[ActionsPlanned, Event](TypeActionsPlanned),
		es.JSON[PlanParked, Event](TypePlanParked),
		es.JSON[PlanRearmed, Event](TypePlanRearmed),
		es.JSON[WorkClaimed, Event](TypeWorkClaimed),
		es.JSON[AttemptBegun, Event](TypeAttemptBegun),
		es.JSON[ActionSucceeded, Event](TypeActionSucceeded),
		es.JSON[ActionFailed, Event](TypeActionFailed),
		es.JSON[ActionDeferred, Event](TypeActionDeferred),
		es.JSON[ActionParked, Event](TypeActionParked),
		es.JSON[ActionUncertain, Event](TypeActionUncertain),
		es.JSON[ActionSkipped, Event](TypeActionSkipped),
		es.JSON[ActionsRearmed, Event](TypeActionsRearmed),
	)
}

func splitReceived(e Received) ([]byte, any) { return e.Body, e.Receipt }

func joinReceived(data []byte, facts json.RawMessage) (Received, error) {
	e := Received{Body: data}
	err := json.Unmarshal(facts, &e.Receipt)
	return e, err
}
