package template

import (
	"embed"

	"daybook/domain/action"
	"daybook/domain/rule"
)

//go:embed standard/*.json
var standardFolder embed.FS

// standardWebhooks is the template of whoever sends Standard Webhooks.
func standardWebhooks() Template {
	t := standard()
	t.Key = "standard_webhooks"
	t.Name = "Standard Webhooks"
	t.Description = "Anyone who signs with webhook-id, webhook-timestamp and webhook-signature: Supabase's auth hooks among them."
	t.WebsiteURL = "https://www.standardwebhooks.com"
	t.WebhookDocsURL = "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"
	t.SignatureScheme = "standard_webhooks"
	t.DefaultSettings.IdempotencyKeyPath = "headers.webhook-id"
	t.RequestHeaders = map[string]string{"Content-Type": "application/json", "Webhook-Id": "{{new msg}}"}
	return t
}

// svix is the template of whoever lets Svix send their webhooks.
func svix() Template {
	t := standard()
	t.Key = "svix"
	t.Name = "Svix"
	t.Description = "Anyone who signs with svix-id, svix-timestamp and svix-signature: Resend, Brex and many others."
	t.WebsiteURL = "https://www.svix.com"
	t.WebhookDocsURL = "https://docs.svix.com/receiving/introduction"
	t.SignatureScheme = "svix"
	t.DefaultSettings.IdempotencyKeyPath = "headers.svix-id"
	t.RequestHeaders = svixHeaders()
	return t
}

// standard is what the two have in common. The key is the id that is signed, in
// the header; the body is as the specification recommends.
func standard() Template {
	user := rule.Parameters{
		"id":    text("body.data.id"),
		"name":  text("body.data.name"),
		"email": text("body.data.email"),
	}
	return Template{
		Categories: []string{"Infrastructure"},
		DefaultSettings: Settings{
			EventTypePath:       "body.type",
			TimestampPath:       "body.timestamp",
			EnforceVerification: true,
		},
		DefaultMappings: []rule.Mapping{
			mapping("user-created", "user.created", action.UsersIdentify, user),
			mapping("user-updated", "user.updated", action.UsersIdentify, user),
			mapping("user-deleted", "user.deleted", action.UsersDelete, rule.Parameters{"id": text("body.data.id")}),
		},
		SampleTypes: []string{"user.created", "user.updated", "invoice.paid", "user.deleted"},
		SigningHint: "The sender shows it on the page of the endpoint. It begins with whsec_; or with whpk_, if it is a public key.",
		guides: []Guide{{
			Title: "Where the webhooks come from",
			Steps: []Step{
				{Text: "Add an endpoint with the URL {ingest_url}, and choose the events you want here."},
				{Text: "Copy the signing secret of the endpoint (it begins with whsec_), or the sender's public key (it begins with whpk_), and add it to this source."},
				{Text: "The mappings that are there from the start are examples: user.created, user.updated and user.deleted with the user in data. Change them to what the sender sends."},
			},
		}},
		files: folder(standardFolder, "standard"),
		shared: person(map[string]sharedValue{
			"user":    {prefix: "user"},
			"invoice": {prefix: "inv"},
		}),
		ids: plainID,
	}
}
