package app_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"daybook/app/trigger"
	"daybook/domain/signature"
	"daybook/domain/template"
)

// Every template works from its creation to the actions that follow: a source
// is made from it, its samples come in through the source's own address, signed
// as the provider would sign them, and what the default mappings say is done.
func TestEveryTemplateFromCreationToAction(t *testing.T) {
	t.Parallel()
	r := run(t, config(t))
	for _, tmpl := range template.All() {
		t.Run(tmpl.Key, func(t *testing.T) {
			t.Parallel()
			walk(t, r.LocalURL(), tmpl)
		})
	}
}

func walk(t *testing.T, url string, tmpl template.Template) {
	t.Helper()
	provider := connectTemplate(t, url, tmpl)
	stranger := provider
	stranger.Secret = secretOf(t, tmpl, "somebody else's, which nobody knows")

	for _, eventType := range tmpl.SampleTypes {
		sample, err := provider.Make(trigger.Sample{Type: eventType})
		if err != nil {
			t.Fatal(err)
		}
		_, err = stranger.Post(t.Context(), sample)
		if refused, ok := errors.AsType[*trigger.Refused](err); !ok || refused.Code != string(signature.Mismatch) {
			t.Errorf("%s by a stranger: %v", eventType, err)
		}
		sent, err := provider.Post(t.Context(), sample)
		if err != nil || sent.Status != "accepted" {
			t.Fatalf("%s: %+v, %v", eventType, sent, err)
		}
		again, err := provider.Post(t.Context(), sample)
		if isKeyed := tmpl.DefaultSettings.IdempotencyKeyPath != ""; err != nil || isKeyed != (again.Status == "duplicate") || isKeyed != (again.ID == sent.ID) {
			t.Errorf("%s again: %+v, %v", eventType, again, err)
		}
		checkDone(t, url, tmpl, eventType, sent)
		checkNoSecret(t, url, sent.Stream, provider.Secret)
	}
	// The button and the command make, sign and send the same by the server.
	path := "/api/v1/sources/" + tmpl.Key + "/trigger?environment=development"
	call(t, http.MethodPost, url+path, fmt.Sprintf(`{"type":%q}`, tmpl.SampleTypes[0]), nil)
}

// connectTemplate makes a source of the template's key, with a secret.
func connectTemplate(t *testing.T, url string, tmpl template.Template) trigger.Sender {
	t.Helper()
	var got struct {
		Source struct {
			Settings map[string]struct {
				Settings struct{ Endpoint string }
			} `json:"environment_settings"`
		}
	}
	source := url + "/api/v1/sources/" + tmpl.Key
	call(t, http.MethodPut, source+"?environment=development", fmt.Sprintf(`{"source":{"preconfigured_provider":%q}}`, tmpl.Key), &got)
	secret := secretOf(t, tmpl, "the provider's, which it shares with us")
	call(t, http.MethodPost, source+"/secrets?environment=development", fmt.Sprintf(`{"secret":%q}`, secret.Reveal()), nil)
	return trigger.Sender{
		Client: newClient(t), URL: got.Source.Settings["development"].Settings.Endpoint,
		Template: tmpl, Secret: secret, Now: time.Now,
	}
}

// secretOf makes a secret of the kind that the template's provider has.
func secretOf(t *testing.T, tmpl template.Template, from string) signature.Secret {
	t.Helper()
	text := strings.NewReplacer(" ", "-", "'", "", ",", "").Replace(from)
	switch tmpl.SignatureScheme {
	case "standard_webhooks", "svix":
		text = "whsec_" + base64.StdEncoding.EncodeToString([]byte(text))
	case "stripe":
		text = "whsec_" + text
	}
	secret, err := signature.NewSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

type done struct {
	Status         string  `json:"status"`
	Reason         *string `json:"reason"`
	EventType      string  `json:"event_type"`
	IdempotencyKey string  `json:"idempotency_key"`
	Verification   struct {
		Status, Scheme string
	} `json:"verification"`
	Mappings []struct {
		Matched bool `json:"matched"`
	} `json:"mappings"`
	Actions []struct {
		ActionType string `json:"action_type"`
		Status     string `json:"status"`
	} `json:"actions"`
}

// checkDone waits until nothing more is to be done about a webhook, and fails
// unless it went as the template says.
func checkDone(t *testing.T, api string, tmpl template.Template, eventType string, sent trigger.Sent) {
	t.Helper()
	var got done
	waitUntil(t, func() bool {
		got = done{}
		call(t, http.MethodGet, api+"/api/v1/events/"+url.PathEscape(sent.ID), "", &got)
		return got.Status != "processing"
	})
	if got.Verification.Status != "verified" || got.Verification.Scheme != tmpl.SignatureScheme {
		t.Errorf("%s: %+v", eventType, got.Verification)
	}
	if got.EventType != eventType || (got.IdempotencyKey != "") != (tmpl.DefaultSettings.IdempotencyKeyPath != "") {
		t.Errorf("%s: read as %q with the key %q", eventType, got.EventType, got.IdempotencyKey)
	}
	var want, carriedOut []string
	for _, mapping := range tmpl.DefaultMappings {
		if mapping.EventType == eventType {
			want = append(want, string(mapping.ActionType))
		}
	}
	for _, action := range got.Actions {
		if action.Status == "succeeded" {
			carriedOut = append(carriedOut, action.ActionType)
		}
	}
	if !slices.Equal(want, carriedOut) || len(got.Actions) != len(want) {
		t.Errorf("%s: carried out %v of %+v, want %v", eventType, carriedOut, got.Actions, want)
	}
	if isIgnored := got.Status == "ignored" && got.Reason != nil && *got.Reason == "no_mapping"; isIgnored != (len(want) == 0) {
		t.Errorf("%s: %s, %v", eventType, got.Status, got.Reason)
	}
}

// checkNoSecret looks for the secret in what the log holds.
func checkNoSecret(t *testing.T, api, stream string, secret signature.Secret) {
	t.Helper()
	status, body := get(t, newClient(t), api+"/api/v1/streams/"+url.PathEscape(stream), adminToken)
	if status != http.StatusOK || strings.Contains(body, secret.Reveal()) {
		t.Errorf("%s: %d, with the secret in it: %t", stream, status, strings.Contains(body, secret.Reveal()))
	}
}

func TestSecretsHaveTheFormOfTheirScheme(t *testing.T) {
	t.Parallel()
	r := run(t, config(t))
	for _, tmpl := range template.All() {
		connectTemplate(t, r.LocalURL(), tmpl)
	}
	for _, tried := range []struct {
		source, secret string
		says           string // empty: it is taken
	}{
		{"stripe", "any 16 bytes or more", ""},
		{"clerk", "whsec_tooshort1234567", "whsec_ and base64"},
		{"clerk", "whsec_" + strings.Repeat("A", 20), "15 bytes"},
		{"clerk", "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ""},
		{"svix", "whpk_" + strings.Repeat("A", 20), "no public key"},
		{"standard_webhooks", "whsk_V0VCSE9PS0FTWU1NRVRSSUNURVNUUFJJVkFURUtFWTE=", "private key"},
		{"custom", "a secret with spaces", "header cannot hold"},
	} {
		status, body := post(t, newClient(t), r.LocalURL()+"/api/v1/sources/"+tried.source+"/secrets?environment=development", fmt.Sprintf(`{"secret":%q}`, tried.secret))
		switch {
		case tried.says == "" && status != http.StatusCreated,
			tried.says != "" && (status != http.StatusUnprocessableEntity || !strings.Contains(body, tried.says)):
			t.Errorf("%s, %q: %d, %s", tried.source, tried.secret, status, body)
		case strings.Contains(body, tried.secret):
			t.Errorf("the answer quotes the secret: %s", body)
		}
	}
}

// A public key can verify and not sign, and whoever asks for a test event is
// told so; a secret that can sign does, if it is not the newest too.
func TestAPublicKeySignsNoTestEvent(t *testing.T) {
	t.Parallel()
	r := run(t, config(t))
	source := r.LocalURL() + "/api/v1/sources/standard_webhooks"
	call(t, http.MethodPut, source+"?environment=development", `{"source":{"preconfigured_provider":"standard_webhooks"}}`, nil)
	call(t, http.MethodPost, source+"/secrets?environment=development", `{"secret":"whpk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}`, nil)
	status, body := post(t, newClient(t), source+"/trigger?environment=development", `{"type":"user.created"}`)
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, "public key, which cannot sign") {
		t.Errorf("%d, %s", status, body)
	}
	for _, secret := range []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whpk_HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="} {
		call(t, http.MethodPost, source+"/secrets?environment=development", fmt.Sprintf(`{"secret":%q}`, secret), nil)
	}
	if status, body := post(t, newClient(t), source+"/trigger?environment=development", `{"type":"user.created"}`); status != http.StatusOK {
		t.Errorf("with an older secret that can sign: %d, %s", status, body)
	}
}

func post(t *testing.T, client *http.Client, url, body string) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	return do(t, client, request)
}
