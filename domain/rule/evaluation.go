package rule

import (
	"bytes"
	"encoding/json"

	"daybook/domain/action"
	"daybook/domain/value"
)

// Input is one webhook as the rules see it.
type Input struct {
	Body    any               // decoded by package value
	Headers map[string]string // names in lower case
	Event   Event
	// TypeTooLong is why Event.Type is empty where there is one that has over
	// [MaxEventType] bytes.
	TypeTooLong bool
}

// Event is what expressions and paths see as event.
type Event struct {
	ID          string // the webhook's id
	Type        string // empty where there is none to be taken
	Key         string // the idempotency key
	Source      string
	Environment string
	ReceivedAt  string // RFC 3339 in UTC with milliseconds
}

// Evaluation is what the rules say about one webhook. It is stored with the
// plan, so its JSON never changes but by new optional members.
type Evaluation struct {
	// Reason says why nothing is to be done; empty where there is something to
	// do, or where a condition failed.
	Reason Reason `json:"reason,omitempty"`
	// Explanation is the reason in a sentence.
	Explanation string `json:"explanation,omitempty"`
	// Verdicts has one entry for each mapping of the webhook's event type, in
	// the order of the mappings.
	Verdicts []Verdict `json:"mappings"`
	// Actions are in the order in which they run.
	Actions []Planned `json:"actions"`
}

// Failed reports whether a condition failed.
func (e Evaluation) Failed() bool {
	for _, v := range e.Verdicts {
		if v.Error != "" {
			return true
		}
	}
	return false
}

// Reason is why a webhook, or one mapping, led to nothing.
type Reason string

// Why a webhook was ignored.
const (
	NoMapping        Reason = "no_mapping"         // no active mapping is for its event type
	ConditionFalse   Reason = "condition_false"    // no condition was true; also of one mapping
	MappingPaused    Reason = "mapping_paused"     // a mapping that might have matched is paused; also of one mapping
	TypeDisabled     Reason = "type_disabled"      // the event type is switched off
	EventTypeMissing Reason = "event_type_missing" // the event type path leads nowhere, or to one that is too long
	WrongMode        Reason = "wrong_mode"         // body.livemode is not what the environment expects
)

// Why one mapping did not match.
const (
	Inactive        Reason = "inactive"         // the mapping is switched off
	ConditionFailed Reason = "condition_failed" // the condition could not be evaluated
)

// Verdict is what one mapping said.
type Verdict struct {
	Key       string `json:"key"`
	EventType string `json:"event_type"` // the mapping's own, with its wildcards
	Matched   bool   `json:"matched"`
	Reason    Reason `json:"reason"` // null if it matched
	// Error is what went wrong in the condition, with line and column; null if
	// nothing did. A condition that failed is not false.
	Error string `json:"error"`
	// Trace is the part of the condition that decided it, with its values.
	Trace string `json:"trace,omitempty"`
	// OverBudget is whether the condition or a field cost more than a mapping
	// may: what pauses a mapping, if it goes on.
	OverBudget bool `json:"over_budget,omitempty"`
}

// MarshalJSON writes null for no reason and no error.
func (v Verdict) MarshalJSON() ([]byte, error) {
	return marshal(struct {
		Key        string  `json:"key"`
		EventType  string  `json:"event_type"`
		Matched    bool    `json:"matched"`
		Reason     *Reason `json:"reason"`
		Error      *string `json:"error"`
		Trace      string  `json:"trace,omitempty"`
		OverBudget bool    `json:"over_budget,omitempty"`
	}{v.Key, v.EventType, v.Matched, value.OrNull(v.Reason), value.OrNull(v.Error), v.Trace, v.OverBudget})
}

// marshal writes JSON as it is, without escapes for HTML: conditions are full of
// < and >, and are read by people.
func marshal(v any) ([]byte, error) {
	var buffer bytes.Buffer
	e := json.NewEncoder(&buffer)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// Planned is one action that a mapping leads to.
type Planned struct {
	MappingKey string      `json:"mapping"`
	Index      int         `json:"index"` // among the actions of the mapping, from 0
	ActionType action.Type `json:"action_type"`
	// Parameters are as configured; Payload is the request that they give, as
	// one JSON object with sorted keys. SHA256 is the payload's, in hex.
	Parameters json.RawMessage `json:"action_parameters"`
	Payload    json.RawMessage `json:"action_payload,omitempty"`
	SHA256     string          `json:"sha256"`
	// Problem is why the action cannot be carried out; the payload then holds
	// the fields that could be rendered.
	Problem *action.Problem `json:"problem,omitempty"`
}
