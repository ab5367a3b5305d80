package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"daybook/domain/value"
)

// Parameter is one field of an action as a mapping gives it.
type Parameter struct {
	Form Form
	// Text is the bare string, the path or the expression.
	Text string
	// Value is the literal of [Literal], or what [Path] falls back to where it
	// leads to nothing; nil where there is no fallback.
	Value json.RawMessage
}

// Form is one of the ways to give a field.
type Form uint8

// The forms of a field.
const (
	NotMapped  Form = iota // null
	Bare                   // "body.name": a path, or the value itself in fields that are literals
	Path                   // {"path": "body.name", "default": "friend"}
	Expression             // {"expr": "body.total / 100"}
	Literal                // {"value": 5}
)

// ParseParameter reads a field in any of the forms.
func ParseParameter(raw json.RawMessage) (Parameter, error) {
	decoded, err := value.Decode(raw)
	if err != nil {
		return Parameter{}, fmt.Errorf("read the field: %w", err)
	}
	if len(decoded.Flaws) > 0 {
		return Parameter{}, fmt.Errorf("%s stands twice or is not UTF-8", decoded.Flaws[0].Path)
	}
	switch v := decoded.Value.(type) {
	case nil:
		return Parameter{}, nil
	case string:
		return Parameter{Form: Bare, Text: v}, nil
	case map[string]any:
		return parseForm(raw, v)
	default:
		return Parameter{}, fmt.Errorf(`%s is neither a path nor a form; write {"value": …} for a literal`, value.Kind(v))
	}
}

func parseForm(raw json.RawMessage, form map[string]any) (Parameter, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return Parameter{}, fmt.Errorf("read the field: %w", err)
	}
	names := strings.Join(slices.Sorted(maps.Keys(form)), ",")
	switch names {
	case "path", "default,path":
		text, err := textOf(form, "path")
		return Parameter{Form: Path, Text: text, Value: parts["default"]}, err
	case "expr":
		text, err := textOf(form, "expr")
		return Parameter{Form: Expression, Text: text}, err
	case "value":
		return Parameter{Form: Literal, Value: parts["value"]}, nil
	default:
		return Parameter{}, errors.New(`write a path, {"path": …, "default": …}, {"expr": …} or {"value": …}`)
	}
}

func textOf(form map[string]any, name string) (string, error) {
	text, ok := form[name].(string)
	if !ok {
		return "", fmt.Errorf("%s must be a string, not %s", name, value.Kind(form[name]))
	}
	return text, nil
}

// MarshalJSON writes the parameter as [ParseParameter] reads it.
func (p Parameter) MarshalJSON() ([]byte, error) {
	switch p.Form {
	case Bare:
		return marshal(p.Text)
	case Path:
		return marshal(struct {
			Path    string          `json:"path"`
			Default json.RawMessage `json:"default,omitempty"`
		}{p.Text, p.Value})
	case Expression:
		return marshal(struct {
			Expr string `json:"expr"`
		}{p.Text})
	case Literal:
		return marshal(struct {
			Value json.RawMessage `json:"value"`
		}{p.Value})
	default:
		return []byte("null"), nil
	}
}
