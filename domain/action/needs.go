package action

import (
	"encoding/json"
	"slices"

	"daybook/domain/value"
)

// Needs reports whether a request builds on an earlier one of the same
// webhook: it reaches the user, object or tenant that the earlier one creates
// or changes.
func Needs(t Type, payload []byte, earlier Type, earlierPayload []byte) bool {
	switch t {
	case WorkflowsTrigger, ObjectsSubscribe, AudiencesAddMember:
	default:
		return false
	}
	made, ok := madeBy(earlier, earlierPayload)
	return ok && slices.Contains(reachedBy(t, payload), made)
}

// entity is a user, with no collection, an object, or a tenant.
type entity struct{ collection, id string }

const (
	usersCollection   = "$users"
	tenantsCollection = "$tenants"
)

func entityOf(collection, id string) entity {
	if collection == usersCollection {
		collection = ""
	}
	return entity{collection, id}
}

// madeBy returns what a request creates or changes.
func madeBy(t Type, payload []byte) (entity, bool) {
	said := membersOf(payload)
	id := textOf(said["id"])
	switch t {
	case UsersIdentify:
		return entityOf("", id), id != ""
	case ObjectsSet:
		return entityOf(textOf(said["collection"]), id), id != ""
	case TenantsSet:
		return entityOf(tenantsCollection, id), id != ""
	default:
		return entity{}, false
	}
}

// reachedBy returns who and what a request reaches.
func reachedBy(t Type, payload []byte) []entity {
	said := membersOf(payload)
	var reached []entity
	for _, raw := range slices.Concat(listOf(said["recipients"]), listOf(said["members"]), []json.RawMessage{said["actor"]}) {
		if id := RecipientID(raw); id != "" {
			reached = append(reached, entityOf(collectionOf(raw), id))
		}
	}
	if id := RecipientID(said["tenant"]); id != "" {
		reached = append(reached, entityOf(tenantsCollection, id))
	}
	if t == ObjectsSubscribe {
		reached = append(reached, entityOf(textOf(said["collection"]), textOf(said["id"])))
	}
	return reached
}

// collectionOf returns the collection of a recipient that is an object.
func collectionOf(raw json.RawMessage) string {
	var object struct {
		Collection string `json:"collection"`
	}
	if json.Unmarshal(raw, &object) != nil {
		return "" // an id
	}
	return object.Collection
}

// membersOf returns the members of a request but its data, which may be large.
func membersOf(payload []byte) map[string]json.RawMessage {
	said := map[string]json.RawMessage{}
	for name, given := range value.Members(payload) {
		if name != "data" {
			said[name] = given
		}
	}
	return said
}
