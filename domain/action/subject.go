package action

import (
	"encoding/json"

	"daybook/domain/value"
)

// Subject is what a request is about, for one line of text.
type Subject struct {
	Name   string // of the workflow or audience, or the HTTP method; empty for the others
	Target string // the id of what is changed, else of the first who is reached, or the URL
	More   int    // how many are reached beside the first
}

// SubjectOf returns what a rendered request is about, as far as it says: one
// that was left out says nothing. The request may be large; its data is not
// looked into.
func SubjectOf(payload []byte) Subject {
	said := map[string]json.RawMessage{}
	for member, given := range value.Members(payload) {
		switch member {
		case "key", "id", "recipients", "members", "method", "url":
			said[member] = given
		}
	}
	s := Subject{Name: textOf(said["key"]), Target: textOf(said["id"])}
	reached := append(listOf(said["recipients"]), listOf(said["members"])...)
	s.More = max(len(reached)-1, 0)
	switch {
	case s.Target != "":
	case len(reached) > 0:
		s.Target = RecipientID(reached[0])
	case said["url"] != nil:
		s.Name, s.Target = textOf(said["method"]), textOf(said["url"])
	}
	return s
}

// RecipientID returns the id of a recipient, member or tenant of a request: it
// is the id, an object with one, or an object of a user with one. Of anything
// else it returns nothing.
func RecipientID(raw json.RawMessage) string {
	if id := textOf(raw); id != "" {
		return id
	}
	var object struct {
		ID   string          `json:"id"`
		User json.RawMessage `json:"user"`
	}
	if json.Unmarshal(raw, &object) != nil {
		return ""
	}
	if object.ID == "" && object.User != nil {
		return RecipientID(object.User)
	}
	return object.ID
}

func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return "" // not there, or no text: nothing to say
	}
	return text
}

func listOf(raw json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil // not there, or no list: nobody is named
	}
	return list
}
