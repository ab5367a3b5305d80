package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"daybook/domain/action"
	"daybook/domain/expression"
)

// Limits of a definition.
const (
	MaxMappings = 200
	MaxDisabled = 500   // disabled event types
	MaxLiteral  = 65536 // bytes of one parameter
)

// Rules are compiled mappings. They never change.
type Rules struct {
	mappings   []compiled
	disabled   map[string]bool
	livemode   *bool
	preprocess *Preprocess
}

// compiled is one mapping, ready to be evaluated.
type compiled struct {
	key        string
	eventType  string
	active     bool
	paused     bool
	pattern    pattern
	when       *expression.Expression // nil: always
	definition action.Definition
	order      int // of the action in the catalogue
	fields     []field
	parameters json.RawMessage
	// broken is what is wrong with the mapping, if it cannot be used.
	broken string
}

// Compile checks a definition and makes rules of it. A mapping that has a
// problem is kept as a broken one: whoever saves a definition refuses it, and
// where one is found in the log, from another version, its verdict is failed
// and says why.
func Compile(d Definition) (*Rules, []Problem) {
	c := &compiler{keys: map[string]int{}}
	rules := &Rules{livemode: d.Livemode, disabled: map[string]bool{}}
	c.disabled(d.DisabledEventTypes, rules.disabled)
	var err error
	if rules.preprocess, err = NewPreprocess(d.Preprocess); err != nil {
		c.problemAt("preprocess", err)
	}
	mappings := DeriveKeys(d.Mappings)
	if len(mappings) > MaxMappings {
		c.index, c.key = -1, ""
		c.problem("mappings", fmt.Sprintf("there are %d mappings; at most %d can be used", len(mappings), MaxMappings))
		mappings = mappings[:MaxMappings]
	}
	for i, m := range mappings {
		compiled := c.mapping(i, m)
		compiled.paused = slices.Contains(d.Paused, m.Key)
		rules.mappings = append(rules.mappings, compiled)
	}
	return rules, c.problems
}

type compiler struct {
	index    int // of the mapping at hand, or -1
	key      string
	keys     map[string]int // the index of the mapping that has a key
	problems []Problem
}

// problem adds one about a field of the mapping at hand.
func (c *compiler) problem(field, message string) {
	if c.index >= 0 {
		field = fmt.Sprintf("mappings[%d].%s", c.index, field)
	}
	c.problems = append(c.problems, Problem{Mapping: c.index, Key: c.key, Field: field, Message: message})
}

// problemAt adds the problem of an expression, with its place.
func (c *compiler) problemAt(field string, err error) {
	c.problem(field, err.Error())
	if located, ok := errors.AsType[*expression.Error](err); ok {
		last := &c.problems[len(c.problems)-1]
		last.Message, last.Line, last.Column = located.Message, located.Line, located.Column
	}
}

func (c *compiler) disabled(types []string, into map[string]bool) {
	c.index, c.key = -1, ""
	if len(types) > MaxDisabled {
		c.problem("disabled_event_types", fmt.Sprintf("at most %d event types can be disabled", MaxDisabled))
		types = types[:MaxDisabled]
	}
	for i, t := range types {
		if t == "" || len(t) > MaxEventType { // else any text: the provider may send any
			c.problem(fmt.Sprintf("disabled_event_types[%d]", i), fmt.Sprintf("an event type has 1 to %d bytes", MaxEventType))
		}
		into[t] = true
	}
}

func (c *compiler) mapping(i int, m Mapping) compiled {
	c.index, c.key = i, m.Key
	before := len(c.problems)
	r := compiled{key: m.Key, eventType: m.EventType, active: m.Active == On}
	c.checkKey(m.Key)
	var err error
	if r.pattern, err = newPattern(m.EventType); err != nil {
		c.problem("event_type", err.Error())
		r.pattern = pattern{m.EventType}
	}
	if m.When != "" {
		if r.when, err = expression.CompileCondition(m.When); err != nil {
			c.problemAt("when", err)
		}
	}
	c.action(&r, m)
	if len(c.problems) > before {
		first := c.problems[before]
		r.broken = fmt.Sprintf("the mapping cannot be used: %s: %s", first.Field, first.Message)
	}
	return r
}

func (c *compiler) checkKey(key string) {
	if !isKey(key) {
		c.problem("key", "a key has 1 to 63 of a-z, 0-9, - and _, and begins with a letter or digit")
	}
	if other, twice := c.keys[key]; twice {
		c.problem("key", fmt.Sprintf("mappings[%d] has the key %s already; keys are unique", other, key))
		return
	}
	c.keys[key] = c.index
}
