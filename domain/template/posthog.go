package template

import (
	"embed"

	"daybook/domain/action"
	"daybook/domain/rule"
)

//go:embed posthog/*.json posthog/event_types.txt
var posthogFolder embed.FS

// posthog is the template of PostHog's destination “HTTP Webhook”. PostHog signs
// nothing; the destination can send a header of one's own, and the body is what
// one writes there.
func posthog() Template {
	user := rule.Parameters{
		"id":         text("body.userId"),
		"name":       text("body.person.properties.name"),
		"email":      text("body.person.properties.email"),
		"properties": text("body.person.properties"),
	}
	return Template{
		Key:             "posthog",
		Name:            "PostHog",
		Description:     "Act on what people do in your product.",
		Categories:      []string{"Analytics", "Identity"},
		WebsiteURL:      "https://posthog.com",
		WebhookDocsURL:  "https://posthog.com/docs/cdp/destinations/webhook",
		SignatureScheme: "shared_secret",
		DefaultSettings: Settings{
			EventTypePath:       "body.event",
			TimestampPath:       "body.timestamp",
			IdempotencyKeyPath:  "body.messageId",
			EnforceVerification: true,
		},
		DefaultMappings: []rule.Mapping{
			mapping("identify", "$identify", action.UsersIdentify, user),
			mapping("set", "$set", action.UsersIdentify, user),
		},
		SampleTypes:    []string{"$identify", "$pageview", "$set", "user signed up"},
		RequestHeaders: jsonHeaders(),
		SigningHint:    "Choose one: 32 random characters, say. PostHog sends it in a header.",
		SecretIsChosen: true,
		guides: []Guide{{
			Title: "In PostHog",
			Steps: []Step{
				{Text: "PostHog does not sign what it sends, so a secret of your own in a header says that it is PostHog. Choose one (the command below makes one) and add it to this source.", Command: "openssl rand -hex 32"},
				{Text: "Open “Data pipelines”, then “Destinations”, “New destination”, and “Create” beside “HTTP Webhook”."},
				{Text: "Paste {ingest_url} into “Webhook URL”; the “Method” is POST."},
				{Text: "As “JSON Body” give this:", Command: posthogBody},
				{Text: "At “Headers” add X-Webhook-Secret with your secret as its value."},
				{Text: "At “Filters” choose the events you want here ($identify and $set are mapped from the start), try it with “Test function”, and “Create & enable”."},
			},
		}},
		files: folder(posthogFolder, "posthog"),
		shared: person(map[string]sharedValue{
			"user":   {prefix: "user"},
			"person": {prefix: "uuid"},
		}),
		ids: plainID,
	}
}

// posthogBody is what the destination is told to send, in PostHog's own
// template language.
const posthogBody = `{"event": "{event.event}", "userId": "{event.distinct_id}", "messageId": "{event.uuid}", "timestamp": "{event.timestamp}", "properties": "{event.properties}", "person": "{person}"}`
