package knock

import (
	"encoding/json"
	"maps"
	"regexp"
	"strconv"
	"sync"
)

// The collections in which Knock keeps what is no object of a collection.
const usersCollection = "$users"

// maxProperties is how much Knock keeps of one recipient, in bytes.
const maxProperties = 256_000

// recipient is an id, or a user, object or tenant with what is known of it.
func recipient(field string, raw json.RawMessage) (any, *problem) {
	if id, ok := readID(raw); ok {
		return checkedID(field, id)
	}
	given, id, problem := named(field, raw)
	if problem != nil {
		return nil, problem
	}
	collection := given["collection"]
	isUser := isNull(collection) || text(collection) == usersCollection
	body, problem := traits(field+".", without(given, "id", "collection"), isUser)
	if problem != nil {
		return nil, problem
	}
	if isUser && len(body) == 0 {
		return id, nil
	}
	body["id"] = id
	if !isUser {
		body["collection"] = collection
	}
	return body, nil
}

// reference is an id, or a collection and an id, without what is known beside.
func reference(field string, raw json.RawMessage) (any, *problem) {
	if id, ok := readID(raw); ok {
		return checkedID(field, id)
	}
	given, id, problem := named(field, raw)
	if problem != nil {
		return nil, problem
	}
	if collection := given["collection"]; !isNull(collection) && text(collection) != usersCollection {
		return map[string]any{"collection": collection, "id": id}, nil
	}
	return id, nil
}

// inlineTenant is an id, or a tenant with what is known of it.
func inlineTenant(raw json.RawMessage) (any, *problem) {
	if id, ok := readID(raw); ok {
		return checkedID("tenant", id)
	}
	given, id, problem := named("tenant", raw)
	if problem != nil {
		return nil, problem
	}
	body, problem := traits("tenant.", without(given, "id", "collection"), false)
	if problem != nil {
		return nil, problem
	}
	if len(body) == 0 {
		return id, nil
	}
	body["id"] = id
	return body, nil
}

// member is a user, with its own tenant or that of the action. Knock takes the
// id of a tenant here and nothing more.
func member(field string, raw, common json.RawMessage) (any, *problem) {
	var wrapped struct {
		User   json.RawMessage `json:"user"`
		Tenant json.RawMessage `json:"tenant"`
	}
	user, tenant := raw, common
	if json.Unmarshal(raw, &wrapped) == nil && wrapped.User != nil {
		user, field = wrapped.User, field+".user"
		if !isNull(wrapped.Tenant) {
			tenant = wrapped.Tenant
		}
	}
	identified, problem := recipient(field, user)
	if problem != nil {
		return nil, problem
	}
	if id, ok := identified.(string); ok {
		identified = map[string]any{"id": id}
	}
	m := map[string]any{"user": identified}
	if isNull(tenant) {
		return m, nil
	}
	if m["tenant"], problem = idOf("tenant", tenant); problem != nil {
		return nil, problem
	}
	return m, nil
}

// idOf is an id, or that of an object with one.
func idOf(field string, raw json.RawMessage) (any, *problem) {
	if id, ok := readID(raw); ok {
		return checkedID(field, id)
	}
	_, id, problem := named(field, raw)
	return id, problem
}

// traits puts properties beside the traits, where Knock has them. A trait stands
// before a property of the same name, and an id is where it belongs already.
func traits(prefix string, given object, isUser bool) (map[string]any, *problem) {
	body := map[string]any{}
	var properties object
	if raw := given["properties"]; !isNull(raw) {
		if json.Unmarshal(raw, &properties) != nil {
			return nil, faulty(prefix+"properties", "is no object")
		}
	}
	maps.DeleteFunc(properties, func(name string, _ json.RawMessage) bool { return name == "id" || name == "collection" })
	for name, value := range properties {
		body[name] = value
	}
	for name, value := range given {
		if name != "properties" {
			body[name] = value
		}
	}
	size := 0
	for name, value := range body {
		size += len(name) + len(value.(json.RawMessage))
	}
	if problem := checkProperties(prefix+"properties", size); problem != nil {
		return nil, problem
	}
	return body, checkTexts(prefix, body, isUser)
}

// checkTexts refuses a trait that is no text, or a phone number that is none.
// Null takes a trait away.
func checkTexts(prefix string, body map[string]any, isUser bool) *problem {
	texts := []string{"name"}
	if isUser {
		texts = []string{"name", "email", "phone_number", "avatar", "timezone", "locale"}
	}
	for _, name := range texts {
		raw, ok := body[name].(json.RawMessage)
		if !ok || isNull(raw) {
			continue
		}
		var given string
		if json.Unmarshal(raw, &given) != nil {
			return faulty(prefix+name, "is no text, which is what Knock takes for it")
		}
		if name == "phone_number" && !e164().MatchString(given) {
			return faulty(prefix+name, "is not a phone number that Knock takes: write it as E.164 does, as in +14155550123, without spaces")
		}
	}
	return nil
}

func checkProperties(field string, size int) *problem {
	if size > maxProperties {
		return faulty(field, "have %d bytes with what stands beside them; Knock keeps at most %d of one", size, maxProperties)
	}
	return nil
}

var e164 = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`) })

// named reads an object with an id.
func named(field string, raw json.RawMessage) (given object, id string, p *problem) {
	if json.Unmarshal(raw, &given) != nil {
		return nil, "", faulty(field, "is neither an id nor an object with one")
	}
	id, ok := readID(given["id"])
	if !ok || id == "" {
		return nil, "", faulty(field, "is an object without an id")
	}
	return given, id, nil
}

func checkedID(field, id string) (any, *problem) {
	if id == "" {
		return nil, faulty(field, "is empty")
	}
	return id, nil
}

// readID reads a text, or a whole number, which is written out.
func readID(raw json.RawMessage) (string, bool) {
	var id string
	if !isNull(raw) && json.Unmarshal(raw, &id) == nil {
		return id, true
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return strconv.FormatInt(n, 10), true
	}
	return "", false
}

func without(given object, names ...string) object {
	rest := maps.Clone(given)
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

func at(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }
