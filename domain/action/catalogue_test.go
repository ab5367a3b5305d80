package action_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daybook/domain/action"
)

// The catalogue as the outward interface writes it.
const written = `users_identify(id*, name, email, phone_number, avatar, properties) · users_delete(id*) · objects_set(collection*, id*, name, properties) · objects_delete(collection*, id*) · tenants_set(id*, name, properties) · tenants_delete(id*) · objects_subscribe(collection*, id*, recipients*, properties) · objects_unsubscribe(collection*, id*, recipients*) · audiences_add_member(key*, members*, tenant) · audiences_remove_member(key*, members*, tenant) · workflows_cancel(key*, cancellation_key*, recipients) · workflows_trigger(key*, recipients*, data, tenant, actor, cancellation_key) · http_request(url*, method, headers, body)`

func TestTheCatalogueIsTheOneThatIsWritten(t *testing.T) {
	t.Parallel()
	var all, literal []string
	for i, d := range action.Catalogue() {
		fields := make([]string, len(d.Fields))
		for j, f := range d.Fields {
			if fields[j] = f.Name; f.Required {
				fields[j] += "*"
			}
			if f.Literal {
				literal = append(literal, string(d.Type)+"."+f.Name)
			}
		}
		all = append(all, string(d.Type)+"("+strings.Join(fields, ", ")+")")
		if found, ok := action.Lookup(d.Type); !ok || found.Type != d.Type || action.Order(d.Type) != i || d.Summary == "" {
			t.Errorf("%s: found %v, in place %d", d.Type, found.Type, action.Order(d.Type))
		}
	}
	if diff := cmp.Diff(strings.Split(written, " · "), all); diff != "" {
		t.Error(diff)
	}
	for _, d := range action.Catalogue() {
		if d.Local != (d.Type != action.HTTPRequest) {
			t.Errorf("%s is carried out locally: %t", d.Type, d.Local)
		}
	}
	want := []string{"audiences_add_member.key", "audiences_remove_member.key", "workflows_cancel.key", "workflows_trigger.key", "http_request.url", "http_request.method"}
	if diff := cmp.Diff(want, literal); diff != "" {
		t.Error(diff)
	}
	if _, ok := action.Lookup("users_explode"); ok || action.Order("users_explode") != len(all) {
		t.Error("an action that is not there was found")
	}
}

func TestTheCatalogueIsTheCallersToKeep(t *testing.T) {
	t.Parallel()
	action.Catalogue()[0].Fields[0].Name = "broken"
	known, _ := action.Lookup(action.UsersIdentify)
	known.Fields[0].Name = "broken too"
	if d, _ := action.Lookup(action.UsersIdentify); d.Fields[0].Name != "id" {
		t.Error("a caller changed the catalogue")
	}
}

func TestID(t *testing.T) {
	t.Parallel()
	// Ids are idempotency keys: this one must come out the same for ever.
	if got := action.ID("development.stripe.evt_1", "invoice-paid", 0, 1).String(); got != "bdedcbc6-d30c-59fd-a044-c430235ca495" {
		t.Errorf("ID = %s", got)
	}
}

func TestDifferentActionsHaveDifferentIDs(t *testing.T) {
	t.Parallel()
	type of struct {
		webhook, mapping  string
		index, generation int
	}
	draw := rapid.Custom(func(t *rapid.T) of {
		return of{
			rapid.StringMatching(`[ab"~\\1]{0,4}`).Draw(t, "webhook"), rapid.StringMatching(`[ab"~\\1]{0,4}`).Draw(t, "mapping"),
			rapid.IntRange(0, 12).Draw(t, "index"), rapid.IntRange(1, 12).Draw(t, "generation"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw.Draw(t, "a"), draw.Draw(t, "b")
		same := action.ID(a.webhook, a.mapping, a.index, a.generation) == action.ID(b.webhook, b.mapping, b.index, b.generation)
		if same != (a == b) {
			t.Fatalf("%+v and %+v: same id %t", a, b, same)
		}
	})
}

func TestRender(t *testing.T) {
	t.Parallel()
	object := func(v ...any) map[string]any {
		m := map[string]any{}
		for pair := range slices.Chunk(v, 2) {
			m[pair[0].(string)] = pair[1]
		}
		return m
	}
	tests := map[string]struct {
		action  action.Type
		given   map[string]action.Given
		payload string
		problem *action.Problem
	}{
		"all of it": {
			action.WorkflowsTrigger,
			map[string]action.Given{"key": {Value: "paid"}, "recipients": {Value: "cus_1"}, "data": {Value: object("b", int64(1), "a", nil)}, "actor": {Value: nil}},
			`{"data":{"a":null,"b":1},"key":"paid","recipients":["cus_1"]}`, nil,
		},
		"ids that are numbers": {
			action.WorkflowsTrigger,
			map[string]action.Given{"key": {Value: "k"}, "recipients": {Value: []any{int64(7), object("id", int64(8))}}, "tenant": {Value: int64(9)}},
			`{"key":"k","recipients":["7",{"id":8}],"tenant":"9"}`, nil,
		},
		"a required field without a value": {
			action.WorkflowsTrigger,
			map[string]action.Given{"key": {Value: "k"}, "recipients": {Missing: "nothing at body.data.object.customer"}, "data": {Value: object()}},
			`{"data":{},"key":"k"}`,
			&action.Problem{Code: action.MissingField, Field: "recipients", Message: "recipients is required; nothing at body.data.object.customer"},
		},
		"a required field that is not given": {
			action.UsersDelete, nil, `{}`,
			&action.Problem{Code: action.MissingField, Field: "id", Message: "id is required"},
		},
		"nobody": {
			action.WorkflowsTrigger,
			map[string]action.Given{"key": {Value: "k"}, "recipients": {Value: []any{}, Missing: "body.to is an empty list"}},
			`{"key":"k"}`,
			&action.Problem{Code: action.MissingField, Field: "recipients", Message: "recipients is required; body.to is an empty list"},
		},
		"an empty id": {
			action.UsersDelete,
			map[string]action.Given{"id": {Value: ""}},
			`{}`,
			&action.Problem{Code: action.TypeMismatch, Field: "id", Message: "id is an empty string"},
		},
		"a wrong kind in an optional field": {
			action.UsersIdentify,
			map[string]action.Given{"id": {Value: "u"}, "email": {Value: int64(5)}, "properties": {Value: "x"}},
			`{"id":"u"}`,
			&action.Problem{Code: action.TypeMismatch, Field: "email", Message: "email must be a string, not a number"},
		},
		"a field whose expression failed": {
			action.UsersIdentify,
			map[string]action.Given{"id": {Value: "u"}, "name": {Problem: &action.Problem{Code: action.RuleFailed, Field: "name", Message: "name: it failed"}}},
			`{"id":"u"}`,
			&action.Problem{Code: action.RuleFailed, Field: "name", Message: "name: it failed"},
		},
		"recipients of the wrong kind": {
			action.WorkflowsTrigger,
			map[string]action.Given{"key": {Value: "k"}, "recipients": {Value: []any{"a", true}}},
			`{"key":"k"}`,
			&action.Problem{Code: action.TypeMismatch, Field: "recipients", Message: "recipients[1] must be an id or an object with an id, not true"},
		},
		"a recipient without an id": {
			action.WorkflowsTrigger,
			map[string]action.Given{"key": {Value: "k"}, "recipients": {Value: object("email", "a@b")}},
			`{"key":"k"}`,
			&action.Problem{Code: action.TypeMismatch, Field: "recipients", Message: "recipients is an object without an id"},
		},
		"members in each of their forms": {
			action.AudiencesAddMember,
			map[string]action.Given{"key": {Value: "beta"}, "members": {Value: []any{"a", object("id", "b", "name", "B"), object("user", "c", "tenant", "t"), object("user", object("id", "d"))}}},
			`{"key":"beta","members":["a",{"id":"b","name":"B"},{"tenant":"t","user":"c"},{"user":{"id":"d"}}]}`, nil,
		},
		"a member that is no user": {
			action.AudiencesAddMember,
			map[string]action.Given{"key": {Value: "beta"}, "members": {Value: []any{object("collection", "teams", "id", "red")}}},
			`{"key":"beta"}`,
			&action.Problem{Code: action.TypeMismatch, Field: "members", Message: "members[0] is an object of a collection; the members of an audience are users"},
		},
		"a member whose user has no id": {
			action.AudiencesRemoveMember,
			map[string]action.Given{"key": {Value: "beta"}, "members": {Value: object("user", object("name", "B"))}},
			`{"key":"beta"}`,
			&action.Problem{Code: action.TypeMismatch, Field: "members", Message: "members.user is an object without an id"},
		},
		"a member whose tenant is none": {
			action.AudiencesAddMember,
			map[string]action.Given{"key": {Value: "beta"}, "members": {Value: []any{object("user", "u", "tenant", true)}}},
			`{"key":"beta"}`,
			&action.Problem{Code: action.TypeMismatch, Field: "members", Message: "members[0].tenant must be an id or an object with an id, not true"},
		},
		"too many recipients": {
			action.ObjectsSubscribe,
			map[string]action.Given{"collection": {Value: "c"}, "id": {Value: "o"}, "recipients": {Value: make([]any, 101)}},
			`{"collection":"c","id":"o"}`,
			&action.Problem{Code: action.TooMany, Field: "recipients", Message: "recipients has 101 entries; at most 100 can go into one action"},
		},
		"a request": {
			action.HTTPRequest,
			map[string]action.Given{"url": {Value: "https://example.com/x"}, "method": {Value: "post"}, "headers": {Value: object("X-A", "b")}, "body": {Value: []any{nil}}},
			`{"body":[null],"headers":{"X-A":"b"},"method":"POST","url":"https://example.com/x"}`, nil,
		},
		"a request to somewhere else": {
			action.HTTPRequest,
			map[string]action.Given{"url": {Value: "file:///etc/passwd"}, "method": {Value: "POST"}},
			`{"method":"POST"}`,
			&action.Problem{Code: action.TypeMismatch, Field: "url", Message: "url must be a whole URL that begins with https:// or http://"},
		},
		"a request with a password": {
			action.HTTPRequest,
			map[string]action.Given{"url": {Value: "https://a:b@example.com"}, "method": {Value: "POST"}},
			`{"method":"POST"}`,
			&action.Problem{Code: action.TypeMismatch, Field: "url", Message: "url must not hold a user or a password"},
		},
		"a request in a strange way": {
			action.HTTPRequest,
			map[string]action.Given{"url": {Value: "https://example.com"}, "method": {Value: "CONNECT"}},
			`{"url":"https://example.com"}`,
			&action.Problem{Code: action.TypeMismatch, Field: "method", Message: "method must be one of GET, POST, PUT, PATCH, DELETE"},
		},
		"a header that would be two": {
			action.HTTPRequest,
			map[string]action.Given{"url": {Value: "https://example.com"}, "method": {Value: "GET"}, "headers": {Value: object("A", "x\r\nB: y")}},
			`{"method":"GET","url":"https://example.com"}`,
			&action.Problem{Code: action.TypeMismatch, Field: "headers", Message: `headers cannot be sent: "A" or its value holds what a header may not hold`},
		},
		"a request that is too large": {
			action.WorkflowsTrigger,
			map[string]action.Given{"key": {Value: "k"}, "recipients": {Value: "u"}, "data": {Value: object("a", strings.Repeat("a", action.MaxPayload))}},
			``,
			&action.Problem{Code: action.TooLarge, Message: "the request is larger than 2 MiB; map less into it"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := action.Lookup(test.action)
			payload, problem := d.Render(test.given)
			if diff := cmp.Diff(test.payload, string(payload)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.problem, problem); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSHA256(t *testing.T) {
	t.Parallel()
	if got := action.SHA256([]byte("{}")); got != "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" {
		t.Error(got)
	}
}
