//go:build e2e

package e2e

import (
	"net/url"

	"daybook/app/sources"
)

// where is a page, and what it is called here.
type where struct{ name, path string }

// pages are all pages of a house that was told the demo's story, and of a
// source that waits for its first webhook.
func (h *house) pages() []where {
	h.Helper()
	waiting := sources.Place{Key: "stripe-eu", Environment: "production"}
	name := "Stripe EU"
	_, err := h.app.Sources().Put(h.Context(), waiting, sources.Put{Name: &name, Template: "stripe"}, "demo")
	h.check(err)
	_, err = h.app.Sources().AddSecret(h.Context(), waiting, secretText, "demo")
	h.check(err)

	_, err = h.app.Sources().Put(h.Context(), sources.Place{Key: "posthog", Environment: "production"}, sources.Put{Template: "posthog"}, "demo")
	h.check(err)

	h.fillDirectory()
	h.fillActions()
	event := func(filter string) string { return "/events/" + url.PathEscape(h.find(filter)) }
	parked := h.find("status=failed")
	stream := "/streams/webhook-" + url.PathEscape(parked)
	return []where{
		{"log", "/?environment=development"},
		{"log-all", "/"},
		{"log-filtered", "/?environment=development&status=failed&type=checkout.*"},
		{"log-search", "/?q=evt_"},
		{"log-wrong-filters", "/?status=lost&from=yesterday&cause=signature_mismatch"},
		{"log-nothing", "/?environment=development&object=cus_nobody"},
		{"log-empty", "/?environment=production"},
		{"event-succeeded", event("type=invoice.paid&status=succeeded")},
		{"event-condition", event("type=invoice.payment_failed&status=ignored")},
		{"event-condition-true", event("type=invoice.payment_failed&status=succeeded")},
		{"event-no-mapping", event("type=charge.succeeded")},
		{"event-parked", event("status=failed")},
		{"event-duplicate", event("status=duplicate")},
		{"event-text", event("type=invoice.paid&status=succeeded") + "?view=raw"},
		{"event-replay", event("type=invoice.payment_failed&status=ignored") + "?replay=current"},
		{"event-rejected", event("status=rejected")},
		{"stream", stream},
		{"stream-at", stream + "?at=1"},
		{"stream-source", "/streams/source-stripe"},
		{"streams", "/streams"},
		{"streams-nothing", "/streams?prefix=none-"},
		{"sources", "/sources"},
		{"sources-new", "/sources/new"},
		{"source-new", "/sources/new?template=stripe"},
		{"source-new-github", "/sources/new?template=github"},
		{"source-waiting", "/sources/stripe-eu/production/events"},
		{"source-waiting-unsigned", "/sources/posthog/production/events"},
		{"source-events", "/sources/stripe/development/events"},
		{"source-mappings", "/sources/stripe/development/mappings"},
		{"source-mapping-edit", "/sources/stripe/development/mappings?edit=dunning"},
		{"source-mapping-new", "/sources/stripe/development/mappings?new=1&event_type=charge.refunded"},
		{"source-settings", "/sources/stripe/development/settings"},
		{"source-types", "/sources/stripe/development/types?q=invoice"},
		{"source-history", "/sources/stripe/development/history"},
		{"source-history-at", "/sources/stripe/development/history?at=1"},
		{"directory-users", "/directory"},
		{"directory-runs", "/directory?tab=runs"},
		{"directory-cancelled", "/directory?tab=cancelled"},
		{"directory-objects", "/directory?tab=objects"},
		{"directory-tenants", "/directory?tab=tenants"},
		{"directory-audiences", "/directory?tab=audiences"},
		{"directory-empty", "/directory?tab=objects&environment=production"},
		{"directory-nothing", "/directory?tab=objects&collection=shops"},
		{"directory-user", "/directory?tab=users&id=cus_ledger"},
		{"directory-object", "/directory?tab=objects&collection=teams&id=ledger"},
		{"directory-audience", "/directory?tab=audiences&id=beta"},
		{"help-actions", "/help/actions"},
		{"help-mappings", "/help/mappings"},
		{"actions", "/actions"},
		{"actions-waiting", "/actions?environment=development&status=waiting&mapping=closed"},
		{"actions-nothing", "/actions?mapping=none"},
		{"actions-empty", "/actions?environment=production"},
		{"actions-retry", "/actions/retry?environment=development"},
		{"event-trouble", event("type=customer.created&mapping=closed")},
		{"destination", "/destinations/development"},
		{"system", "/system"},
		{"environment", "/environments/development"},
		{"alerts", "/system/alerts?environment=development"},
		{"login", "/login?next=%2Fsystem"},
	}
}

// find is the id of the newest item that a filter selects.
func (h *house) find(filter string) string {
	h.Helper()
	var found struct{ Items []struct{ ID string } }
	h.get("/api/v1/events?limit=1&"+filter, &found)
	if len(found.Items) == 0 {
		h.Fatalf("the log holds nothing with %s", filter)
	}
	return found.Items[0].ID
}
