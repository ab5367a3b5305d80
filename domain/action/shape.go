package action

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daybook/domain/value"
)

// String says what a field of that shape holds, in a few words.
func (s Shape) String() string {
	switch s {
	case Text:
		return "a text"
	case Identifier:
		return "an id: a text or a whole number"
	case Object:
		return "an object"
	case Recipient:
		return "a recipient: an id, or an object with an id"
	case Recipients:
		return "recipients: ids, or objects with an id"
	case Members:
		return "users: ids, objects with an id, or objects of a user and a tenant"
	case Tenant:
		return "a tenant: an id, or an object with an id"
	case URL:
		return "a whole URL, https:// or http://"
	case Method:
		return "GET, POST, PUT, PATCH or DELETE"
	case Headers:
		return "an object of texts"
	default:
		return "anything"
	}
}

// Fit returns v as the field takes it, or a problem. Whole numbers become text
// where an id is asked for, and a single recipient becomes a list. Null fits
// nowhere: ask before.
func (f Field) Fit(v any) (any, *Problem) {
	switch f.Shape {
	case Text:
		if _, ok := v.(string); !ok {
			return nil, f.mismatch("must be a string, not %s", value.Kind(v))
		}
		return v, nil
	case Identifier:
		return f.identifier(v)
	case Object:
		if _, ok := v.(map[string]any); !ok {
			return nil, f.mismatch("must be an object, not %s", value.Kind(v))
		}
		return v, nil
	case Recipient, Tenant:
		return f.recipient("", v)
	case Recipients:
		return f.list(v, f.recipient)
	case Members:
		return f.list(v, f.member)
	case URL:
		return f.url(v)
	case Method:
		return f.method(v)
	case Headers:
		return f.headers(v)
	default:
		return v, nil
	}
}

func (f Field) mismatch(format string, args ...any) *Problem {
	return &Problem{Code: TypeMismatch, Field: f.Name, Message: f.Name + " " + fmt.Sprintf(format, args...)}
}

func (f Field) identifier(v any) (any, *Problem) {
	id, ok := asID(v)
	if !ok {
		return nil, f.mismatch("must be a string or a whole number, not %s", value.Kind(v))
	}
	if id == "" {
		return nil, f.mismatch("is an empty string")
	}
	return id, nil
}

// asID writes an id as text.
func asID(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	default:
		return "", false
	}
}

// recipient checks one recipient; where is its place in a list, as in [2].
func (f Field) recipient(where string, v any) (any, *Problem) {
	if id, ok := asID(v); ok {
		if id == "" {
			return nil, f.mismatchAt(where, "is an empty string")
		}
		return id, nil
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, f.mismatchAt(where, "must be an id or an object with an id, not %s", value.Kind(v))
	}
	if id, ok := asID(object["id"]); !ok || id == "" {
		return nil, f.mismatchAt(where, "is an object without an id")
	}
	return object, nil
}

func (f Field) mismatchAt(where, format string, args ...any) *Problem {
	p := f.mismatch(format, args...)
	p.Message = f.Name + where + strings.TrimPrefix(p.Message, f.Name)
	return p
}

// member checks one member: a user, or an object of a user and a tenant.
func (f Field) member(where string, v any) (any, *Problem) {
	object, _ := v.(map[string]any)
	user, wrapped := object["user"]
	if !wrapped {
		user = v
	}
	if named, ok := user.(map[string]any); ok {
		if collection := named["collection"]; collection != nil && collection != "$users" {
			return nil, f.mismatchAt(where, "is an object of a collection; the members of an audience are users")
		}
	}
	if wrapped {
		if _, problem := f.recipient(where+".user", user); problem != nil {
			return nil, problem
		}
		if tenant := object["tenant"]; tenant != nil {
			if _, problem := f.recipient(where+".tenant", tenant); problem != nil {
				return nil, problem
			}
		}
		return object, nil
	}
	return f.recipient(where, user)
}

// list checks a list, entry by entry.
func (f Field) list(v any, entry func(where string, v any) (any, *Problem)) (any, *Problem) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) > f.Max {
		return nil, &Problem{
			Code: TooMany, Field: f.Name,
			Message: fmt.Sprintf("%s has %d entries; at most %d can go into one action", f.Name, len(list), f.Max),
		}
	}
	fitted := make([]any, len(list))
	for i, given := range list {
		where := ""
		if ok {
			where = "[" + strconv.Itoa(i) + "]"
		}
		var problem *Problem
		if fitted[i], problem = entry(where, given); problem != nil {
			return nil, problem
		}
	}
	return fitted, nil
}

func (f Field) url(v any) (any, *Problem) {
	text, ok := v.(string)
	if !ok {
		return nil, f.mismatch("must be a string, not %s", value.Kind(v))
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
		return nil, f.mismatch("must be a whole URL that begins with https:// or http://")
	}
	if parsed.User != nil {
		return nil, f.mismatch("must not hold a user or a password")
	}
	return text, nil
}

func (f Field) method(v any) (any, *Problem) {
	methods := []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	text, _ := v.(string)
	if text = strings.ToUpper(text); !slices.Contains(methods, text) {
		return nil, f.mismatch("must be one of %s", strings.Join(methods, ", "))
	}
	return text, nil
}

func (f Field) headers(v any) (any, *Problem) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, f.mismatch("must be an object, not %s", value.Kind(v))
	}
	for _, name := range sortedNames(object) {
		text, ok := object[name].(string)
		if !ok {
			return nil, f.mismatch("must hold strings; %.60q is %s", name, value.Kind(object[name]))
		}
		if name == "" || strings.ContainsAny(name, " \t\r\n:\x00") || strings.ContainsAny(text, "\r\n\x00") {
			return nil, f.mismatch("cannot be sent: %.60q or its value holds what a header may not hold", name)
		}
	}
	return object, nil
}
