package template

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"

	"daybook/domain/rule"
	"daybook/domain/value"
)

// Template is what is known of a provider. It is the caller's to keep.
type Template struct {
	Key            string   `json:"key"` // also the key of a source made from it, unless another is given
	Name           string   `json:"name"`
	Description    string   `json:"description"`
	Categories     []string `json:"categories"`
	WebsiteURL     string   `json:"website_url"`
	WebhookDocsURL string   `json:"webhook_docs_url"`
	// SignatureScheme is the name of a scheme of package signature; empty for
	// a provider that does not sign.
	SignatureScheme string `json:"signature_scheme"`
	// DefaultSettings are those in which the provider differs from others.
	DefaultSettings Settings `json:"default_settings"`
	// DefaultMappings are offered when a source is made. Each has a key.
	DefaultMappings []rule.Mapping `json:"default_mappings"`
	// SampleTypes are the event types of which [Template.Sample] makes samples,
	// in the order in which they make a story.
	SampleTypes []string `json:"sample_types"`
	// RequestHeaders are what the provider sends beside the signature, with
	// placeholders as samples have them; [Template.Request] fills them in.
	RequestHeaders map[string]string `json:"request_headers"`
	// SigningHint says where the secret is to be found, or that it is to be
	// chosen, and what it looks like.
	SigningHint string `json:"secret_hint"`
	// SecretIsChosen says that the secret is not the provider's to give: whoever
	// sets the source up chooses it, and tells the provider.
	SecretIsChosen bool `json:"secret_is_chosen"`

	guides []Guide // with ingestURL where the address belongs
	files  fs.FS   // the samples, and event_types.txt
	shared map[string]sharedValue
	ids    func(prefix string, random func() uint64) string
	// typeHeaders are the headers that say of which type a webhook is; nil where
	// the body does.
	typeHeaders func(eventType string) map[string]string
}

// Settings are the settings of a source as far as a provider decides them. The
// JSON names are those of a source's settings, and what is empty is null.
type Settings struct {
	EventTypePath       string
	TimestampPath       string // empty: nothing says when it occurred
	IdempotencyKeyPath  string // empty: nothing says that it is the same again
	EnforceVerification bool
	// Preprocess is an expression that gives an object for preprocess.… paths;
	// empty: there is none.
	Preprocess string
}

// MarshalJSON writes the settings as those of a source are.
func (s Settings) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		EventTypePath       string  `json:"event_type_path"`
		TimestampPath       *string `json:"timestamp_path"`
		IdempotencyKeyPath  *string `json:"idempotency_key_path"`
		EnforceVerification bool    `json:"enforce_verification"`
		Preprocess          *string `json:"preprocess"`
	}{
		s.EventTypePath, value.OrNull(s.TimestampPath), value.OrNull(s.IdempotencyKeyPath),
		s.EnforceVerification, value.OrNull(s.Preprocess),
	})
}

// All returns the templates in the order in which they are offered.
func All() []Template {
	return []Template{
		stripe(), clerk(), workos(), supabase(), posthog(), shopify(), segment(), rudderstack(), github(),
		standardWebhooks(), svix(), custom(),
	}
}

// Get returns the template with that key.
func Get(key string) (Template, bool) {
	if key == "custom_http" { // as Knock calls it
		key = "custom"
	}
	all := All()
	i := slices.IndexFunc(all, func(t Template) bool { return t.Key == key })
	if i < 0 {
		return Template{}, false
	}
	return all[i], true
}

// EventTypes returns the event types that the provider is known to send. It may
// send others: the list is for suggestions, never for refusals.
func (t Template) EventTypes() []string {
	list, err := fs.ReadFile(t.files, "event_types.txt")
	if err != nil {
		return nil // a provider need not have a list
	}
	var types []string
	for lines := bufio.NewScanner(bytes.NewReader(list)); lines.Scan(); {
		if line := lines.Text(); line != "" && !strings.HasPrefix(line, "#") {
			types = append(types, line)
		}
	}
	return types
}

// Guide is one way of setting a provider up.
type Guide struct {
	Title string `json:"title"`
	Steps []Step `json:"steps"`
}

// Step is one thing to do.
type Step struct {
	Text    string `json:"text"`
	Command string `json:"command,omitempty"` // to be typed in a terminal
}

// ingestURL stands for the address of the source in texts of a template.
const ingestURL = "{ingest_url}"

// Guides says how to let the provider send to a source with that ingest URL.
func (t Template) Guides(url string) []Guide {
	guides := make([]Guide, len(t.guides))
	for i, guide := range t.guides {
		steps := slices.Clone(guide.Steps)
		for j := range steps {
			steps[j].Text = strings.ReplaceAll(steps[j].Text, ingestURL, url)
			steps[j].Command = strings.ReplaceAll(steps[j].Command, ingestURL, url)
		}
		guides[i] = Guide{Title: guide.Title, Steps: steps}
	}
	return guides
}
