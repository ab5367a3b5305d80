package template

import (
	"embed"

	"daybook/domain/action"
	"daybook/domain/rule"
)

//go:embed workos/*.json workos/event_types.txt
var workosFolder embed.FS

// workos is the template of WorkOS's webhooks.
func workos() Template {
	user := rule.Parameters{
		"id":         text("body.data.id"),
		"name":       expr(`trim((body.data.first_name ?? "") + " " + (body.data.last_name ?? ""))`),
		"email":      text("body.data.email"),
		"properties": text("body.data.custom_attributes"),
	}
	organization := rule.Parameters{
		"id":         text("body.data.id"),
		"name":       text("body.data.name"),
		"properties": text("body.data.metadata"),
	}
	return Template{
		Key:             "workos",
		Name:            "WorkOS",
		Description:     "Follow the directories, connections and organizations of your customers.",
		Categories:      []string{"Identity"},
		WebsiteURL:      "https://workos.com",
		WebhookDocsURL:  "https://workos.com/docs/events/data-syncing/webhooks",
		SignatureScheme: "workos",
		DefaultSettings: Settings{
			EventTypePath:       "body.event",
			TimestampPath:       "body.created_at",
			IdempotencyKeyPath:  "body.id",
			EnforceVerification: true,
		},
		DefaultMappings: []rule.Mapping{
			mapping("dsync-user-created", "dsync.user.created", action.UsersIdentify, user),
			mapping("dsync-user-updated", "dsync.user.updated", action.UsersIdentify, user),
			mapping("dsync-user-deleted", "dsync.user.deleted", action.UsersDelete, rule.Parameters{"id": text("body.data.id")}),
			mapping("organization-created", "organization.created", action.TenantsSet, organization),
			mapping("organization-updated", "organization.updated", action.TenantsSet, organization),
		},
		SampleTypes: []string{
			"organization.created",
			"organization.updated",
			"connection.activated",
			"dsync.user.created",
			"dsync.user.updated",
			"dsync.group.created",
			"dsync.group.user_added",
			"dsync.user.deleted",
		},
		RequestHeaders: jsonHeaders(),
		SigningHint:    "WorkOS shows it on the page of the webhook endpoint.",
		guides: []Guide{{
			Title: "In the WorkOS dashboard",
			Steps: []Step{
				{Text: "Choose the environment, then “Webhooks”, then “Create Webhook”."},
				{Text: "Paste {ingest_url} into “Endpoint URL”."},
				{Text: "Select the events you want here (dsync.user.created, dsync.user.updated, dsync.user.deleted, organization.created and organization.updated are mapped from the start), and “Create Webhook”."},
				{Text: "Copy the “Signing Secret” of the new endpoint and add it to this source."},
				{Text: "Try it: on the endpoint's page, “Send test event”."},
			},
		}},
		files: folder(workosFolder, "workos"),
		shared: person(map[string]sharedValue{
			"organization":         {prefix: "org"},
			"organization_name":    {text: "Foo Corp"},
			"directory":            {prefix: "directory"},
			"directory_user":       {prefix: "directory_user"},
			"directory_group":      {prefix: "directory_group"},
			"connection":           {prefix: "conn"},
			"user_created":         {moment: true},
			"group_created":        {moment: true},
			"organization_created": {moment: true},
		}),
		ids: workosID,
	}
}

// workosID makes a ULID after a prefix.
func workosID(prefix string, random func() uint64) string {
	return prefix + "_01" + draw(24, "0123456789ABCDEFGHJKMNPQRSTVWXYZ", random)
}
