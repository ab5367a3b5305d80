package template

import (
	"embed"

	"daybook/domain/action"
	"daybook/domain/rule"
)

//go:embed rudderstack/*.json rudderstack/event_types.txt
var rudderstackFolder embed.FS

// rudderstack is the template of RudderStack's destination “Webhook”. It is as
// Segment's, but that the calls are not signed, and that the names of events
// are written with underscores: track/order_completed.
func rudderstack() Template {
	return Template{
		Key:             "rudderstack",
		Name:            "RudderStack",
		Description:     "Identify users, and act on what they do, by the calls that RudderStack collects.",
		Categories:      []string{"Analytics", "Identity"},
		WebsiteURL:      "https://www.rudderstack.com",
		WebhookDocsURL:  "https://www.rudderstack.com/docs/destinations/streaming-destinations/webhooks/",
		SignatureScheme: "bearer",
		DefaultSettings: Settings{
			EventTypePath:       "preprocess.event_type",
			TimestampPath:       "body.timestamp",
			IdempotencyKeyPath:  "body.messageId",
			EnforceVerification: true,
			Preprocess:          `{"event_type": body.type == "track" ? "track/" + replace(lower(trim(body.event)), " ", "_") : body.type}`,
		},
		DefaultMappings: []rule.Mapping{
			identifyCall(),
			mapping("order-completed", "track/order_completed", action.WorkflowsTrigger, rule.Parameters{
				"key":        text("order-completed"),
				"recipients": text("body.userId"),
				"data":       text("body.properties"),
			}),
		},
		SampleTypes: []string{"identify", "track/user_signed_up", "page", "group", "track/order_completed"},
		RequestHeaders: map[string]string{
			"Content-Type": "application/json",
			"User-Agent":   "RudderLabs",
		},
		SigningHint:    "Choose one: 32 random characters, say. RudderStack sends it in a header.",
		SecretIsChosen: true,
		guides: []Guide{{
			Title: "In RudderStack",
			Steps: []Step{
				{Text: "Choose a secret (the command below makes one) and add it to this source.", Command: "openssl rand -hex 32"},
				{Text: "Open “Destinations”, “New destination”, and choose “Webhook”; give it a name and choose the sources whose calls you want here."},
				{Text: "Paste {ingest_url} into “Webhook URL”, and choose POST as the “URL Method”."},
				{Text: "At “Headers” add the key Authorization, with the value Bearer, a space, and your secret."},
				{Text: "“Continue”, and switch the destination on. The calls identify and track/order_completed are mapped from the start."},
			},
		}},
		files:  folder(rudderstackFolder, "rudderstack"),
		shared: callShared(),
		ids:    plainID,
	}
}
