package template_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/rule"
	"daybook/domain/signature"
	"daybook/domain/template"
)

func stripe(t testing.TB) template.Template {
	t.Helper()
	found, ok := template.Get("stripe")
	if !ok {
		t.Fatal("no template stripe")
	}
	return found
}

func TestGet(t *testing.T) {
	t.Parallel()

	for _, each := range template.All() {
		found, ok := template.Get(each.Key)
		if !ok || found.Name != each.Name {
			t.Errorf("%s: %v, %v", each.Key, found.Name, ok)
		}
		if each.SignatureScheme == "" {
			continue
		}
		if _, ok := signature.Lookup(each.SignatureScheme); !ok {
			t.Errorf("%s: no scheme %s", each.Key, each.SignatureScheme)
		}
	}
	if found, _ := template.Get("custom_http"); found.Key != "custom" {
		t.Errorf("Knock's custom_http is %q", found.Key)
	}
	if found, ok := template.Get("Stripe"); ok {
		t.Errorf("Stripe: %v", found.Name)
	}
}

func TestStripeDefaults(t *testing.T) {
	t.Parallel()
	want := template.Settings{
		EventTypePath:       "body.type",
		TimestampPath:       "body.created",
		IdempotencyKeyPath:  "body.id",
		EnforceVerification: true,
	}
	if diff := cmp.Diff(want, stripe(t).DefaultSettings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// The default mappings are those of CONTRACT, word for word.
func TestStripeDefaultMappings(t *testing.T) {
	t.Parallel()
	var want []rule.Mapping
	if err := json.Unmarshal([]byte(`[
		{"key": "customer-created", "event_type": "customer.created", "action_type": "users_identify", "action_parameters": {
			"id": "body.data.object.id",
			"name": "body.data.object.name",
			"email": "body.data.object.email",
			"phone_number": "body.data.object.phone",
			"properties": "body.data.object.metadata"}},
		{"key": "invoice-created", "event_type": "invoice.created", "action_type": "workflows_trigger", "action_parameters": {
			"key": "invoice-created", "recipients": "body.data.object.customer", "data": "body"}},
		{"key": "invoice-paid", "event_type": "invoice.paid", "action_type": "workflows_trigger", "action_parameters": {
			"key": "invoice-paid", "recipients": "body.data.object.customer", "data": "body"}}
	]`), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, stripe(t).DefaultMappings); diff != "" {
		t.Errorf("mappings (-want +got):\n%s", diff)
	}
}

func TestStripeEventTypes(t *testing.T) {
	t.Parallel()
	types := stripe(t).EventTypes()

	if len(types) != 351 {
		t.Errorf("%d event types, want 351", len(types))
	}
	for _, known := range append([]string{
		"customer.subscription.trial_will_end",
		"v2.core.account[configuration.customer].capability_status_updated",
		"v1.billing.meter.error_report_triggered",
	}, stripe(t).SampleTypes...) {
		if !slices.Contains(types, known) {
			t.Errorf("%s is missing", known)
		}
	}
	sorted := slices.Sorted(slices.Values(types))
	if unique := slices.Compact(sorted); len(unique) != len(types) {
		t.Errorf("%d types occur twice", len(types)-len(unique))
	}
	for _, name := range types {
		if strings.ContainsAny(name, " #\t\r*") {
			t.Errorf("%q is no event type", name)
		}
	}
}

func TestStripeGuidesNameTheIngestURL(t *testing.T) {
	t.Parallel()
	const url = "https://daybook.example.com/in/abc"
	guides := stripe(t).Guides(url)

	var commands []string
	var texts strings.Builder
	for _, guide := range guides {
		for _, step := range guide.Steps {
			texts.WriteString(step.Text + "\n")
			if step.Command != "" {
				commands = append(commands, step.Command)
			}
		}
	}
	for _, command := range []string{"stripe listen --forward-to " + url, "stripe listen --print-secret"} {
		if !slices.Contains(commands, command) {
			t.Errorf("no step with the command %q", command)
		}
	}
	for _, word := range []string{url, "Add destination", "Webhook endpoint", "Signing secret", "Workbench"} {
		if !strings.Contains(texts.String(), word) {
			t.Errorf("no step speaks of %q", word)
		}
	}
	if again := stripe(t).Guides("other"); strings.Contains(again[0].Steps[4].Text, url) {
		t.Error("one call's URL shows in the next")
	}
	for _, left := range append(commands, texts.String()) {
		if strings.ContainsAny(left, "{}") {
			t.Errorf("a placeholder is left: %s", left)
		}
	}
}

// at follows a path of names through a decoded body.
func at(body any, path string) any {
	for name := range strings.SplitSeq(strings.TrimPrefix(path, "body"), ".") {
		if name == "" {
			continue
		}
		object, ok := body.(map[string]any)
		if !ok {
			return nil
		}
		body = object[name]
	}
	return body
}

func decode(t testing.TB, body []byte) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		t.Fatalf("decode: %v in\n%s", err, body)
	}
	return object
}
