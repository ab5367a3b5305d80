package knock

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"daybook/app/destination"
	"daybook/domain/action"
)

// call is an action as a request to the API.
type call struct {
	method string
	path   string // escaped, from /v1 on
	body   []byte
	tier   tier
	// removes says that there being nothing to remove is as good.
	removes bool
	// triggers says that the answer names a workflow run.
	triggers bool
	about    string // what it is about, for people
}

// form is how a type of action becomes a call: method, path with {fields} in it,
// and what makes its body.
type form struct {
	method string
	path   string
	tier   tier
	body   func(given object) (any, *problem)
}

// callFor returns the form of a type; false for one that is not Knock's.
func callFor(t action.Type) (form, bool) {
	switch t {
	case action.UsersIdentify:
		return form{http.MethodPut, "/v1/users/{id}", tier3, userBody}, true
	case action.UsersDelete:
		return form{http.MethodDelete, "/v1/users/{id}", tier2, nil}, true
	case action.ObjectsSet:
		return form{http.MethodPut, "/v1/objects/{collection}/{id}", tier3, traitsBody}, true
	case action.ObjectsDelete:
		return form{http.MethodDelete, "/v1/objects/{collection}/{id}", tier3, nil}, true
	case action.TenantsSet:
		return form{http.MethodPut, "/v1/tenants/{id}", tier3, traitsBody}, true
	case action.TenantsDelete:
		return form{http.MethodDelete, "/v1/tenants/{id}", tier2, nil}, true
	case action.ObjectsSubscribe:
		return form{http.MethodPost, "/v1/objects/{collection}/{id}/subscriptions", tier3, subscribeBody}, true
	case action.ObjectsUnsubscribe:
		return form{http.MethodDelete, "/v1/objects/{collection}/{id}/subscriptions", tier3, unsubscribeBody}, true
	case action.AudiencesAddMember:
		return form{http.MethodPost, "/v1/audiences/{key}/members?create_audience=true", tier3, membersBody}, true
	case action.AudiencesRemoveMember:
		return form{http.MethodDelete, "/v1/audiences/{key}/members", tier3, membersBody}, true
	case action.WorkflowsCancel:
		return form{http.MethodPost, "/v1/workflows/{key}/cancel", tier5, cancelBody}, true
	case action.WorkflowsTrigger:
		return form{http.MethodPost, "/v1/workflows/{key}/trigger", tier5, triggerBody}, true
	default:
		return form{}, false
	}
}

// newCall makes the call of an action, or says which field is in the way.
func newCall(a destination.Action) (call, *problem) {
	f, _ := callFor(a.Type)
	var given object
	if err := json.Unmarshal(a.Payload, &given); err != nil {
		return call{}, faulty("the request", "cannot be read: %s", err)
	}
	path, problem := fill(f.path, given)
	if problem != nil {
		return call{}, problem
	}
	c := call{
		method: f.method, path: path, tier: f.tier,
		removes:  f.method == http.MethodDelete && f.body == nil,
		triggers: a.Type == action.WorkflowsTrigger,
		about:    about(given),
	}
	if f.body == nil {
		return c, nil
	}
	body, problem := f.body(given)
	if problem != nil {
		return call{}, problem
	}
	var err error
	if c.body, err = json.Marshal(body); err != nil {
		return call{}, faulty("the request", "cannot be written: %s", err)
	}
	return c, nil
}

// maxSegment is how long an id in an address may be, in bytes.
const maxSegment = 512

// fill puts fields into a path, escaped.
func fill(path string, given object) (string, *problem) {
	path, query, hasQuery := strings.Cut(path, "?")
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		field, ok := strings.CutPrefix(segment, "{")
		if !ok {
			continue
		}
		field = strings.TrimSuffix(field, "}")
		value := text(given[field])
		if problem := checkSegment(field, value); problem != nil {
			return "", problem
		}
		segments[i] = url.PathEscape(value)
	}
	path = strings.Join(segments, "/")
	if hasQuery {
		path += "?" + query
	}
	return path, nil
}

// checkSegment refuses what would be another address on the way: . and .. lead
// elsewhere however they are escaped.
func checkSegment(field, value string) *problem {
	switch {
	case value == "":
		return faulty(field, "is empty")
	case value == "." || value == "..":
		return faulty(field, "is %q, which cannot stand in an address", value)
	case len(value) > maxSegment:
		return faulty(field, "has %d bytes; at most %d can stand in an address", len(value), maxSegment)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return faulty(field, "holds a control character, which cannot stand in an address")
	default:
		return nil
	}
}

// about names what a call is about, for people.
func about(given object) string {
	if key := text(given["key"]); key != "" {
		return key
	}
	if collection := text(given["collection"]); collection != "" {
		return collection + "/" + text(given["id"])
	}
	return text(given["id"])
}

// text reads a string; anything else is empty.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
