package knock

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"

	"daybook/app/destination"
	"daybook/app/destination/egress"
	"daybook/domain/webhook"
)

// refusal is what Knock answers where it does not do what it was asked.
type refusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Type    string `json:"type"`
	Errors  []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
}

// judge says what an answer means.
func (c call) judge(answer egress.Answer, outcome *destination.Outcome) {
	if outcome.Class == "" {
		c.succeeded(answer, outcome)
		return
	}
	var said refusal
	isKnocks := json.Unmarshal(answer.Body, &said) == nil && said.Code != ""
	if c.removes && answer.Status == http.StatusNotFound && isKnocks {
		outcome.Class, outcome.Error = "", "" // it is not there, as was asked
		return
	}
	switch answer.Header.Get("X-Should-Retry") {
	case "true":
		if outcome.Class == webhook.ClassRefused {
			outcome.Class = webhook.ClassTemporary
		}
	case "false":
		if outcome.Class == webhook.ClassTemporary {
			outcome.Class = webhook.ClassRefused
		}
	default: // the status decides
	}
	outcome.Error = c.words(answer, said)
}

// succeeded keeps the id of the workflow run. One that cannot be read does not
// undo what was done.
func (c call) succeeded(answer egress.Answer, outcome *destination.Outcome) {
	if !c.triggers {
		return
	}
	var run struct {
		ID string `json:"workflow_run_id"`
	}
	if json.Unmarshal(answer.Body, &run) != nil || run.ID == "" || len(run.ID) > maxRunID {
		return
	}
	if result, err := json.Marshal(run); err == nil {
		outcome.Result = result
	}
}

const maxRunID = 255 // bytes

// maxSaid is how much of Knock's own words are repeated, in bytes.
const maxSaid = 500

// words say what Knock answered and what to do.
func (c call) words(answer egress.Answer, said refusal) string {
	message := said.Message
	for _, e := range said.Errors {
		message += "; " + strings.TrimSpace(e.Field+" "+e.Message)
	}
	message = strings.TrimPrefix(message, "; ")
	if len(message) > maxSaid {
		message = strings.ToValidUTF8(message[:maxSaid], "") + "…"
	}
	answered := "Knock answered " + answer.StatusText()
	if message != "" {
		answered += ": " + egress.Redact([]byte(message))
	}
	if said.Code != "" {
		answered += " (" + egress.Redact([]byte(said.Code[:min(len(said.Code), maxRunID)])) + ")"
	}
	if advice := c.advice(answer.Status, said.Code); advice != "" {
		return answered + ". " + advice
	}
	return answered
}

// advice says what to do; empty where there is nothing to be done but to wait.
func (c call) advice(status int, code string) string {
	switch code {
	case "api_key_missing", "authentication_required", "authorization", "incorrect_token_type", "invalid_user_token":
		return "Give the environment the secret API key of its Knock environment; it begins with sk_"
	case "api_key_expired":
		return "Make a new API key in Knock and give it to the environment"
	case "workflow_missing":
		return "There is no workflow " + c.quoted() + " in this Knock environment: make and commit it, or correct the key of the mapping"
	case "workflow_inactive":
		return "Switch the workflow " + c.quoted() + " on in Knock, then retry"
	case "actor_missing":
		return "The actor is not known to Knock: identify it first, or give it as an object with what is known of it"
	case "channel_invalid":
		return "The channel is not there or is not set up in this Knock environment"
	}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "Check the environment's API key"
	case status == http.StatusNotFound:
		return "Check that " + c.quoted() + " is there in this Knock environment, and that the base URL excludes /v1"
	case status == http.StatusRequestEntityTooLarge:
		return "Send less: map fewer fields"
	case status >= http.StatusMultipleChoices && status < http.StatusBadRequest:
		return "Knock's API does not redirect: check the base URL of the environment"
	case status == http.StatusBadRequest || status == http.StatusUnprocessableEntity:
		return "Correct the mapping and replay the webhook"
	default:
		return ""
	}
}

func (c call) quoted() string {
	about := cmp.Or(c.about, "it")
	if len(about) > maxRunID {
		about = strings.ToValidUTF8(about[:maxRunID], "") + "…"
	}
	return "“" + about + "”"
}
