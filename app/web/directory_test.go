package web_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"daybook/app/sources"
	"daybook/app/trigger"
	"daybook/domain/rule"
)

// maps replaces the rules of the tests' source: one mapping of customer.created
// for each action with its fields, as JSON.
func (h *house) maps(actions ...string) {
	h.t.Helper()
	mappings := make([]rule.Mapping, len(actions)/2)
	for i := range mappings {
		check(h.t, json.Unmarshal(fmt.Appendf(nil, `{"event_type":"customer.created","action_type":%q,"action_parameters":%s}`, actions[2*i], actions[2*i+1]), &mappings[i]))
	}
	_, err := h.sources.Put(h.t.Context(), place(), sources.Put{Mappings: &mappings}, "admin")
	check(h.t, err)
}

func TestTheDirectory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	h.get("/directory").is(http.StatusOK).shows("No user here.", "users_identify")
	h.send(trigger.Sample{Type: "customer.created", Overrides: map[string]any{"data.object.id": "cus_known", "data.object.name": "Jo Ledger"}})
	h.send(trigger.Sample{Type: "invoice.paid", Overrides: map[string]any{"data.object.customer": "cus_stranger"}})
	h.get("/directory?environment=development").is(http.StatusOK).shows("cus_known", "Jo Ledger")
	h.get("/directory?q=nobody").shows("matches what you look for", `href="/directory?tab=users&amp;environment=development"`)
	h.get("/directory?tab=runs").is(http.StatusOK).shows("cus_stranger", "unknown", "invoice-paid", "triggered")
	h.get("/directory?tab=runs&recipient=cus_stranger").shows("invoice-paid")
	h.get("/directory?tab=runs&recipient=cus_known").lacks("invoice-paid</td>").shows("No workflow run here.")
	h.get("/directory?tab=cancelled").is(http.StatusOK).shows("No workflow run here.", "workflows_cancel")
	h.get("/directory?environment=production").shows("No user here.")
	h.get("/directory?after=nonsense").is(http.StatusOK).shows("this is the newest")
	for tab, action := range map[string]string{"objects": "objects_set", "tenants": "tenants_set", "audiences": "audiences_add_member"} {
		h.get("/directory?tab="+tab).is(http.StatusOK).shows("No "+strings.TrimSuffix(tab, "s")+" here.", `href="/help/actions#`+action+`"`)
	}
}

// TestTheDirectoryOfTheWholeCatalogue follows the links from list to entry to
// what it is linked with, and back.
func TestTheDirectoryOfTheWholeCatalogue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.connect()
	h.maps(
		"users_identify", `{"id":"body.data.object.id","name":"body.data.object.name","properties":{"value":{"plan":"pro"}}}`,
		"objects_set", `{"collection":{"value":"te/ams"},"id":{"value":"red & blue"},"name":{"value":"Team Red"}}`,
		"objects_subscribe", `{"collection":{"value":"te/ams"},"id":{"value":"red & blue"},"recipients":"body.data.object.id","properties":{"value":{"role":"lead"}}}`,
		"tenants_set", `{"id":{"value":"acme"},"name":{"value":"Acme"}}`,
		"objects_subscribe", `{"collection":{"value":"$tenants"},"id":{"value":"acme"},"recipients":"body.data.object.id"}`,
		"audiences_add_member", `{"key":"beta","members":"body.data.object.id","tenant":{"value":"acme"}}`,
		"workflows_trigger", `{"key":"welcome","recipients":{"expr":"[body.data.object.id, {collection: 'te/ams', id: 'red & blue'}]"}}`,
	)
	id := h.send(trigger.Sample{Type: "customer.created", Overrides: map[string]any{"data.object.id": "../cus_1?", "data.object.name": "Jo Ledger"}})
	webhook := `href="/events/` + id + `"`

	user := h.openEntry("/directory", "../cus_1?", webhook, "Jo Ledger")
	user.shows("Jo Ledger", "plan", "te/ams/red &amp; blue", "$tenants/acme", "beta", " in acme", "welcome", "lead", webhook)
	object := h.openEntry("/directory?tab=objects", "red & blue", webhook, "Team Red", "te/ams")
	object.shows("Team Red", "Subscribers", "../cus_1?", "lead", webhook)
	h.openEntry("/directory?tab=tenants", "acme", webhook, "Acme").shows("Subscribers", "../cus_1?")
	h.openEntry("/directory?tab=audiences", "beta", webhook).shows("Members", "../cus_1?", " in acme")
	h.get("/directory?tab=objects&collection=teams").shows("No object here.")
	h.get("/directory?tab=objects&collection=te%2Fams&q=RED").shows("Team Red")

	for from, to := range map[*answer]string{&user: "te/ams/red & blue", &object: "../cus_1?"} {
		h.get(from.link(to)).is(http.StatusOK)
	}
	h.get("/directory?id=cus_nobody").is(http.StatusNotFound).shows("No user of this id is known in development", "cus_nobody")
	h.get("/directory?tab=audiences&id=beta&after=nonsense").is(http.StatusOK).shows("this is the newest", "Members")
	h.get("/directory?tab=audiences&id=beta&environment=production").is(http.StatusNotFound)
}

// openEntry finds an entry in a list, with texts in its row, and opens its page.
func (h *house) openEntry(list, id string, inRow ...string) answer {
	h.t.Helper()
	page := h.get(list).is(http.StatusOK).shows(inRow...)
	return h.get(page.link(id)).is(http.StatusOK)
}

// link is where the link with a text leads.
func (a answer) link(text string) string {
	a.t.Helper()
	found := regexp.MustCompile(`<a class="open" href="([^"]*)">` + regexp.QuoteMeta(html.EscapeString(text)) + `</a>`).FindStringSubmatch(a.body)
	if found == nil {
		a.t.Fatalf("there is no link %q: %s", text, a.excerpt())
	}
	return html.UnescapeString(found[1])
}
