package views

import "daybook/views/ui"

// HelpActions is the catalogue of actions, GET /help/actions.
type HelpActions struct {
	Page
	Actions []HelpAction
}

// HelpAction is one action of the catalogue.
type HelpAction struct {
	Type, Summary string
	Fields        []HelpField
	Example       []byte // a mapping, JSON
	ExampleOf     string // the template that has it; empty: it was made up
	Local         string // what the built-in destination does; empty: it is sent where it says
}

// HelpField is one field of an action.
type HelpField struct {
	Name     string
	Holds    string // what may stand in it
	Required bool
	Literal  bool // a bare text is the value itself
	Max      int  // entries of a list; 0: it is none
}

// HelpMappings is how mappings are written, GET /help/mappings.
type HelpMappings struct {
	Page
	Forms          []HelpExample
	Body           []byte // the payload that the examples of paths read
	Paths          []HelpExample
	ExpressionBody []byte // that of expressions
	Operators      []HelpExample
	Functions      []HelpGroup
	Wildcards      []HelpExample
	Limits         []ui.Fact
	Reasons        []HelpReason
	Templates      []HelpTemplate
}

// HelpExample is something that can be written, and what it gives or means.
type HelpExample struct {
	Name   string // empty: it speaks for itself
	Source string
	Gives  string
	Means  string
}

// HelpGroup is what belongs together.
type HelpGroup struct {
	Name     string
	Examples []HelpExample
}

// HelpReason is why a webhook or an action came to nothing.
type HelpReason struct{ Code, Means, Todo string }

// HelpTemplate is what a template gives to a source that is made from it.
type HelpTemplate struct {
	Key, Name string
	Paths     []ui.Fact
	Mappings  []HelpMapping
}

// HelpMapping is a default mapping.
type HelpMapping struct {
	EventType, ActionType string
	Parameters            []byte // JSON
}
