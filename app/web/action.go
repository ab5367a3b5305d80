package web

import (
	"encoding/json"

	"daybook/views"
	"daybook/views/ui"
)

// actionLine says in one line what an action does, as far as its request says:
// "trigger invoice-paid → cus_9f2".
func actionLine(actionType string, payload json.RawMessage) ui.Line {
	var request struct {
		Key        string            `json:"key"`
		ID         string            `json:"id"`
		Method     string            `json:"method"`
		URL        string            `json:"url"`
		Recipients []json.RawMessage `json:"recipients"`
		Members    []json.RawMessage `json:"members"`
	}
	if json.Unmarshal(payload, &request) != nil {
		return views.ActionLine(actionType, "", "", "", "") // left out, or half rendered
	}
	name, target := request.Key, request.ID
	reached := append(request.Recipients, request.Members...)
	switch {
	case target != "":
	case len(reached) > 0:
		target = reachedID(reached[0])
	case request.URL != "":
		name, target = request.Method, request.URL
	}
	line := views.ActionLine(actionType, name, target, "", "")
	if more := len(reached) - 1; more > 0 {
		line = append(line, ui.Span{Text: " and " + ui.Count(more) + " more", Kind: ui.Faint})
	}
	return line
}

// reachedID is the id of a recipient: itself, or in an object.
func reachedID(raw json.RawMessage) string {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return id
	}
	var object struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &object) != nil {
		return ""
	}
	return object.ID
}
