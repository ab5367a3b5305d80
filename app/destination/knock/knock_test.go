package knock_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"daybook/app/destination"
	"daybook/app/destination/egress"
	"daybook/app/destination/knock"
	"daybook/app/destination/knock/knocktest"
	"daybook/domain/action"
	"daybook/domain/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ destination.Destination = (*knock.Destination)(nil)

func open(t testing.TB, server *knocktest.Server, key string) *knock.Destination {
	t.Helper()
	allowed, err := egress.ParseAllowed([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	client := egress.New(egress.Config{Allowed: allowed, TLSOnly: true, Within: 2 * time.Second})
	t.Cleanup(client.Close)
	return knock.New(knock.Config{Client: client, BaseURL: server.URL, APIKey: key, Pace: knock.NewPace()})
}

func act(kind action.Type, payload string) destination.Action {
	return destination.Action{ID: "0b6ff6d4-3f0c-5d5b-9a55-1c7d0f5a9e31", Type: kind, Payload: json.RawMessage(payload), Environment: "development", Attempt: 1}
}

func TestEachActionIsTheDocumentedCall(t *testing.T) {
	t.Parallel()
	server := knocktest.New(t)
	d := open(t, server, knocktest.Key)
	for _, c := range []struct {
		kind          action.Type
		payload, want string
	}{
		{
			action.UsersIdentify, `{"id":"cus_1","name":"Jo","email":"jo@example.com","phone_number":"+14155550123","avatar":"https://a","properties":{"plan":"pro","name":"not this","id":"nor this"}}`,
			`PUT /v1/users/cus_1 {"avatar":"https://a","email":"jo@example.com","name":"Jo","phone_number":"+14155550123","plan":"pro"}`,
		},
		{action.UsersIdentify, `{"id":"a/b c?d#e%f@g:h"}`, `PUT /v1/users/a%2Fb%20c%3Fd%23e%25f@g:h {}`},
		{action.UsersIdentify, `{"id":"../../admin","properties":{"locale":"de","nested":{"a":[1,null]}}}`, `PUT /v1/users/..%2F..%2Fadmin {"locale":"de","nested":{"a":[1,null]}}`},
		{action.UsersIdentify, `{"id":"ünï"}`, `PUT /v1/users/%C3%BCn%C3%AF {}`},
		{action.UsersDelete, `{"id":"cus_1"}`, `DELETE /v1/users/cus_1 `},
		{action.ObjectsSet, `{"collection":"shops/eu","id":"s 1","name":"Shop","properties":{"phone_number":"call us"}}`, `PUT /v1/objects/shops%2Feu/s%201 {"name":"Shop","phone_number":"call us"}`},
		{action.ObjectsDelete, `{"collection":"shops","id":"s1"}`, `DELETE /v1/objects/shops/s1 `},
		{action.TenantsSet, `{"id":"acme","name":"Acme","properties":{"settings":{"branding":{"primary_color":"#f00"}}}}`, `PUT /v1/tenants/acme {"name":"Acme","settings":{"branding":{"primary_color":"#f00"}}}`},
		{action.TenantsDelete, `{"id":"acme"}`, `DELETE /v1/tenants/acme `},
		{
			action.ObjectsSubscribe, `{"collection":"shops","id":"s1","recipients":["u1",{"id":7,"email":"e"},{"collection":"teams","id":"red"}],"properties":{"role":"owner"}}`,
			`POST /v1/objects/shops/s1/subscriptions {"properties":{"role":"owner"},"recipients":["u1",{"email":"e","id":"7"},{"collection":"teams","id":"red"}]}`,
		},
		{
			action.ObjectsUnsubscribe, `{"collection":"shops","id":"s1","recipients":["u1",{"id":"u2","name":"gone"},{"collection":"teams","id":"red","name":"x"},{"collection":"$users","id":"u3"}]}`,
			`DELETE /v1/objects/shops/s1/subscriptions {"recipients":["u1","u2",{"collection":"teams","id":"red"},"u3"]}`,
		},
		{
			action.AudiencesAddMember, `{"key":"beta","members":["u1",{"id":"u2","properties":{"plan":"pro"}},{"user":"u3","tenant":{"id":"own"}},{"user":{"id":"u4","name":"D"}}],"tenant":"acme"}`,
			`POST /v1/audiences/beta/members {"members":[{"tenant":"acme","user":{"id":"u1"}},{"tenant":"acme","user":{"id":"u2","plan":"pro"}},{"tenant":"own","user":{"id":"u3"}},{"tenant":"acme","user":{"id":"u4","name":"D"}}]}`,
		},
		{action.AudiencesRemoveMember, `{"key":"beta","members":["u1"]}`, `DELETE /v1/audiences/beta/members {"members":[{"user":{"id":"u1"}}]}`},
		{action.WorkflowsCancel, `{"key":"dunning","cancellation_key":"in_1"}`, `POST /v1/workflows/dunning/cancel {"cancellation_key":"in_1"}`},
		{action.WorkflowsCancel, `{"key":"dunning","cancellation_key":"in_1","recipients":["u1",{"id":"u2","name":"B"}]}`, `POST /v1/workflows/dunning/cancel {"cancellation_key":"in_1","recipients":["u1","u2"]}`},
		{
			action.WorkflowsTrigger, `{"key":"paid","recipients":["u1",{"id":"u2","name":"B","phone_number":"+491512345678"},{"collection":"$users","id":"u3"},{"collection":"shops","id":"s1","name":"S"}],"data":{"n":9007199254740993,"html":"<b>"},"tenant":{"id":"acme","name":"Acme"},"actor":"u9","cancellation_key":"in_1"}`,
			`POST /v1/workflows/paid/trigger {"actor":"u9","cancellation_key":"in_1","data":{"n":9007199254740993,"html":"<b>"},"recipients":["u1",{"id":"u2","name":"B","phone_number":"+491512345678"},"u3",{"collection":"shops","id":"s1","name":"S"}],"tenant":{"id":"acme","name":"Acme"}}`,
		},
	} {
		a := act(c.kind, c.payload)
		outcome := d.CarryOut(t.Context(), a)
		calls := server.Calls()
		if outcome.Class != "" || len(calls) != 1 {
			t.Errorf("%s: %+v after %d calls", c.kind, outcome, len(calls))
			continue
		}
		got := calls[0].Method + " " + calls[0].Path + " " + strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(calls[0].Body)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.kind, diff)
		}
		isTrigger := c.kind == action.WorkflowsTrigger
		if isTrigger && (calls[0].Key != a.ID || string(outcome.Result) != `{"workflow_run_id":"run-of-`+a.ID+`"}`) {
			t.Errorf("the key is %s, the result %s", calls[0].Key, outcome.Result)
		}
		if strings.Contains(outcome.Request+outcome.Answer, knocktest.Key) {
			t.Error("the API key stands in what is kept")
		}
		terms := d.Terms(a)
		if terms.Repeats.Always == isTrigger || isTrigger && terms.Repeats.Within != 24*time.Hour || !strings.HasPrefix(terms.Lane, "knock "+server.URL) || strings.Contains(terms.Lane, "sk_") {
			t.Errorf("%s: %+v", c.kind, terms)
		}
	}
	for _, definition := range action.Catalogue() {
		outcome := d.CarryOut(t.Context(), act(definition.Type, `{}`))
		if (outcome.Class == webhook.ClassNotSupported) != (definition.Type == action.HTTPRequest) {
			t.Errorf("%s: %+v", definition.Type, outcome)
		}
	}
	if calls := server.Calls(); len(calls) != 0 {
		t.Errorf("requests without fields were sent: %v", calls)
	}
}

func TestWhatKnockWouldRefuseIsNotSent(t *testing.T) {
	t.Parallel()
	server := knocktest.New(t)
	d := open(t, server, knocktest.Key)
	many := func(n int) string { return "[" + strings.Repeat(`"u",`, n-1) + `"u"]` }
	large := strings.Repeat("x", 256_000)
	for _, c := range []struct {
		kind           action.Type
		payload, field string
	}{
		{action.UsersIdentify, `{"id":"."}`, "id"},
		{action.UsersDelete, `{"id":".."}`, "id"},
		{action.ObjectsDelete, `{"collection":"..","id":"a"}`, "collection"},
		{action.UsersDelete, `{"id":"a\u0000b"}`, "id"},
		{action.UsersDelete, `{"id":"a\r\nHost: x"}`, "id"},
		{action.UsersDelete, `{"id":"` + strings.Repeat("a", 513) + `"}`, "id"},
		{action.UsersDelete, `{}`, "id"},
		{action.UsersIdentify, `{"id":"u","phone_number":"(415) 555-0123"}`, "phone_number"},
		{action.UsersIdentify, `{"id":"u","phone_number":"+1 415 555 0123"}`, "phone_number"},
		{action.UsersIdentify, `{"id":"u","phone_number":"4155550123"}`, "phone_number"},
		{action.UsersIdentify, `{"id":"u","phone_number":"+0155550123"}`, "phone_number"},
		{action.UsersIdentify, `{"id":"u","phone_number":"+1234567890123456"}`, "phone_number"},
		{action.UsersIdentify, `{"id":"u","phone_number":""}`, "phone_number"},
		{action.UsersIdentify, `{"id":"u","properties":{"phone_number":5}}`, "phone_number"},
		{action.UsersIdentify, `{"id":"u","properties":{"a":"` + large + `"}}`, "properties"},
		{action.UsersIdentify, `{"id":"u","properties":[]}`, "properties"},
		{action.TenantsSet, `{"id":"u","properties":{"a":"` + large + `"}}`, "properties"},
		{action.ObjectsSubscribe, `{"collection":"c","id":"o","recipients":["u"],"properties":{"a":"` + large + `"}}`, "properties"},
		{action.ObjectsSubscribe, `{"collection":"c","id":"o","recipients":` + many(101) + `}`, "recipients"},
		{action.ObjectsUnsubscribe, `{"collection":"c","id":"o","recipients":[]}`, "recipients"},
		{action.AudiencesAddMember, `{"key":"k","members":` + many(1001) + `}`, "members"},
		{action.AudiencesAddMember, `{"key":"k","members":[{"user":{"id":"u","phone_number":"1"}}]}`, "members[0].user.phone_number"},
		{action.AudiencesAddMember, `{"key":"k","members":["u",{"name":"x"}]}`, "members[1]"},
		{action.WorkflowsTrigger, `{"key":"..","recipients":["u"]}`, "key"},
		{action.WorkflowsTrigger, `{"key":"k","recipients":` + many(1001) + `}`, "recipients"},
		{action.WorkflowsTrigger, `{"key":"k","recipients":["u",{"id":"v","phone_number":"0"}]}`, "recipients[1].phone_number"},
		{action.WorkflowsTrigger, `{"key":"k","recipients":["u"],"actor":{"id":"v","phone_number":"0"}}`, "actor.phone_number"},
		{action.WorkflowsTrigger, `{"key":"k","recipients":["u"],"data":{"a":"` + strings.Repeat("x", 10_000_000) + `"}}`, "data"},
		{action.WorkflowsTrigger, `{"key":"k","recipients":["u"],"tenant":{"id":"t","properties":{"a":"` + large + `"}}}`, "tenant.properties"},
		{action.WorkflowsTrigger, `[]`, "the request"},
	} {
		outcome := d.CarryOut(t.Context(), act(c.kind, c.payload))
		if outcome.Class != webhook.ClassInvalid || !strings.HasPrefix(outcome.Error, c.field+" ") {
			t.Errorf("%s %.100s: %q: %s", c.kind, c.payload, outcome.Class, outcome.Error)
		}
	}
	if calls := server.Calls(); len(calls) != 0 {
		t.Errorf("%d requests were sent", len(calls))
	}
}

func TestMoods(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mood  knocktest.Mood
		class webhook.Class
		says  string
	}{
		"down":  {knocktest.Down, webhook.ClassTemporary, "down for a while"},
		"wrong": {knocktest.Wrong, "", ""},
		"rude":  {knocktest.Rude, webhook.ClassUnknown, "without an answer"},
		"busy":  {knocktest.Busy, webhook.ClassRateLimited, "too many requests"},
		"huge":  {knocktest.Huge, "", ""},
		"away":  {knocktest.Away, webhook.ClassRefused, "base URL"},
		"none":  {knocktest.Missing, webhook.ClassRefused, "no workflow “paid”"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := knocktest.New(t)
			d := open(t, server, knocktest.Key)
			server.Be(c.mood)
			outcome := d.CarryOut(t.Context(), act(action.WorkflowsTrigger, `{"key":"paid","recipients":["u"]}`))
			if outcome.Class != c.class || !strings.Contains(outcome.Error, c.says) || outcome.Result != nil || len(outcome.Answer) > egress.MaxAnswer {
				t.Errorf("%+v", outcome)
			}
			if len(server.Calls()) != 1 {
				t.Error("it was not sent once")
			}
			if c.mood != knocktest.Busy {
				return
			}
			if outcome.RetryAfter != 7*time.Second {
				t.Errorf("it is left alone for %s", outcome.RetryAfter)
			}
			again := d.CarryOut(t.Context(), act(action.WorkflowsTrigger, `{"key":"paid","recipients":["u"]}`))
			if again.Class != webhook.ClassRateLimited || again.RetryAfter <= 6*time.Second || len(server.Calls()) != 0 {
				t.Errorf("within that time: %+v", again)
			}
			server.Be(knocktest.Well)
			if other := d.CarryOut(t.Context(), act(action.UsersIdentify, `{"id":"u"}`)); other.Class != "" {
				t.Errorf("calls that are counted apart: %+v", other)
			}
		})
	}
}

func TestASlowKnockIsGivenUp(t *testing.T) {
	t.Parallel()
	server := knocktest.New(t)
	d := open(t, server, knocktest.Key)
	server.Be(knocktest.Slow)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	trigger := act(action.WorkflowsTrigger, `{"key":"paid","recipients":["u"]}`)
	if outcome := d.CarryOut(ctx, trigger); outcome.Class != webhook.ClassUnknown {
		t.Errorf("%+v", outcome)
	}
	server.Be(knocktest.Well)
	for range 3 { // sent again under its key, it has one effect
		if outcome := d.CarryOut(t.Context(), trigger); outcome.Class != "" {
			t.Errorf("%+v", outcome)
		}
	}
	if server.Triggered() != 1 {
		t.Errorf("it was triggered %d times", server.Triggered())
	}
}

func TestWhatIsNotThereIsDeleted(t *testing.T) {
	t.Parallel()
	server := knocktest.New(t)
	d := open(t, server, knocktest.Key)
	server.Be(knocktest.Missing)
	for kind, payload := range map[action.Type]string{
		action.UsersDelete: `{"id":"u"}`, action.ObjectsDelete: `{"collection":"c","id":"o"}`, action.TenantsDelete: `{"id":"t"}`,
	} {
		if outcome := d.CarryOut(t.Context(), act(kind, payload)); outcome.Class != "" || outcome.HTTPStatus != 404 {
			t.Errorf("%s: %+v", kind, outcome)
		}
	}
	if outcome := d.CarryOut(t.Context(), act(action.UsersIdentify, `{"id":"u"}`)); outcome.Class != webhook.ClassRefused {
		t.Errorf("%+v", outcome)
	}
}

func TestAWrongKey(t *testing.T) {
	t.Parallel()
	d := open(t, knocktest.New(t), "sk_test_another_key_altogether")
	outcome := d.CarryOut(t.Context(), act(action.UsersIdentify, `{"id":"u"}`))
	if outcome.Class != webhook.ClassRefused || !strings.Contains(outcome.Error, "Access token not set. (authorization)") || !strings.Contains(outcome.Error, "API key") {
		t.Errorf("%+v", outcome)
	}
}

// Whatever the catalogue lets through, Knock takes, or it is refused here by the
// name of a field.
func TestLawNothingIsSentThatKnockRefuses(t *testing.T) {
	t.Parallel()
	server := knocktest.New(t)
	id := rapid.OneOf(rapid.SampledFrom([]any{"u", "..", "a/b", "ü", int64(7), "$users", "?x=y"}), rapid.Map(rapid.StringN(1, 8, 32), func(s string) any { return s }))
	scalar := rapid.SampledFrom([]any{"x", "+14155550123", "no phone", int64(1), nil, true, []any{}, map[string]any{"a": nil}})
	properties := rapid.MapOfN(rapid.SampledFrom([]string{"plan", "id", "name", "phone_number", "collection"}), scalar, 0, 4)
	party := rapid.Custom(func(t *rapid.T) any {
		if rapid.Bool().Draw(t, "bare") {
			return id.Draw(t, "id")
		}
		object := map[string]any{"id": id.Draw(t, "id")}
		if rapid.Bool().Draw(t, "collection") {
			object["collection"] = rapid.SampledFrom([]any{"shops", "$users", "$tenants", nil}).Draw(t, "c")
		}
		if rapid.Bool().Draw(t, "phone") {
			object["phone_number"] = rapid.SampledFrom([]any{"+14155550123", "x", nil}).Draw(t, "p")
		}
		if rapid.Bool().Draw(t, "properties") {
			object["properties"] = rapid.MapOfN(rapid.SampledFrom([]string{"plan", "id", "phone_number"}), rapid.SampledFrom([]any{"+14155550123", "x", nil}), 0, 3).Draw(t, "ps")
		}
		return object
	})
	rapid.Check(t, func(rt *rapid.T) {
		kinds := action.Catalogue()
		definition := kinds[rapid.IntRange(0, len(kinds)-2).Draw(rt, "type")]
		given := map[string]action.Given{}
		for _, f := range definition.Fields {
			if !f.Required && rapid.Bool().Draw(rt, "leave out "+f.Name) {
				continue
			}
			var v any
			switch f.Shape {
			case action.Recipients, action.Members:
				v = rapid.SliceOfN(party, 1, 3).Draw(rt, f.Name)
			case action.Recipient, action.Tenant:
				v = party.Draw(rt, f.Name)
			case action.Object:
				v = properties.Draw(rt, f.Name)
			case action.Identifier:
				v = id.Draw(rt, f.Name)
			default:
				v = rapid.SampledFrom([]any{"x", "+14155550123"}).Draw(rt, f.Name)
			}
			given[f.Name] = action.Given{Value: v}
		}
		payload, problem := definition.Render(given)
		if problem != nil {
			return
		}
		d := open(t, server, knocktest.Key) // at a pace of its own
		outcome := d.CarryOut(t.Context(), destination.Action{ID: uuid.NewSHA1(uuid.Nil, payload).String(), Type: definition.Type, Payload: payload})
		if outcome.Class != "" && outcome.Class != webhook.ClassInvalid {
			rt.Fatalf("%s %s: %+v", definition.Type, payload, outcome)
		}
	})
}
