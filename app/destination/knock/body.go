package knock

import (
	"bytes"
	"encoding/json"
)

// Knock's limits.
const (
	maxRecipients  = 1000
	maxSubscribers = 100
	maxMembers     = 1000
	maxData        = 10_000_000 // bytes
)

// userBody is what is known of a user: the traits, and the properties beside
// them.
func userBody(given object) (any, *problem) {
	return traits("", without(given, "id"), true)
}

// traitsBody is what is known of an object or a tenant.
func traitsBody(given object) (any, *problem) {
	return traits("", without(given, "id", "collection"), false)
}

func subscribeBody(given object) (any, *problem) {
	recipients, problem := recipients(given, maxSubscribers, recipient)
	if problem != nil {
		return nil, problem
	}
	body := map[string]any{"recipients": recipients}
	if properties, ok := given["properties"]; ok {
		if problem := checkProperties("properties", len(properties)); problem != nil {
			return nil, problem
		}
		body["properties"] = properties
	}
	return body, nil
}

func unsubscribeBody(given object) (any, *problem) {
	recipients, problem := recipients(given, maxSubscribers, reference)
	return map[string]any{"recipients": recipients}, problem
}

func cancelBody(given object) (any, *problem) {
	body := map[string]any{"cancellation_key": given["cancellation_key"]}
	if isNull(given["recipients"]) {
		return body, nil
	}
	recipients, problem := recipients(given, maxRecipients, reference)
	body["recipients"] = recipients
	return body, problem
}

func triggerBody(given object) (any, *problem) {
	recipients, problem := recipients(given, maxRecipients, recipient)
	if problem != nil {
		return nil, problem
	}
	body := map[string]any{"recipients": recipients}
	if data := given["data"]; !isNull(data) {
		if len(data) > maxData {
			return nil, faulty("data", "has %d bytes; Knock takes at most %d", len(data), maxData)
		}
		body["data"] = data
	}
	if key := given["cancellation_key"]; !isNull(key) {
		body["cancellation_key"] = key
	}
	if actor := given["actor"]; !isNull(actor) {
		if body["actor"], problem = recipient("actor", actor); problem != nil {
			return nil, problem
		}
	}
	if tenant := given["tenant"]; !isNull(tenant) {
		if body["tenant"], problem = inlineTenant(tenant); problem != nil {
			return nil, problem
		}
	}
	return body, nil
}

// membersBody names users, each with its own tenant or with that of the action.
func membersBody(given object) (any, *problem) {
	list, problem := list(given, "members", maxMembers)
	if problem != nil {
		return nil, problem
	}
	members := make([]any, len(list))
	for i, raw := range list {
		if members[i], problem = member(at("members", i), raw, given["tenant"]); problem != nil {
			return nil, problem
		}
	}
	return map[string]any{"members": members}, nil
}

func recipients(given object, most int, read func(field string, raw json.RawMessage) (any, *problem)) ([]any, *problem) {
	list, problem := list(given, "recipients", most)
	if problem != nil {
		return nil, problem
	}
	all := make([]any, len(list))
	for i, raw := range list {
		if all[i], problem = read(at("recipients", i), raw); problem != nil {
			return nil, problem
		}
	}
	return all, nil
}

func list(given object, field string, most int) ([]json.RawMessage, *problem) {
	var list []json.RawMessage
	if err := json.Unmarshal(given[field], &list); err != nil || len(list) == 0 {
		return nil, faulty(field, "is no list of anybody")
	}
	if len(list) > most {
		return nil, faulty(field, "has %d entries; Knock takes at most %d at once", len(list), most)
	}
	return list, nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || bytes.Equal(raw, []byte("null")) }
