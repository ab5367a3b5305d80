package template

import (
	"embed"

	"daybook/domain/action"
	"daybook/domain/rule"
)

//go:embed segment/*.json segment/event_types.txt
var segmentFolder embed.FS

// segment is the template of Segment's destination “Webhooks”. The type of a
// track call says little, so its event's name is part of the type, in lower
// case and with hyphens: track/user-signed-up.
func segment() Template {
	return Template{
		Key:             "segment",
		Name:            "Segment",
		Description:     "Identify users, and act on what they do, by the calls that Segment collects.",
		Categories:      []string{"Analytics", "Identity"},
		WebsiteURL:      "https://segment.com",
		WebhookDocsURL:  "https://segment.com/docs/connections/destinations/catalog/webhooks/",
		SignatureScheme: "segment",
		DefaultSettings: Settings{
			EventTypePath:       "preprocess.event_type",
			TimestampPath:       "body.timestamp",
			IdempotencyKeyPath:  "body.messageId",
			EnforceVerification: true,
			Preprocess:          `{"event_type": body.type == "track" ? "track/" + replace(lower(trim(body.event)), " ", "-") : body.type}`,
		},
		DefaultMappings: []rule.Mapping{
			identifyCall(),
			mapping("user-signed-up", "track/user-signed-up", action.WorkflowsTrigger, rule.Parameters{
				"key":        text("user-signup"),
				"recipients": text("body.userId"),
				"data":       text("body.properties"),
			}),
		},
		SampleTypes: []string{"identify", "track/user-signed-up", "page", "group", "track/order-completed"},
		RequestHeaders: map[string]string{
			"Content-Type": "application/json",
			"User-Agent":   "Segment.io/1.0",
		},
		SigningHint:    "Choose one: 32 random characters, say. It is the “Shared Secret” of the destination in Segment.",
		SecretIsChosen: true,
		guides: []Guide{{
			Title: "In Segment",
			Steps: []Step{
				{Text: "Choose a secret (the command below makes one) and add it to this source.", Command: "openssl rand -hex 32"},
				{Text: "Open “Connections”, “Catalog”, “Destinations”, search for “Webhooks (Actions)”, and “Add Destination”."},
				{Text: "Choose the source whose calls you want here, give the destination a name, and “Create destination”."},
				{Text: "In its “Settings” give your secret as the “Shared Secret”. Without one Segment does not sign."},
				{Text: "At “Mappings” choose “New Mapping” and “Send”: paste {ingest_url} as the “URL”, leave POST as the “Method”, and choose as “Data” the whole event ($event)."},
				{Text: "Save it, switch the mapping and the destination on, and try it with “Send test event”. The calls identify and track/user-signed-up are mapped from the start."},
			},
		}},
		files:  folder(segmentFolder, "segment"),
		shared: callShared(),
		ids:    plainID,
	}
}

// identifyCall is the default mapping of identify calls, which Segment and
// RudderStack have alike. Those of people who are not known yet have no user.
func identifyCall() rule.Mapping {
	m := mapping("identify", "identify", action.UsersIdentify, rule.Parameters{
		"id":           text("body.userId"),
		"name":         text("body.traits.name"),
		"email":        text("body.traits.email"),
		"phone_number": text("body.traits.phone"),
		"properties":   text("body.traits"),
	})
	m.When = "body.userId != nil"
	return m
}

// callShared are the shared values of calls.
func callShared() map[string]sharedValue {
	return person(map[string]sharedValue{
		"user":      {prefix: "user"},
		"anonymous": {prefix: "uuid"},
		"group":     {prefix: "group"},
		"order":     {prefix: "order"},
	})
}
