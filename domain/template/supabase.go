package template

import (
	"embed"

	"daybook/domain/action"
	"daybook/domain/rule"
)

//go:embed supabase/*.json supabase/event_types.txt
var supabaseFolder embed.FS

// supabase is the template of Supabase's database webhooks. They are not signed
// and have no id: the source's secret stands in a header, and a body that comes
// again is the same webhook.
func supabase() Template {
	user := rule.Parameters{
		"id":           text("body.record.id"),
		"name":         text("body.record.raw_user_meta_data.name"),
		"email":        text("body.record.email"),
		"phone_number": text("body.record.phone"),
		"properties":   text("body.record.raw_user_meta_data"),
	}
	return Template{
		Key:             "supabase",
		Name:            "Supabase",
		Description:     "Act on rows of your database as they are inserted, changed and deleted.",
		Categories:      []string{"Infrastructure", "Identity"},
		WebsiteURL:      "https://supabase.com",
		WebhookDocsURL:  "https://supabase.com/docs/guides/database/webhooks",
		SignatureScheme: "bearer",
		DefaultSettings: Settings{
			EventTypePath:       "preprocess.event_type",
			IdempotencyKeyPath:  "sha256(body)",
			EnforceVerification: true,
			Preprocess:          `{"event_type": body.schema + "." + body.table + ":" + body.type}`,
		},
		DefaultMappings: []rule.Mapping{
			mapping("user-inserted", "auth.users:INSERT", action.UsersIdentify, user),
			mapping("user-updated", "auth.users:UPDATE", action.UsersIdentify, user),
			mapping("user-deleted", "auth.users:DELETE", action.UsersDelete, rule.Parameters{"id": text("body.old_record.id")}),
		},
		SampleTypes: []string{
			"auth.users:INSERT",
			"auth.users:UPDATE",
			"public.orders:INSERT",
			"auth.users:DELETE",
		},
		RequestHeaders: map[string]string{"Content-Type": "application/json", "User-Agent": "pg_net/0.14.0"},
		SigningHint:    "Choose one: 32 random characters, say. Supabase sends it in a header.",
		SecretIsChosen: true,
		guides: []Guide{{
			Title: "In the Supabase dashboard",
			Steps: []Step{
				{Text: "Choose a secret (the command below makes one) and add it to this source.", Command: "openssl rand -hex 32"},
				{Text: "Choose your project, then “Integrations”, “Database Webhooks”, and “Create a new hook”."},
				{Text: "Give it a name. As the table take users of the schema auth, and the events “Insert”, “Update” and “Delete”: all three are mapped from the start."},
				{Text: "As its type take “HTTP Request”, as the method POST, and paste {ingest_url} as the URL."},
				{Text: "At “HTTP Headers” choose “Add a new header”, with the name Authorization and the value Bearer, a space, and your secret."},
				{Text: "“Create webhook”. Other tables take a hook of their own; their event types read schema.table:OPERATION, as in public.orders:INSERT."},
			},
		}},
		files: folder(supabaseFolder, "supabase"),
		shared: person(map[string]sharedValue{
			"user":         {prefix: "uuid"},
			"order":        {prefix: "uuid"},
			"user_created": {moment: true},
		}),
		ids: plainID,
	}
}
