package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"daybook/domain/action"
	"daybook/domain/expression"
	"daybook/domain/fieldpath"
	"daybook/domain/nearest"
	"daybook/domain/value"
)

// field is one field of a mapping's action, ready to be looked up.
type field struct {
	name       string
	required   bool
	entries    bool // each entry of a list is looked at
	path       fieldpath.Path
	expression *expression.Expression // nil: a path, or a value
	isPath     bool
	value      any // the literal, or the fallback of a path
}

func (c *compiler) action(r *compiled, m Mapping) {
	definition, ok := action.Lookup(m.ActionType)
	if !ok {
		c.problem("action_type", unknownAction(m.ActionType))
		return
	}
	r.definition, r.order = definition, action.Order(m.ActionType)
	c.checkNames(definition, m.ActionParameters)
	for _, f := range definition.Fields {
		raw, given := m.ActionParameters[f.Name]
		if len(raw) > MaxLiteral {
			c.problem("action_parameters."+f.Name, fmt.Sprintf("the field has %d bytes; at most %d can be used", len(raw), MaxLiteral))
			continue
		}
		var p Parameter
		if given {
			var err error
			if p, err = ParseParameter(raw); err != nil {
				c.problem("action_parameters."+f.Name, err.Error())
				continue
			}
		}
		c.field(r, f, p)
	}
	r.parameters = c.configured(m.ActionParameters)
}

// configured returns the parameters as they were configured, in one object.
func (c *compiler) configured(parameters Parameters) json.RawMessage {
	if parameters == nil {
		return json.RawMessage("{}")
	}
	raw, err := json.Marshal(parameters)
	if err != nil { // a field that is not JSON, which is a problem of its own
		return json.RawMessage("{}")
	}
	return raw
}

func (c *compiler) checkNames(definition action.Definition, parameters Parameters) {
	known := make([]string, len(definition.Fields))
	for i, f := range definition.Fields {
		known[i] = f.Name
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if slices.Contains(known, name) {
			continue
		}
		message := fmt.Sprintf("%s has no field %.60s; it has %s", definition.Type, name, strings.Join(known, ", "))
		if meant, ok := nearest.Name(name, slices.Values(known)); ok {
			message = fmt.Sprintf("%s has no field %.60s; did you mean %s?", definition.Type, name, meant)
		}
		c.problem("action_parameters."+fmt.Sprintf("%.60s", name), message)
	}
}

// field compiles what is given for one field of the action.
func (c *compiler) field(r *compiled, f action.Field, p Parameter) {
	at := "action_parameters." + f.Name
	compiledField := field{name: f.Name, required: f.Required, entries: f.Shape == action.Recipients}
	var err error
	switch {
	case p.Form == NotMapped:
		if f.Required {
			c.problem(at, fmt.Sprintf("%s needs %s", r.definition.Type, f.Name))
		}
		return
	case p.Form == Bare && f.Literal:
		compiledField.value = p.Text
		err = checkLiteral(f, p.Text)
	case p.Form == Bare, p.Form == Path:
		compiledField.isPath = true
		if compiledField.path, err = fieldpath.Parse(p.Text); err == nil && p.Value != nil {
			compiledField.value, err = literalOf(f, p.Value)
		}
	case p.Form == Expression:
		compiledField.expression, err = expression.Compile(p.Text)
	default:
		if compiledField.value, err = literalOf(f, p.Value); err == nil && f.Required && compiledField.value == nil {
			err = fmt.Errorf("%s needs %s, and null counts as missing", r.definition.Type, f.Name)
		}
	}
	if err != nil {
		c.fieldProblem(at, p, err)
		return
	}
	r.fields = append(r.fields, compiledField)
}

// fieldProblem adds the problem of a field, with its place where that is known.
func (c *compiler) fieldProblem(at string, p Parameter, err error) {
	switch p.Form {
	case Path:
		at += ".path"
	case Expression:
		at += ".expr"
	case Literal:
		at += ".value"
	case NotMapped, Bare: // the field itself
	}
	c.problemAt(at, err)
	if syntax, ok := errors.AsType[*fieldpath.SyntaxError](err); ok {
		last := &c.problems[len(c.problems)-1]
		last.Message, last.Line, last.Column = syntax.Message, 1, syntax.Column
	}
}

// literalOf decodes a literal and checks that the field takes it.
func literalOf(f action.Field, raw json.RawMessage) (any, error) {
	decoded, err := value.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("read the value: %w", err)
	}
	if decoded.Value == nil {
		return nil, nil
	}
	return decoded.Value, checkLiteral(f, decoded.Value)
}

func checkLiteral(f action.Field, v any) error {
	if _, problem := f.Fit(v); problem != nil {
		return problem
	}
	return nil
}

func unknownAction(t action.Type) string {
	all := action.Catalogue()
	names := make([]string, len(all))
	for i, d := range all {
		names[i] = string(d.Type)
	}
	if t == "" {
		return "name an action: one of " + strings.Join(names, ", ")
	}
	if meant, ok := nearest.Name(string(t), slices.Values(names)); ok {
		return fmt.Sprintf("there is no action %.60s; did you mean %s?", t, meant)
	}
	return fmt.Sprintf("there is no action %.60s; there are %s", t, strings.Join(names, ", "))
}
