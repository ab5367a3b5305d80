package directory_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/action"
	"daybook/domain/rule"
	"daybook/projections/directory"
	"daybook/projections/projectiontest"
)

// do carries out one action of the catalogue in development.
func (h *house) do(t action.Type, payload string) {
	h.carryOut("development", planned(t, payload))
}

func planned(t action.Type, payload string) rule.Planned {
	return projectiontest.Planned("m", t, payload)
}

// holds compares what is listed in development, one line each, sorted.
func (h *house) holds(t *testing.T, when string, want ...string) {
	t.Helper()
	f := directory.Filter{Environment: "development"}
	objects, err := h.directory.Objects(t.Context(), f, 50, "")
	if err != nil {
		t.Fatal(err)
	}
	tenants, err := h.directory.Tenants(t.Context(), f, 50, "")
	if err != nil {
		t.Fatal(err)
	}
	audiences, err := h.directory.Audiences(t.Context(), f, 50, "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range objects.Items {
		got = append(got, fmt.Sprintf("object %s/%s %s %s, %d follow", o.Collection, o.ID, text(o.Name), text(o.Properties), o.Subscriptions))
	}
	for _, n := range tenants.Items {
		got = append(got, fmt.Sprintf("tenant %s %s %s", n.ID, text(n.Name), text(n.Properties)))
	}
	for _, a := range audiences.Items {
		got = append(got, fmt.Sprintf("audience %s of %d", a.Key, a.Members))
	}
	got = append(got, h.linked(t)...)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", when, diff)
	}
}

func (h *house) linked(t *testing.T) []string {
	t.Helper()
	f := directory.LinkFilter{Environment: "development"}
	subscriptions, err := h.directory.Subscriptions(t.Context(), f, 50, "")
	if err != nil {
		t.Fatal(err)
	}
	members, err := h.directory.Members(t.Context(), f, 50, "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range subscriptions.Items {
		got = append(got, fmt.Sprintf("%s follows %s/%s %s", text(s.Recipient), s.Collection, s.Object, text(s.Properties)))
	}
	for _, m := range members.Items {
		got = append(got, fmt.Sprintf("%s is in %s, tenant %s", m.User, m.Audience, text(m.Tenant)))
	}
	return got
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return strings.ReplaceAll(string(b), `"`, "")
}

func TestObjectsAndTenantsMerge(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.do(action.ObjectsSet, `{"collection":"teams","id":"red","name":"Red","properties":{"size":3,"tier":"a"}}`)
	h.do(action.ObjectsSet, `{"collection":"teams","id":"red","properties":{"size":4}}`)
	h.do(action.ObjectsSet, `{"collection":"shops","id":"red"}`)
	h.do(action.TenantsSet, `{"id":"acme","name":"Acme"}`)
	h.do(action.TenantsSet, `{"id":"acme","properties":{"plan":"pro"}}`)
	h.carryOut("production", planned(action.ObjectsSet, `{"collection":"teams","id":"live"}`))
	h.holds(t, "after it was set",
		"object teams/red Red {size:4,tier:a}, 0 follow", "object shops/red null {}, 0 follow", "tenant acme Acme {plan:pro}")

	h.do(action.ObjectsDelete, `{"collection":"teams","id":"red"}`)
	h.do(action.TenantsDelete, `{"id":"acme"}`)
	h.holds(t, "after deletions", "object shops/red null {}, 0 follow")

	h.do(action.ObjectsSet, `{"collection":"$tenants","id":"acme","name":"Acme again"}`)
	h.do(action.ObjectsSet, `{"collection":"$users","id":"cus_1","name":"Ada"}`)
	h.holds(t, "set by their collections", "object shops/red null {}, 0 follow", "tenant acme Acme again {}")
	if ada := h.user(t, "development", "cus_1"); !strings.Contains(ada, "Ada") {
		t.Errorf("a user that was set by its collection is %q", ada)
	}
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.do(action.ObjectsSubscribe, `{"collection":"teams","id":"red","properties":{"role":"member"},"recipients":["cus_1",{"id":"cus_2","name":"Grace"},{"collection":"teams","id":"blue","size":2},{"collection":"teams","id":"green"}]}`)
	h.do(action.ObjectsSubscribe, `{"collection":"teams","id":"red","properties":{"since":7},"recipients":["cus_1"]}`)
	blue := "object teams/blue null {size:2}, 0 follow" // it came with a property; green did not
	h.holds(t, "after recipients subscribed",
		"object teams/red null {}, 4 follow", blue,
		"{collection:null,id:cus_1} follows teams/red {role:member,since:7}",
		"{collection:null,id:cus_2} follows teams/red {role:member}",
		"{collection:teams,id:blue} follows teams/red {role:member}",
		"{collection:teams,id:green} follows teams/red {role:member}")
	if grace := h.user(t, "development", "cus_2"); !strings.Contains(grace, "Grace") {
		t.Errorf("a recipient that came with a name is %q", grace)
	}
	if there := h.user(t, "development", "cus_1"); there != "" {
		t.Errorf("a recipient that is an id alone was identified: %s", there)
	}
	h.do(action.ObjectsUnsubscribe, `{"collection":"teams","id":"red","recipients":["cus_1","nobody",{"collection":"teams","id":"green"}]}`)
	h.do(action.UsersDelete, `{"id":"cus_2"}`)
	h.holds(t, "after some unsubscribed and a user was deleted",
		"object teams/red null {}, 1 follow", blue, "{collection:teams,id:blue} follows teams/red {role:member}")

	deleted := h.carryOut("development", planned(action.ObjectsDelete, `{"collection":"teams","id":"red"}`))
	h.holds(t, "after the object was deleted", blue)
	h.Delete(deleted.Stream())
	h.WaitFor(h.runner)
	h.holds(t, "after the deletion was erased",
		"object teams/red null {}, 1 follow", blue, "{collection:teams,id:blue} follows teams/red {role:member}")

	h.do(action.ObjectsDelete, `{"collection":"teams","id":"red"}`)
	h.do(action.ObjectsSubscribe, `{"collection":"teams","id":"red","recipients":["cus_1"]}`)
	h.holds(t, "subscribed anew", "object teams/red null {}, 1 follow", blue, "{collection:null,id:cus_1} follows teams/red {}")
}

func TestAudiences(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.do(action.AudiencesAddMember, `{"key":"beta","members":["cus_1",{"id":"cus_2","name":"Grace"},{"user":{"id":"cus_3","plan":"pro"},"tenant":{"id":"acme","name":"Acme"}}]}`)
	h.do(action.AudiencesAddMember, `{"key":"beta","members":["cus_1"],"tenant":"acme"}`)
	acme := "tenant acme Acme {}"
	h.holds(t, "after members were added", "audience beta of 4", acme,
		"cus_1 is in beta, tenant null", "cus_2 is in beta, tenant null", "cus_3 is in beta, tenant acme", "cus_1 is in beta, tenant acme")
	for id, said := range map[string]string{"cus_2": "Grace", "cus_3": `"plan":"pro"`} {
		if there := h.user(t, "development", id); !strings.Contains(there, said) {
			t.Errorf("the member %s is %q", id, there)
		}
	}
	h.do(action.AudiencesRemoveMember, `{"key":"beta","members":["cus_1",{"user":"cus_3","tenant":"acme"}]}`)
	h.holds(t, "a member leaves for one tenant only", "audience beta of 2", acme,
		"cus_2 is in beta, tenant null", "cus_1 is in beta, tenant acme")
	h.do(action.UsersDelete, `{"id":"cus_1"}`)
	h.do(action.UsersDelete, `{"id":"cus_2"}`)
	h.holds(t, "after its members were deleted", "audience beta of 0", acme)
}

// TestTriggersMakeKnown: whoever a workflow names with traits becomes known by
// it, and so is known to the run.
func TestTriggersMakeKnown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.do(action.WorkflowsTrigger, `{"actor":{"id":"cus_7","name":"Kim"},"key":"k","recipients":[{"collection":"teams","id":"red","name":"Red"},{"collection":"teams","id":"blue"}],"tenant":{"id":"acme","plan":"pro"}}`)
	h.holds(t, "after a trigger", "object teams/red Red {}, 0 follow", "tenant acme null {plan:pro}")
	if kim := h.user(t, "development", "cus_7"); !strings.Contains(kim, "Kim") {
		t.Errorf("the actor is %q", kim)
	}
	runs := h.runs(t, directory.Filter{ID: "teams/red"})
	if len(runs) != 1 || !slices.Equal(runs[0].UnknownRecipients, []string{"teams/blue"}) {
		t.Errorf("runs for teams/red: %+v", runs)
	}
	if none := h.runs(t, directory.Filter{ID: "red"}); len(none) != 0 {
		t.Errorf("%d runs are for a user red", len(none))
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 5 {
		h.do(action.ObjectsSubscribe, fmt.Sprintf(`{"collection":"teams","id":"t%d","recipients":["cus_1","cus_%d"]}`, i, i+2))
		h.do(action.AudiencesAddMember, fmt.Sprintf(`{"key":"a%d","members":["cus_1","cus_%d"]}`, i, i+2))
		h.do(action.ObjectsSubscribe, fmt.Sprintf(`{"collection":"$tenants","id":"n%d","recipients":["cus_1"]}`, i))
	}
	for _, c := range []struct {
		filter               directory.LinkFilter
		subscriptions, peers int
	}{
		{directory.LinkFilter{}, 15, 10},
		{directory.LinkFilter{Environment: "production"}, 0, 0},
		{directory.LinkFilter{Environment: "development", Recipient: "cus_1"}, 10, 5},
		{directory.LinkFilter{Recipient: "cus_3"}, 1, 1},
		{directory.LinkFilter{Collection: "teams", ID: "t1"}, 2, 0},
		{directory.LinkFilter{Environment: "development", Collection: "$tenants"}, 5, 0},
		{directory.LinkFilter{ID: "a2"}, 0, 2},
		{directory.LinkFilter{Q: "CUS_4"}, 1, 1},
	} {
		for _, limit := range []int{1, 4, 50} {
			subscriptions := count(t, func(after string) (directory.Page[directory.Subscription], error) {
				return h.directory.Subscriptions(t.Context(), c.filter, limit, after)
			})
			members := count(t, func(after string) (directory.Page[directory.Member], error) {
				return h.directory.Members(t.Context(), c.filter, limit, after)
			})
			if subscriptions != c.subscriptions || members != c.peers {
				t.Errorf("%+v by %d: %d subscriptions and %d members, want %d and %d", c.filter, limit, subscriptions, members, c.subscriptions, c.peers)
			}
		}
	}
	for filter, want := range map[directory.Filter]int{
		{Collection: "teams"}: 5, {Environment: "development", Collection: "teams", ID: "t3"}: 1, {Collection: "shops"}: 0, {Q: "T4"}: 1,
	} {
		if got := count(t, func(after string) (directory.Page[directory.Object], error) {
			return h.directory.Objects(t.Context(), filter, 2, after)
		}); got != want {
			t.Errorf("%+v: %d objects, want %d", filter, got, want)
		}
	}
}

// count goes through all pages of a list.
func count[T any](t *testing.T, list func(after string) (directory.Page[T], error)) int {
	t.Helper()
	n := 0
	for after := ""; ; {
		page, err := list(after)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Items)
		if after = page.Next; after == "" {
			return n
		}
	}
}
