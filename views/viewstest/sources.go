package viewstest

import (
	"time"

	"daybook/views"
	"daybook/views/ui"
)

const ingestURL = "http://127.0.0.1:8080/in/VycjI3-OFow5AqCCnCjxJqX2"

// Sources lists three sources in three states.
func Sources() views.Sources {
	return views.Sources{Page: page(), Sources: []views.SourceItem{
		{Key: "stripe", Name: "Stripe", Template: "stripe", Environment: "development", Mappings: 4, Active: 3, Enforced: true, Secrets: 2, Webhooks: 2114, Attention: 4, LastAt: Now().Add(-time.Second)},
		{Key: "stripe-eu", Name: "Stripe EU", Template: "stripe", Environment: "development", Mappings: 3, Active: 3, Enforced: true, Webhooks: 0},
		{Key: "shop", Name: "shop", Template: "stripe", Environment: "development", Mappings: 3, Active: 3, Secrets: 1, Webhooks: 88, LastAt: Now().Add(-50 * time.Hour), Paused: []string{"dunning"}},
	}}
}

func stripeTemplate() views.Template {
	return views.Template{
		Key: "stripe", Name: "Stripe", Description: "Payments, invoices and subscriptions.", Categories: []string{"Billing", "Infrastructure"},
		SecretHint: "Stripe shows it once the destination is there; it begins with whsec_.",
		Way:        "HMAC-SHA256 of the time and the body, in the header Stripe-Signature", WebsiteURL: "https://stripe.com", DocsURL: "https://docs.stripe.com/webhooks",
	}
}

// SourceNew shows the templates.
func SourceNew() views.SourceNew {
	return views.SourceNew{Page: page(), Templates: []views.Template{stripeTemplate()}}
}

// SourceNewStripe is the form, with something wrong in it.
func SourceNewStripe() views.SourceNew {
	return views.SourceNew{Page: page(), Chosen: &views.SourceForm{
		Template: stripeTemplate(), Name: "Stripe", Key: "Stripe EU", Environment: "development", Environments: []string{"development", "production"},
		Mappings: []views.MappingChoice{
			{Mapping: "customer-created", EventType: "customer.created", ActionType: "users_identify", ID: "body.data.object.id", On: true},
			{Mapping: "invoice-created", EventType: "invoice.created", ActionType: "workflows_trigger", On: true, TakesWorkflow: true, Workflow: "invoice-created"},
			{Mapping: "invoice-paid", EventType: "invoice.paid", ActionType: "workflows_trigger", TakesWorkflow: true, Workflow: "invoice-paid"},
		},
		Errors: map[string]string{"key": "A key is made of lower-case letters, digits, - and _, and begins with a letter or digit: stripe-eu."},
	}}
}

func source() views.Source {
	return views.Source{Key: "stripe", Name: "Stripe", Template: "stripe", Environment: "development", IngestURL: ingestURL, Secrets: 2, Enforced: true, Mappings: 4}
}

// SourceWaiting waits for the first webhook, without a secret.
func SourceWaiting() views.SourceEvents {
	s := source()
	s.Secrets = 0
	return views.SourceEvents{
		Page: page(), Source: s, TailURL: "/tail?source=stripe&environment=development",
		Test: views.TestEvent{Unable: "No test event can be sent: the source has no live secret to sign samples with; add one first."},
		Setup: &views.Setup{
			Provider: "Stripe", DocsURL: "https://docs.stripe.com/webhooks", Guides: guides(),
			Secret: views.SecretForm{
				Hint: "Stripe shows it once the destination is there; it begins with whsec_.",
				Way:  "HMAC-SHA256 of the time and the body, in the header Stripe-Signature", Timed: true, Error: "The secret is too short: give the whole of it, at least 16 bytes.",
			},
		},
	}
}

// SourceWaitingUnsigned waits for a provider that does not sign, and refused
// what came.
func SourceWaitingUnsigned() views.SourceEvents {
	m := SourceWaiting()
	m.Source.Name, m.Source.Template = "PostHog", "posthog"
	m.Setup.Provider, m.Setup.Refused = "PostHog", rows()[5:6]
	m.Setup.Secret = views.SecretForm{
		Hint: "Choose one: 32 random characters, say.", Way: "the secret itself, in the header X-Webhook-Secret", Sent: true,
		Suggested: "5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b5aa765d61d8327deb882cf99",
	}
	return m
}

// SourceWaitingVerified waits with a secret, and can be sent test events.
func SourceWaitingVerified() views.SourceEvents {
	m := SourceWaiting()
	m.Source.Secrets, m.Setup.Secret.Error = 1, ""
	m.Test = views.TestEvent{Mapped: []string{"customer.created", "invoice.paid"}, Others: []string{"charge.refunded"}, Type: "invoice.paid"}
	return m
}

func guides() []views.Guide {
	return []views.Guide{
		{Title: "In the Stripe dashboard", Steps: []views.GuideStep{
			{Text: "Choose the “Webhooks” tab, then “Add destination”."},
			{Text: "Paste this URL into “Endpoint URL”, and “Create destination”.", Copied: []string{ingestURL}},
			{Text: "Try it: in the Shell of the Workbench, run the command below.", Copied: []string{"stripe trigger customer.created"}},
		}},
		{Title: "On this machine, with the Stripe CLI", Steps: []views.GuideStep{
			{Text: "Let the CLI pass on the events of your sandbox, and leave it running.", Copied: []string{"stripe listen --forward-to " + ingestURL}},
		}},
	}
}

// SourceEvents has received some.
func SourceEvents() views.SourceEvents {
	m := SourceWaitingVerified()
	m.Setup, m.Rows, m.LogURL = nil, rows()[:6], "/?source=stripe&environment=development"
	m.Next = &views.Next{EventURL: "/events/development.stripe.evt_1QXg2pLk", Type: "charge.refunded", Idle: true}
	m.Notice = &views.Notice{Text: "Sent invoice.paid: accepted as evt_1QXg2pLk."}
	return m
}

// SourceSettings shows secrets in each state, and something wrong.
func SourceSettings() views.SourceSettings {
	return views.SourceSettings{
		Page: page(), Source: source(),
		Form: views.SettingsForm{
			Name: "Stripe", EventTypePath: "body.type", TimestampPath: "body.created", IdempotencyKeyPath: "body.id", Idempotency: "on",
			KeyPaths: []string{"body.id", "headers.idempotency-key"}, Livemode: "false",
			Windows: []views.Choice{{Value: "1m", Label: "1 minute"}, {Value: "24h", Label: "24 hours"}, {Value: "forever", Label: "for ever"}, {Value: "a day", Label: "a day"}},
			Window:  "a day", Tolerance: "5m", EnforceVerification: true, DisabledEventTypes: "product.updated\nprice.updated",
			Preprocess: `{"type": lower(body.table + "." + body.type)}`,
			Errors:     map[string]string{"idempotency_window": "“a day” is not a duration; write 24h, or forever."},
		},
		Secrets: []views.Secret{
			{ID: "s1", Fingerprint: "whsec_…91bd", CreatedAt: Now().Add(-20 * 24 * time.Hour), UsedAt: Now().Add(-90 * time.Second)},
			{ID: "s2", Fingerprint: "whsec_…07aa", CreatedAt: Now().Add(-90 * 24 * time.Hour), RevokedAt: Now().Add(5 * time.Hour), UsedAt: Now().Add(-3 * time.Hour)},
			{ID: "s3", Fingerprint: "whsec_…4c1a", CreatedAt: Now().Add(-100 * 24 * time.Hour), RevokedAt: Now().Add(-24 * time.Hour)},
		},
		Timed:       true,
		SecretHint:  "Stripe shows it once the destination is there; it begins with whsec_.",
		SecretError: "A secret has at least 16 bytes.",
		OldURLs:     []views.OldURL{{CreatedAt: Now().Add(-90 * 24 * time.Hour), EndsAt: Now().Add(5 * time.Hour), UsedAt: Now().Add(-3 * time.Minute)}},
		Facts:       []ui.Fact{{Label: "Created from", Value: ui.Text("stripe")}, {Label: "Revision", Value: ui.Text("17")}},
	}
}
