package directory

import (
	"encoding/json"
	"maps"
	"strconv"

	"daybook/domain/value"
)

// request is what the directory reads of a rendered request. Its data is left
// where it is.
type request struct {
	ID              string
	Collection      string
	said            traits
	Key             string
	CancellationKey string
	Members         []json.RawMessage
	parties
}

// readRequest reads a request, or what a result repeats of it. What is not
// there, or is not as it should be, is empty.
func readRequest(object []byte) request {
	var r request
	for member, given := range value.Members(object) {
		if into := r.place(member); into != nil {
			_ = json.Unmarshal(given, into) // what does not fit was not said
		}
	}
	return r
}

func (r *request) place(member string) any {
	switch member {
	case "id":
		return &r.ID
	case "collection":
		return &r.Collection
	case "key":
		return &r.Key
	case "cancellation_key":
		return &r.CancellationKey
	case "recipients":
		return &r.Recipients
	case "members":
		return &r.Members
	case "tenant":
		return &r.Tenant
	case "actor":
		return &r.Actor
	case "name":
		return &r.said.Name
	case "email":
		return &r.said.Email
	case "phone_number":
		return &r.said.PhoneNumber
	case "avatar":
		return &r.said.Avatar
	case "properties":
		return &r.said.Properties
	default:
		return nil
	}
}

// parties are the parts of a triggered workflow that are kept as they came.
type parties struct {
	Recipients []json.RawMessage `json:"recipients,omitempty"`
	Tenant     json.RawMessage   `json:"tenant,omitempty"`
	Actor      json.RawMessage   `json:"actor,omitempty"`
}

// party is somebody or something that a request names.
type party struct {
	key
	traits traits
	inline bool // traits were given with it
}

// name is the id, and collection/id of an object.
func (p party) name() string {
	if p.collection != "" {
		return p.collection + "/" + p.id
	}
	return p.id
}

// The collections that stand for what is no object of a collection.
const (
	UsersCollection   = "$users"
	TenantsCollection = "$tenants"
)

// keyIn names an entry of a collection.
func keyIn(environment, collection, id string) key {
	switch collection {
	case "", UsersCollection:
		return key{environment: environment, kind: kindUser, id: id}
	case TenantsCollection:
		return key{environment: environment, kind: kindTenant, id: id}
	default:
		return key{environment, kindObject, collection, id}
	}
}

// readRecipient reads an id, a number written out, or an object with an id:
// those are users, unless a collection is named.
func readRecipient(environment string, raw json.RawMessage) party {
	return readParty(raw, func(collection, id string) key { return keyIn(environment, collection, id) })
}

// readTenant reads an id or an object with one.
func readTenant(environment string, raw json.RawMessage) party {
	return readParty(raw, func(_, id string) key { return key{environment: environment, kind: kindTenant, id: id} })
}

func readParty(raw json.RawMessage, keyOf func(collection, id string) key) party {
	if id := readID(raw); id != "" {
		return party{key: keyOf("", id)}
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return party{key: keyOf("", "")}
	}
	var collection string
	_ = json.Unmarshal(object["collection"], &collection) // what does not fit was not said
	p := party{key: keyOf(collection, readID(object["id"]))}
	delete(object, "id")
	delete(object, "collection")
	p.traits, p.inline = readTraits(object, p.kind == kindUser), len(object) > 0
	return p
}

// readID reads a text or a whole number.
func readID(raw json.RawMessage) string {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return id
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

// member is a user in an audience.
type member struct {
	party
	tenant json.RawMessage // as it was given; nil: the one of the request
}

// readMember reads a user, or an object of a user and perhaps a tenant.
func readMember(environment string, raw json.RawMessage) member {
	var wrapped struct {
		User   json.RawMessage `json:"user"`
		Tenant json.RawMessage `json:"tenant"`
	}
	if json.Unmarshal(raw, &wrapped) == nil && wrapped.User != nil {
		return member{readRecipient(environment, wrapped.User), wrapped.Tenant}
	}
	return member{party: readRecipient(environment, raw)}
}

// readTraits reads what stands beside an id: what is not one of the known
// traits is a property. Of what is no user, only the name is known.
func readTraits(members map[string]json.RawMessage, user bool) traits {
	t := traits{Properties: map[string]json.RawMessage{}}
	known := map[string]**string{"name": &t.Name}
	if user {
		known["email"], known["phone_number"], known["avatar"] = &t.Email, &t.PhoneNumber, &t.Avatar
	}
	for name, given := range members {
		if target, ok := known[name]; ok {
			if json.Unmarshal(given, target) != nil {
				*target = nil // not text: nothing was said
			}
			continue
		}
		var properties map[string]json.RawMessage
		if name == "properties" && json.Unmarshal(given, &properties) == nil {
			maps.Copy(t.Properties, properties)
			continue
		}
		if name != "properties" {
			t.Properties[name] = given
		}
	}
	return t
}
