package directory

import (
	"bytes"
	"encoding/json"
	"maps"
	"strconv"

	"daybook/domain/action"
	"daybook/domain/value"
)

// traits are what is known of a user, or what one request says of it. A member
// that is nil was not said.
type traits struct {
	Name        *string                    `json:"name,omitempty"`
	Email       *string                    `json:"email,omitempty"`
	PhoneNumber *string                    `json:"phone_number,omitempty"`
	Avatar      *string                    `json:"avatar,omitempty"`
	Properties  map[string]json.RawMessage `json:"properties,omitempty"`
}

// with returns t after what a later request says: only what it includes
// changes, properties key by key.
func (t traits) with(later traits) traits {
	for _, pair := range []struct{ known, said **string }{
		{&t.Name, &later.Name}, {&t.Email, &later.Email}, {&t.PhoneNumber, &later.PhoneNumber}, {&t.Avatar, &later.Avatar},
	} {
		if *pair.said != nil {
			*pair.known = *pair.said
		}
	}
	if len(later.Properties) == 0 {
		return t
	}
	merged := make(map[string]json.RawMessage, len(t.Properties)+len(later.Properties))
	maps.Copy(merged, t.Properties)
	maps.Copy(merged, later.Properties)
	t.Properties = merged
	return t
}

func (t traits) text() (string, error) {
	text, err := json.Marshal(t) // keys sorted: the same traits, the same text
	return string(text), err
}

// request is what the directory reads of a rendered request. Its data is left
// where it is.
type request struct {
	ID              string
	said            traits
	Key             string
	CancellationKey string
	parties
}

// readRequest reads a request, or what a result repeats of it. What is not
// there, or is not as it should be, is empty.
func readRequest(object []byte) request {
	var r request
	for member, given := range value.Members(object) {
		var into any
		switch member {
		case "id":
			into = &r.ID
		case "key":
			into = &r.Key
		case "cancellation_key":
			into = &r.CancellationKey
		case "recipients":
			into = &r.Recipients
		case "tenant":
			into = &r.Tenant
		case "actor":
			into = &r.Actor
		case "name":
			into = &r.said.Name
		case "email":
			into = &r.said.Email
		case "phone_number":
			into = &r.said.PhoneNumber
		case "avatar":
			into = &r.said.Avatar
		case "properties":
			into = &r.said.Properties
		default:
			continue
		}
		_ = json.Unmarshal(given, into) // what does not fit was not said
	}
	return r
}

// parties are the parts of a triggered workflow that are kept as they came.
type parties struct {
	Recipients []json.RawMessage `json:"recipients,omitempty"`
	Tenant     json.RawMessage   `json:"tenant,omitempty"`
	Actor      json.RawMessage   `json:"actor,omitempty"`
}

// carriedOut reports whether the local destination carries out such actions,
// and the directory shows it.
func carriedOut(t action.Type) bool {
	switch t {
	case action.UsersIdentify, action.UsersDelete, action.WorkflowsTrigger, action.WorkflowsCancel:
		return true
	default:
		return false
	}
}

// recipient is one of whom a workflow reaches.
type recipient struct {
	id     string
	user   bool // not an object of a collection
	traits traits
	inline bool // traits were given with it
}

// readRecipient reads an id, a number written out, or an object with an id. An
// object of a collection is named collection/id.
func readRecipient(raw json.RawMessage) recipient {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return recipient{id: id, user: true}
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return recipient{id: strconv.FormatInt(n, 10), user: true}
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return recipient{}
	}
	r := recipient{id: readRecipientID(object["id"]), user: true}
	var collection string
	if json.Unmarshal(object["collection"], &collection) == nil && collection != "" && collection != "$users" {
		return recipient{id: collection + "/" + r.id}
	}
	delete(object, "id")
	delete(object, "collection")
	r.traits, r.inline = readTraits(object), len(object) > 0
	return r
}

func readRecipientID(raw json.RawMessage) string {
	if !bytes.HasPrefix(raw, []byte("{")) && len(raw) > 0 {
		return readRecipient(raw).id
	}
	return ""
}

// readTraits reads what stands beside a recipient's id: what is not one of the
// known traits is a property.
func readTraits(members map[string]json.RawMessage) traits {
	t := traits{Properties: map[string]json.RawMessage{}}
	known := map[string]**string{"name": &t.Name, "email": &t.Email, "phone_number": &t.PhoneNumber, "avatar": &t.Avatar}
	for key, given := range members {
		if target, ok := known[key]; ok {
			if json.Unmarshal(given, target) != nil {
				*target = nil // not text: nothing was said
			}
			continue
		}
		var properties map[string]json.RawMessage
		if key == "properties" && json.Unmarshal(given, &properties) == nil {
			maps.Copy(t.Properties, properties)
			continue
		}
		if key != "properties" {
			t.Properties[key] = given
		}
	}
	return t
}
