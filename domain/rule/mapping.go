package rule

import (
	"encoding/json"
	"fmt"

	"daybook/domain/action"
)

// Mapping says which webhooks lead to which action, in the words of the
// configuration. A mapping is data: [Compile] tells whether it makes sense.
type Mapping struct {
	// Key is the mapping's identity within its source and environment. Where it
	// is empty, [DeriveKeys] gives it one, which it then keeps.
	Key string `json:"key"`
	// EventType is the type that the mapping is for, exactly or with *: invoice.*.
	EventType string `json:"event_type"`
	// When is the condition, an expression; empty means always.
	When string `json:"when,omitempty"`
	// ActionType and ActionParameters are the action and where its fields come from.
	ActionType       action.Type `json:"action_type"`
	ActionParameters Parameters  `json:"action_parameters"`
	// Active is On unless it was switched off.
	Active Switch `json:"active"`
}

// For reports whether m is for an event type, whatever its condition says. One
// that names no type that can be is for none, and none is for no type at all.
func (m Mapping) For(eventType string) bool {
	p, err := newPattern(m.EventType)
	return err == nil && eventType != "" && p.matches(eventType)
}

// Parameters are the fields of an action as they were configured, each in one
// of the forms of [Parameter].
type Parameters map[string]json.RawMessage

// Switch is on unless it was switched off: a boolean whose zero value is true.
type Switch uint8

// The two positions of a switch.
const (
	On Switch = iota
	Off
)

// SwitchOf returns On for true.
func SwitchOf(on bool) Switch {
	if on {
		return On
	}
	return Off
}

// MarshalJSON writes true or false.
func (s Switch) MarshalJSON() ([]byte, error) { return json.Marshal(s == On) }

// UnmarshalJSON reads true or false; null is on.
func (s *Switch) UnmarshalJSON(raw []byte) error {
	switch string(raw) {
	case "true", "null":
		*s = On
	case "false":
		*s = Off
	default:
		return fmt.Errorf("must be true or false, not %.40s", raw)
	}
	return nil
}
