package template

import (
	"embed"

	"daybook/domain/action"
	"daybook/domain/rule"
)

//go:embed clerk/*.json clerk/event_types.txt
var clerkFolder embed.FS

// clerk is the template of Clerk's webhooks, which Svix sends. Their body has no
// id, so the key is the id that is signed, in the header.
func clerk() Template {
	user := rule.Parameters{
		"id":           text("body.data.id"),
		"name":         expr(`trim((body.data.first_name ?? "") + " " + (body.data.last_name ?? ""))`),
		"email":        expr("find(body.data.email_addresses, .id == body.data.primary_email_address_id)?.email_address"),
		"phone_number": expr("find(body.data.phone_numbers, .id == body.data.primary_phone_number_id)?.phone_number"),
		"avatar":       text("body.data.image_url"),
		"properties":   text("body.data.public_metadata"),
	}
	organization := rule.Parameters{
		"id":         text("body.data.id"),
		"name":       text("body.data.name"),
		"properties": text("body.data.public_metadata"),
	}
	return Template{
		Key:             "clerk",
		Name:            "Clerk",
		Description:     "Know the users and organizations of your application as they sign up and change.",
		Categories:      []string{"Identity"},
		WebsiteURL:      "https://clerk.com",
		WebhookDocsURL:  "https://clerk.com/docs/webhooks/overview",
		SignatureScheme: "svix",
		DefaultSettings: Settings{
			EventTypePath:       "body.type",
			TimestampPath:       "body.timestamp",
			IdempotencyKeyPath:  "headers.svix-id",
			EnforceVerification: true,
		},
		DefaultMappings: []rule.Mapping{
			mapping("user-created", "user.created", action.UsersIdentify, user),
			mapping("user-updated", "user.updated", action.UsersIdentify, user),
			mapping("user-deleted", "user.deleted", action.UsersDelete, rule.Parameters{"id": text("body.data.id")}),
			mapping("organization-created", "organization.created", action.TenantsSet, organization),
			mapping("organization-updated", "organization.updated", action.TenantsSet, organization),
			mapping("organization-deleted", "organization.deleted", action.TenantsDelete, rule.Parameters{"id": text("body.data.id")}),
		},
		SampleTypes: []string{
			"user.created",
			"user.updated",
			"session.created",
			"organization.created",
			"organizationMembership.created",
			"organization.updated",
			"organization.deleted",
			"user.deleted",
		},
		RequestHeaders: svixHeaders(),
		SigningHint:    "Clerk shows it on the page of the endpoint; it begins with whsec_.",
		guides: []Guide{{
			Title: "In the Clerk Dashboard",
			Steps: []Step{
				{Text: "Choose your application and, at “Configure”, the page “Webhooks”; then “Add Endpoint”."},
				{Text: "Paste {ingest_url} into “Endpoint URL”."},
				{Text: "At “Subscribe to events” take user and organization: user.created, user.updated, user.deleted, organization.created, organization.updated and organization.deleted are mapped from the start. “Create”."},
				{Text: "On the endpoint's page copy the “Signing Secret” (it begins with whsec_) and add it to this source."},
				{Text: "Try it: choose the tab “Testing”, the event user.created, and “Send Example”."},
			},
		}},
		files: folder(clerkFolder, "clerk"),
		shared: person(map[string]sharedValue{
			"user":                 {prefix: "user"},
			"email_id":             {prefix: "idn"},
			"phone_id":             {prefix: "idn"},
			"instance":             {prefix: "ins"},
			"organization":         {prefix: "org"},
			"organization_name":    {text: "Tinker Works"},
			"organization_slug":    {text: "tinker-works"},
			"user_created":         {moment: true},
			"organization_created": {moment: true},
		}),
		ids: plainID,
	}
}

// svixHeaders are those of whoever sends by Svix.
func svixHeaders() map[string]string {
	return map[string]string{
		"Content-Type": "application/json",
		"User-Agent":   "Svix-Webhooks/1.84.0 (sender-9YMgn; +https://www.svix.com/http-sender/)",
		"Svix-Id":      "{{new msg}}",
	}
}
