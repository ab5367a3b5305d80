package template

import (
	"embed"
	"strings"

	"daybook/domain/action"
	"daybook/domain/rule"
)

//go:embed github/*.json github/event_types.txt
var githubFolder embed.FS

// github is the template of GitHub's webhooks. A header names the event; what
// happened to it, where the body says so, is part of the type:
// pull_request.opened.
func github() Template {
	return Template{
		Key:             "github",
		Name:            "GitHub",
		Description:     "Act on what happens in a repository or an organization.",
		Categories:      []string{"Infrastructure"},
		WebsiteURL:      "https://github.com",
		WebhookDocsURL:  "https://docs.github.com/webhooks",
		SignatureScheme: "github",
		DefaultSettings: Settings{
			EventTypePath:       "preprocess.event_type",
			IdempotencyKeyPath:  "headers.x-github-delivery",
			EnforceVerification: true,
			Preprocess:          `{"event_type": headers["x-github-event"] + (body.action == nil ? "" : "." + body.action)}`,
		},
		DefaultMappings: []rule.Mapping{
			githubReview(),
			mapping("issue-assigned", "issues.assigned", action.WorkflowsTrigger, rule.Parameters{
				"key":        text("issue-assigned"),
				"recipients": text("body.assignee.login"),
				"actor":      text("body.sender.login"),
				"data":       text("body.issue"),
			}),
		},
		SampleTypes: []string{
			"ping",
			"issues.opened",
			"issues.assigned",
			"pull_request.opened",
			"pull_request.review_requested",
			"pull_request.closed",
			"push",
		},
		RequestHeaders: map[string]string{
			"Accept":                                 "*/*",
			"Content-Type":                           "application/json",
			"User-Agent":                             "GitHub-Hookshot/044aadd",
			"X-GitHub-Delivery":                      "{{new uuid}}",
			"X-GitHub-Hook-ID":                       "{{hook_id}}",
			"X-GitHub-Hook-Installation-Target-ID":   "{{repository_id}}",
			"X-GitHub-Hook-Installation-Target-Type": "repository",
		},
		SigningHint:    "Choose one: 32 random characters, say. It is the “Secret” of the webhook on GitHub.",
		SecretIsChosen: true,
		guides: []Guide{{
			Title: "On GitHub",
			Steps: []Step{
				{Text: "Choose a secret (the command below makes one) and add it to this source.", Command: "openssl rand -hex 32"},
				{Text: "Open the “Settings” of the repository or organization, then “Webhooks”, then “Add webhook”."},
				{Text: "Paste {ingest_url} into “Payload URL”, choose application/json as the “Content type”, and give your secret as the “Secret”."},
				{Text: "At “Which events would you like to trigger this webhook?” choose what you want here: “Pull requests” and “Issues” have mappings from the start (pull_request.review_requested, issues.assigned)."},
				{Text: "“Add webhook”. GitHub sends a ping at once; “Recent Deliveries” shows what became of it."},
				{Text: "The signature covers the body alone: X-GitHub-Delivery and X-GitHub-Event, which give the id and the type here, are not signed. Who sees a delivery can send it again under others."},
			},
		}},
		files: folder(githubFolder, "github"),
		shared: map[string]sharedValue{
			"owner":           {text: "paper-and-co"},
			"author":          {text: "ines-duarte"},
			"reviewer":        {text: "kimani-o"},
			"email":           {text: "ines.duarte@example.com"},
			"owner_id":        {prefix: "number"},
			"author_id":       {prefix: "number"},
			"reviewer_id":     {prefix: "number"},
			"hook_id":         {prefix: "number"},
			"issue_id":        {prefix: "number"},
			"pull_request_id": {prefix: "number"},
			"repository_id":   {prefix: "number"},
			"head_sha":        {prefix: "sha"},
			"base_sha":        {prefix: "sha"},

			"issue_created":        {moment: true},
			"pull_request_created": {moment: true},
		},
		ids: plainID,
		typeHeaders: func(eventType string) map[string]string {
			event, _, _ := strings.Cut(eventType, ".")
			return map[string]string{"X-GitHub-Event": event}
		},
	}
}

// githubReview tells a person whose review was asked for; a team may be asked
// instead.
func githubReview() rule.Mapping {
	m := mapping("review-requested", "pull_request.review_requested", action.WorkflowsTrigger, rule.Parameters{
		"key":        text("review-requested"),
		"recipients": text("body.requested_reviewer.login"),
		"actor":      text("body.sender.login"),
		"data":       text("body.pull_request"),
	})
	m.When = "body.requested_reviewer != nil"
	return m
}
