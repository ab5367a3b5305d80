//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"testing"

	"daybook/app/sources"
	"daybook/app/trigger"
	"daybook/domain/rule"
)

// fillDirectory makes a second source whose rules use the whole catalogue, and
// sends it one webhook.
func (h *house) fillDirectory() {
	h.Helper()
	at := sources.Place{Key: "teams", Environment: "development"}
	actions := [][2]string{
		{"users_identify", `{"id":"body.data.object.id","name":"body.data.object.name","email":"body.data.object.email","properties":{"value":{"plan":"team","seats":12}}}`},
		{"objects_set", `{"collection":{"value":"teams"},"id":{"value":"ledger"},"name":{"value":"Team Ledger"},"properties":{"value":{"size":3,"region":"eu"}}}`},
		{"objects_subscribe", `{"collection":{"value":"teams"},"id":{"value":"ledger"},"recipients":"body.data.object.id","properties":{"value":{"role":"lead"}}}`},
		{"tenants_set", `{"id":{"value":"acme"},"name":{"value":"Acme"}}`},
		{"audiences_add_member", `{"key":"beta","members":"body.data.object.id","tenant":{"value":"acme"}}`},
		{"workflows_trigger", `{"key":"welcome","recipients":"body.data.object.id","data":"body"}`},
	}
	mappings := make([]rule.Mapping, len(actions))
	for i, a := range actions {
		h.check(json.Unmarshal(fmt.Appendf(nil, `{"event_type":"*","action_type":%q,"action_parameters":%s}`, a[0], a[1]), &mappings[i]))
	}
	_, err := h.app.Sources().Put(h.Context(), at, sources.Put{Template: "stripe", Mappings: &mappings}, "test")
	h.check(err)
	_, err = h.app.Sources().AddSecret(h.Context(), at, secretText, "test")
	h.check(err)
	url, err := h.app.Sources().IngestURL(at)
	h.check(err)
	_, err = h.senderTo(url, secretText).Send(h.Context(), trigger.Sample{
		Type: "customer.created", Overrides: map[string]any{"data.object.id": "cus_ledger", "data.object.name": "Jo Ledger"},
	})
	h.check(err)
	h.settle()
}

// TestDirectory looks at what the actions made.
func TestDirectory(t *testing.T) {
	t.Parallel()
	h := newHouse(t).tell()
	b := newTab(t, h, wide).logIn()
	b.open("/directory")
	b.shows("tbody tr", "Mara Lindqvist", "mara@lindqvist.example", "Tomás Ferreira")
	b.fill("[type=search]", "Tomás")
	b.pressed(".bar button")
	if n := b.count("tbody tr"); n != 1 {
		t.Errorf("%d users are called Tomás", n)
	}
	b.pressed("tbody .took a")
	b.shows("h1", "customer.created")

	b.open("/directory?tab=runs")
	b.shows("tbody tr", "dunning", "invoice-paid", "unknown")
	b.pressed(".tabs a:last-child")
	b.shows(".empty", "No workflow run here.")
	b.open("/directory?environment=production")
	b.shows(".empty", "No user here.")

	h.fillDirectory()
	b.open("/directory?tab=objects")
	b.shows("tbody tr", "teams", "Team Ledger")
	b.pressed("tbody a.open")
	b.shows("h1", "ledger")
	b.shows("table", "cus_ledger")
	b.pressed("section table a.open")
	b.shows("h1", "cus_ledger")
	b.shows("main", "teams/ledger", "beta", "in acme", "welcome")
}
