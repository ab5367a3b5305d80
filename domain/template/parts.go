package template

import (
	"embed"
	"encoding/json"
	"io/fs"
	"strconv"

	"daybook/domain/action"
	"daybook/domain/rule"
)

// text is a parameter that is a bare string.
func text(s string) json.RawMessage { return json.RawMessage(strconv.Quote(s)) }

// expr is a parameter that is an expression.
func expr(s string) json.RawMessage { return json.RawMessage(`{"expr":` + strconv.Quote(s) + `}`) }

// mapping is a default mapping.
func mapping(key, eventType string, does action.Type, parameters rule.Parameters) rule.Mapping {
	return rule.Mapping{Key: key, EventType: eventType, ActionType: does, ActionParameters: parameters}
}

// person adds to the shared values those of the person whom samples speak of.
func person(values map[string]sharedValue) map[string]sharedValue {
	values["first_name"] = sharedValue{text: "Inês"}
	values["last_name"] = sharedValue{text: "Duarte"}
	values["name"] = sharedValue{text: "Inês Duarte"}
	values["email"] = sharedValue{text: "ines.duarte@example.com"}
	values["phone"] = sharedValue{text: "+351910000123"}
	return values
}

// folder is a folder of an embedded tree.
func folder(tree embed.FS, name string) fs.FS {
	sub, err := fs.Sub(tree, name)
	if err != nil { // only for a name that is not a path
		return tree
	}
	return sub
}

// jsonHeaders are those of a sender that says no more than what it sends.
func jsonHeaders() map[string]string { return map[string]string{"Content-Type": "application/json"} }
