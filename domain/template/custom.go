package template

import (
	"embed"

	"daybook/domain/action"
	"daybook/domain/rule"
)

//go:embed custom/*.json
var customFolder embed.FS

// custom is the template for everything else that can send JSON by POST.
func custom() Template {
	return Template{
		Key:             "custom",
		Name:            "Custom",
		Description:     "Any sender of JSON that can put a secret in a header, such as a program of your own.",
		Categories:      []string{"Infrastructure"},
		WebsiteURL:      "",
		SignatureScheme: "shared_secret",
		DefaultSettings: Settings{
			EventTypePath:       "body.type",
			EnforceVerification: true,
		},
		DefaultMappings: []rule.Mapping{
			mapping("user-identified", "user.identified", action.UsersIdentify, rule.Parameters{
				"id":         text("body.user_id"),
				"name":       text("body.name"),
				"email":      text("body.email"),
				"properties": text("body.metadata"),
			}),
		},
		SampleTypes:    []string{"user.identified", "order.placed", "comment.created"},
		RequestHeaders: jsonHeaders(),
		SigningHint:    "Choose one: 32 random characters, say. The sender puts it in the header X-Webhook-Secret.",
		SecretIsChosen: true,
		guides: []Guide{{
			Title: "Where the webhooks come from",
			Steps: []Step{
				{Text: "Choose a secret (the command below makes one) and add it to this source.", Command: "openssl rand -hex 32"},
				{Text: "Send JSON by POST to {ingest_url}, with the secret in the header X-Webhook-Secret. Try it:", Command: `curl {ingest_url} -H "X-Webhook-Secret: $SECRET" --json '{"type":"user.identified","user_id":"u1","name":"Inês"}'`},
				{Text: "In the settings say where the event type stands (body.type from the start), and where an id stands that is the same when a webhook is sent again; without one, each delivery is a webhook of its own."},
			},
		}},
		files: folder(customFolder, "custom"),
		shared: person(map[string]sharedValue{
			"user":  {prefix: "user"},
			"order": {prefix: "order"},
		}),
		ids: plainID,
	}
}
