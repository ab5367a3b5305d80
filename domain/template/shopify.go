package template

import (
	"embed"

	"daybook/domain/action"
	"daybook/domain/rule"
)

//go:embed shopify/*.json shopify/event_types.txt
var shopifyFolder embed.FS

// shopifyUnsigned says what the signature does not keep out.
const shopifyUnsigned = "The signature covers the body alone: X-Shopify-Webhook-Id and X-Shopify-Topic, which give the id and the type here, are not signed. Who sees a webhook can send it again under others."

// shopify is the template of Shopify's webhooks: the body is the object alone,
// what else there is to know stands in headers.
func shopify() Template {
	return Template{
		Key:             "shopify",
		Name:            "Shopify",
		Description:     "Act on orders and customers of your shop.",
		Categories:      []string{"Ecommerce"},
		WebsiteURL:      "https://www.shopify.com",
		WebhookDocsURL:  "https://shopify.dev/docs/apps/build/webhooks",
		SignatureScheme: "shopify",
		DefaultSettings: Settings{
			EventTypePath:       "headers.x-shopify-topic",
			TimestampPath:       "headers.x-shopify-triggered-at",
			IdempotencyKeyPath:  "headers.x-shopify-webhook-id",
			EnforceVerification: true,
		},
		DefaultMappings: []rule.Mapping{
			mapping("customer-created", "customers/create", action.UsersIdentify, shopifyCustomer("body")),
			mapping("customer-updated", "customers/update", action.UsersIdentify, shopifyCustomer("body")),
			mapping("order-customer", "orders/create", action.UsersIdentify, shopifyCustomer("body.customer")),
			mapping("order-created", "orders/create", action.WorkflowsTrigger, rule.Parameters{
				"key":        text("order-confirmation"),
				"recipients": text("body.customer.id"),
				"data":       text("body"),
			}),
		},
		SampleTypes: []string{
			"customers/create",
			"customers/update",
			"orders/create",
			"orders/paid",
			"products/update",
			"app/uninstalled",
		},
		RequestHeaders: map[string]string{
			"Content-Type":           "application/json",
			"User-Agent":             "Shopify-Captain-Hook",
			"X-Shopify-API-Version":  "2025-10",
			"X-Shopify-Event-Id":     "{{new uuid}}",
			"X-Shopify-Shop-Domain":  "paper-and-co.myshopify.com",
			"X-Shopify-Triggered-At": "{{iso now}}",
			"X-Shopify-Webhook-Id":   "{{new uuid}}",
		},
		SigningHint: "For webhooks made in the Shopify admin, the key that stands under them; for those of an app, its client secret.",
		guides: []Guide{
			{
				Title: "In the Shopify admin",
				Steps: []Step{
					{Text: "Choose “Settings”, “Notifications”, “Webhooks”, and “Create webhook”."},
					{Text: "Choose the “Event”, such as “Order creation”, “JSON” as the “Format”, paste {ingest_url} into “URL”, and “Save”. Each event takes a webhook of its own."},
					{Text: "Under the list stands “Your webhooks will be signed with” and a key: copy it and add it to this source."},
					{Text: "Try it: “Send test”, in the menu of the webhook."},
					{Text: shopifyUnsigned},
				},
			},
			{
				Title: "From an app of your own",
				Steps: []Step{
					{Text: "Name {ingest_url} as the uri of a subscription in shopify.app.toml, with the topics customers/create, customers/update and orders/create, which are mapped from the start; then deploy it.", Command: "shopify app deploy"},
					{Text: "Copy the app's “Client secret” from its “Settings” in the Dev Dashboard and add it to this source."},
					{Text: shopifyUnsigned},
				},
			},
		},
		files: folder(shopifyFolder, "shopify"),
		shared: person(map[string]sharedValue{
			"customer":         {prefix: "number"},
			"address":          {prefix: "number"},
			"order":            {prefix: "number"},
			"product":          {prefix: "number"},
			"variant":          {prefix: "number"},
			"shop":             {prefix: "number"},
			"customer_created": {moment: true},
			"order_created":    {moment: true},
		}),
		ids:         plainID,
		typeHeaders: func(eventType string) map[string]string { return map[string]string{"X-Shopify-Topic": eventType} },
	}
}

// shopifyCustomer identifies the customer at a path.
func shopifyCustomer(at string) rule.Parameters {
	return rule.Parameters{
		"id":           text(at + ".id"),
		"name":         expr(`trim((` + at + `.first_name ?? "") + " " + (` + at + `.last_name ?? ""))`),
		"email":        text(at + ".email"),
		"phone_number": text(at + ".phone"),
	}
}
