package declaration

import (
	"encoding/json"
	"fmt"

	"daybook/domain/action"
	"daybook/domain/rule"
)

// mappings reads the mappings of e, but those that are said to be deleted.
func (r *reader) mappings(e *Environment, f field, where string) *[]rule.Mapping {
	switch f.value.kind {
	case isNull:
		return nil
	case isList:
	default:
		r.problem(f.value.at, where, "mappings are a list, not "+f.value.kind.String())
		return nil
	}
	all := []rule.Mapping{}
	for i, item := range f.value.items {
		m, deleted, ok := r.mapping(item, fmt.Sprintf("%s[%d]", where, i))
		if ok && !deleted {
			all = append(all, m)
			e.kept = append(e.kept, i)
		}
	}
	return &all
}

func (r *reader) mapping(n *node, where string) (m rule.Mapping, deleted, ok bool) {
	ok = r.object(n, where, words{
		"key":         func(f field, where string) { m.Key = r.text(f, where) },
		"event_type":  func(f field, where string) { m.EventType = r.text(f, where) },
		"action_type": func(f field, where string) { m.ActionType = action.Type(r.text(f, where)) },
		"active":      func(f field, where string) { m.Active = rule.SwitchOf(r.boolean(f, where, true)) },
		"is_deleted":  func(f field, where string) { deleted = r.boolean(f, where, false) },
		"when": func(f field, where string) {
			if text := r.textOrNull(f, where); text != nil {
				m.When = *text
			}
		},
		"action_parameters": func(f field, where string) { m.ActionParameters = r.parameters(f, where) },
	}, "created_at", "updated_at")
	return m, deleted, ok
}

func (r *reader) parameters(f field, where string) rule.Parameters {
	switch f.value.kind {
	case isNull:
		return nil
	case isObject:
	default:
		r.problem(f.value.at, where, "action_parameters are an object, not "+f.value.kind.String())
		return nil
	}
	parameters := rule.Parameters{}
	for _, p := range f.value.fields {
		parameters[p.name] = json.RawMessage(p.value.json())
	}
	return parameters
}

// boolean reads true or false; null is otherwise.
func (r *reader) boolean(f field, where string, otherwise bool) bool {
	switch f.value.kind {
	case isBoolean:
		return f.value.flag
	case isNull:
		return otherwise
	default:
		r.problem(f.value.at, where, "true or false belongs here, not "+f.value.kind.String())
		return otherwise
	}
}
