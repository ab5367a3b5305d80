package action

import (
	"slices"
	"sync"
)

// Type names an action of the catalogue, as it stands in a mapping.
type Type string

// The catalogue's actions.
const (
	UsersIdentify         Type = "users_identify"
	UsersDelete           Type = "users_delete"
	ObjectsSet            Type = "objects_set"
	ObjectsDelete         Type = "objects_delete"
	TenantsSet            Type = "tenants_set"
	TenantsDelete         Type = "tenants_delete"
	ObjectsSubscribe      Type = "objects_subscribe"
	ObjectsUnsubscribe    Type = "objects_unsubscribe"
	AudiencesAddMember    Type = "audiences_add_member"
	AudiencesRemoveMember Type = "audiences_remove_member"
	WorkflowsCancel       Type = "workflows_cancel"
	WorkflowsTrigger      Type = "workflows_trigger"
	HTTPRequest           Type = "http_request"
)

// Definition is one action of the catalogue.
type Definition struct {
	Type    Type
	Summary string // what it does, for people
	Fields  []Field
	// Local reports whether the built-in directory carries the action out. The
	// others go where they say, whatever an environment's destination is.
	Local bool
}

// Field is one field of an action.
type Field struct {
	Name     string
	Shape    Shape
	Required bool
	// Literal reports whether a bare string in a mapping is the value itself
	// and not a path.
	Literal bool
	// Max is how many entries a list may have; 0 where the field is no list.
	Max int
}

// Shape is what a field may hold.
type Shape uint8

// The shapes of fields.
const (
	Text       Shape = iota // a string
	Identifier              // a string that is not empty; a whole number is written out
	Object                  // an object
	Recipient               // an id, or an object with an id
	Recipients              // a list of those; a single one becomes a list
	Members                 // a list of users, or of objects of a user and a tenant; a single one becomes a list
	Tenant                  // an id, or an object with an id
	URL                     // an absolute http or https URL
	Method                  // an HTTP method
	Headers                 // an object of strings
	Any                     // anything
)

// Catalogue returns the actions in the order in which they run. It is the
// caller's to keep.
func Catalogue() []Definition {
	members := Field{Name: "members", Shape: Members, Required: true, Max: 1000}
	return []Definition{
		{UsersIdentify, "create a user or change what is known of one", []Field{
			required("id", Identifier),
			optional("name", Text), optional("email", Text), optional("phone_number", Text), optional("avatar", Text),
			optional("properties", Object),
		}, true},
		{UsersDelete, "delete a user", []Field{required("id", Identifier)}, true},
		{ObjectsSet, "create an object or change what is known of one", []Field{
			required("collection", Identifier), required("id", Identifier), optional("name", Text), optional("properties", Object),
		}, true},
		{ObjectsDelete, "delete an object", []Field{required("collection", Identifier), required("id", Identifier)}, true},
		{TenantsSet, "create a tenant or change what is known of one", []Field{
			required("id", Identifier), optional("name", Text), optional("properties", Object),
		}, true},
		{TenantsDelete, "delete a tenant", []Field{required("id", Identifier)}, true},
		{ObjectsSubscribe, "subscribe recipients to an object", []Field{
			required("collection", Identifier), required("id", Identifier), many("recipients", 100), optional("properties", Object),
		}, true},
		{ObjectsUnsubscribe, "end the subscriptions of recipients to an object", []Field{
			required("collection", Identifier), required("id", Identifier), many("recipients", 100),
		}, true},
		{AudiencesAddMember, "add members to an audience", []Field{
			literal("key", Identifier), members, optional("tenant", Tenant),
		}, true},
		{AudiencesRemoveMember, "remove members from an audience", []Field{
			literal("key", Identifier), members, optional("tenant", Tenant),
		}, true},
		{WorkflowsCancel, "cancel the runs of a workflow that have a cancellation key", []Field{
			literal("key", Identifier), required("cancellation_key", Identifier), {Name: "recipients", Shape: Recipients, Max: 1000},
		}, true},
		{WorkflowsTrigger, "run a workflow for recipients", []Field{
			literal("key", Identifier), many("recipients", 1000),
			optional("data", Object), optional("tenant", Tenant), optional("actor", Recipient), optional("cancellation_key", Identifier),
		}, true},
		{HTTPRequest, "send an HTTP request", []Field{
			literal("url", URL), {Name: "method", Shape: Method, Literal: true}, optional("headers", Headers), optional("body", Any),
		}, false},
	}
}

func required(name string, shape Shape) Field {
	return Field{Name: name, Shape: shape, Required: true}
}
func optional(name string, shape Shape) Field { return Field{Name: name, Shape: shape} }
func literal(name string, shape Shape) Field {
	return Field{Name: name, Shape: shape, Required: true, Literal: true}
}

func many(name string, most int) Field {
	return Field{Name: name, Shape: Recipients, Required: true, Max: most}
}

// catalogue is made once: every action that is carried out is looked up.
var catalogue = sync.OnceValue(Catalogue)

// Lookup returns the definition of t. It is the caller's to keep.
func Lookup(t Type) (Definition, bool) {
	i := place(t)
	if i < 0 {
		return Definition{}, false
	}
	d := catalogue()[i]
	d.Fields = slices.Clone(d.Fields)
	return d, true
}

// Order returns the place of t in the order in which actions run, from 0.
// An unknown type comes last.
func Order(t Type) int {
	i := place(t)
	if i < 0 {
		return len(catalogue())
	}
	return i
}

func place(t Type) int {
	return slices.IndexFunc(catalogue(), func(d Definition) bool { return d.Type == t })
}

// Field returns the field of d with that name.
func (d Definition) Field(name string) (Field, bool) {
	i := slices.IndexFunc(d.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return d.Fields[i], true
}
