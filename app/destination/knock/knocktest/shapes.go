package knocktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// shape is what one call of the API takes.
type shape struct {
	method, path string
	body         func(raw []byte) string // says what is wrong; nil: there is no body
}

func shapes() []shape {
	return []shape{
		{http.MethodPut, "/v1/users/*", userTraits},
		{http.MethodDelete, "/v1/users/*", nil},
		{http.MethodPut, "/v1/objects/*/*", anyTraits},
		{http.MethodDelete, "/v1/objects/*/*", nil},
		{http.MethodPut, "/v1/tenants/*", anyTraits},
		{http.MethodDelete, "/v1/tenants/*", nil},
		{http.MethodPost, "/v1/objects/*/*/subscriptions", subscribe},
		{http.MethodDelete, "/v1/objects/*/*/subscriptions", unsubscribe},
		{http.MethodPost, "/v1/audiences/*/members", members},
		{http.MethodDelete, "/v1/audiences/*/members", members},
		{http.MethodPost, "/v1/workflows/*/cancel", cancel},
		{http.MethodPost, "/v1/workflows/*/trigger", trigger},
	}
}

// check says what of a request is not as documented; empty if all is.
func check(r *http.Request, body []byte) string {
	path := r.URL.EscapedPath()
	for _, s := range shapes() {
		if s.method != r.Method || !matches(s.path, path) {
			continue
		}
		isTrigger := strings.HasSuffix(s.path, "/trigger")
		switch key := r.Header.Get("Idempotency-Key"); {
		case isTrigger && (key == "" || len(key) > 255):
			return "a trigger without an idempotency key of at most 255 characters"
		case !isTrigger && key != "":
			return "an idempotency key where none is honoured"
		case r.URL.RawQuery != "" && (r.URL.RawQuery != "create_audience=true" || s.path != "/v1/audiences/*/members" || r.Method != http.MethodPost):
			return "an unknown query"
		case s.body == nil && len(body) > 0:
			return "a body where none is taken"
		case s.body == nil:
			return ""
		case r.Header.Get("Content-Type") != "application/json":
			return "the content type is not application/json"
		default:
			return s.body(body)
		}
	}
	return "there is no such call"
}

func matches(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && (want[i] != "*" || got[i] == "" || got[i] == "." || got[i] == "..") {
			return false
		}
	}
	return true
}

var phone = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\+[1-9]\d{1,14}$`) })

func userTraits(raw []byte) string { return traits(raw, true) }
func anyTraits(raw []byte) string  { return traits(raw, false) }

// traits are the documented ones, and any others, which are custom properties.
func traits(raw []byte, isUser bool) string {
	var given map[string]json.RawMessage
	if json.Unmarshal(raw, &given) != nil || given == nil {
		return "no object"
	}
	for _, name := range []string{"name", "email", "phone_number", "avatar", "timezone", "locale"} {
		var text *string
		if given[name] != nil && json.Unmarshal(given[name], &text) != nil && (isUser || name == "name") {
			return name + " is no text"
		}
		if name == "phone_number" && isUser && text != nil && !phone().MatchString(*text) {
			return "phone_number is not E.164"
		}
	}
	for _, stray := range []string{"properties", "id"} {
		if _, ok := given[stray]; ok {
			return stray + " stands beside the traits"
		}
	}
	if len(raw) > 300_000 {
		return "more than 256 kB of custom properties"
	}
	return ""
}

// recipient is an id, a user or an object.
func recipient(raw json.RawMessage) string {
	var id string
	if json.Unmarshal(raw, &id) == nil && id != "" {
		return ""
	}
	var given map[string]json.RawMessage
	if json.Unmarshal(raw, &given) != nil || json.Unmarshal(given["id"], &id) != nil || id == "" {
		return "a recipient that is neither an id nor an object with one: " + string(raw)
	}
	collection, isObject := given["collection"]
	if isObject && (json.Unmarshal(collection, &id) != nil || id == "") {
		return "a recipient of no collection"
	}
	delete(given, "id")
	delete(given, "collection")
	rest, err := json.Marshal(given)
	if err != nil {
		return err.Error()
	}
	return traits(rest, !isObject)
}

// tenant is an id, or an object with one.
func tenant(raw json.RawMessage) string {
	var id string
	if json.Unmarshal(raw, &id) == nil && id != "" {
		return ""
	}
	var given map[string]json.RawMessage
	if json.Unmarshal(raw, &given) != nil || json.Unmarshal(given["id"], &id) != nil || id == "" || given["collection"] != nil {
		return "a tenant that is neither an id nor an object with one: " + string(raw)
	}
	return ""
}

// named is an id, or a collection and an id.
func named(raw json.RawMessage) string {
	var id string
	var object struct {
		Collection string `json:"collection"`
		ID         string `json:"id"`
	}
	if json.Unmarshal(raw, &id) == nil && id != "" || strictly(raw, &object) == nil && object.ID != "" && object.Collection != "" {
		return ""
	}
	return "neither an id nor a collection and an id: " + string(raw)
}

func each(list []json.RawMessage, least, most int, check func(json.RawMessage) string) string {
	if len(list) < least || len(list) > most {
		return fmt.Sprintf("a list of %d", len(list))
	}
	for _, entry := range list {
		if objection := check(entry); objection != "" {
			return objection
		}
	}
	return ""
}

func isObject(raw json.RawMessage) bool {
	var object map[string]json.RawMessage
	return raw == nil || json.Unmarshal(raw, &object) == nil && object != nil
}

func subscribe(raw []byte) string {
	var body struct {
		Recipients []json.RawMessage `json:"recipients"`
		Properties json.RawMessage   `json:"properties"`
	}
	if err := strictly(raw, &body); err != nil {
		return err.Error()
	}
	if !isObject(body.Properties) {
		return "properties are no object"
	}
	return each(body.Recipients, 1, 100, recipient)
}

func unsubscribe(raw []byte) string {
	var body struct {
		Recipients []json.RawMessage `json:"recipients"`
	}
	if err := strictly(raw, &body); err != nil {
		return err.Error()
	}
	return each(body.Recipients, 1, 100, named)
}

func members(raw []byte) string {
	var body struct {
		Members []json.RawMessage `json:"members"`
	}
	if err := strictly(raw, &body); err != nil {
		return err.Error()
	}
	return each(body.Members, 1, 1000, func(raw json.RawMessage) string {
		var m struct {
			User   json.RawMessage `json:"user"`
			Tenant *string         `json:"tenant"`
		}
		if err := strictly(raw, &m); err != nil {
			return err.Error()
		}
		if !strings.HasPrefix(string(m.User), "{") {
			return "a member whose user is no object"
		}
		return recipient(m.User)
	})
}

func cancel(raw []byte) string {
	var body struct {
		CancellationKey string            `json:"cancellation_key"`
		Recipients      []json.RawMessage `json:"recipients"`
	}
	if err := strictly(raw, &body); err != nil {
		return err.Error()
	}
	if body.CancellationKey == "" {
		return "no cancellation_key"
	}
	return each(body.Recipients, 0, 1000, named)
}

func trigger(raw []byte) string {
	var body struct {
		Recipients      []json.RawMessage `json:"recipients"`
		Data            json.RawMessage   `json:"data"`
		Actor           json.RawMessage   `json:"actor"`
		Tenant          json.RawMessage   `json:"tenant"`
		CancellationKey *string           `json:"cancellation_key"`
	}
	if err := strictly(raw, &body); err != nil {
		return err.Error()
	}
	if !isObject(body.Data) || len(body.Data) > 10_000_000 {
		return "data is no object of at most 10 MB"
	}
	if body.Actor != nil {
		if objection := recipient(body.Actor); objection != "" {
			return objection
		}
	}
	if body.Tenant != nil {
		if objection := tenant(body.Tenant); objection != "" {
			return objection
		}
	}
	return each(body.Recipients, 1, 1000, recipient)
}
