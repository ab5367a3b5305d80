package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/signature"
)

// destinationOf reads the destination that a call answers with.
func destinationOf(t *testing.T, a answer) map[string]any {
	t.Helper()
	d, ok := at(t, a, "destination").(map[string]any)
	if !ok {
		t.Fatalf("%s", a.body)
	}
	return d
}

func TestAnEnvironmentOfKnock(t *testing.T) {
	t.Parallel()
	h := open(t)
	const key = "sk_test_a_canary_0123456789"
	first := h.want(200, h.put("/environments/production", `{"destination":{"kind":"knock","api_key":"`+key+`"}}`))
	d := destinationOf(t, first)
	if d["base_url"] != "https://api.knock.app" || d["api_key"] != nil || d["api_key_fingerprint"] != signature.Fingerprint(key) {
		t.Errorf("%v", d)
	}
	again := h.want(200, h.put("/environments/production", string(first.body)))
	if diff := cmp.Diff(string(first.body), string(again.body)); diff != "" {
		t.Errorf("put back as it was shown: %s", diff)
	}
	if n := len(items(t, h.get("/streams/environment-production"))); n != 1 {
		t.Errorf("putting the same twice made %d events", n)
	}
	h.want(422, h.put("/environments/production", `{"destination":{"kind":"knock","base_url":"https://evil.example"}}`))
	for _, path := range []string{"/environments", "/streams/environment-production", "/streams?prefix=environment-"} {
		if a := h.want(200, h.get(path)); strings.Contains(string(a.body), key) {
			t.Errorf("%s gives the key away", path)
		}
	}
	h.want(200, h.put("/environments/production", `{"destination":{"kind":"local"}}`))
	h.want(422, h.put("/environments/production", `{"destination":{"kind":"knock"}}`))
}

func TestAnEnvironmentWithAnEndpoint(t *testing.T) {
	t.Parallel()
	h := open(t)
	created := h.want(200, h.put("/environments/staging", `{"destination":{"kind":"endpoint","url":"https://hooks.example.com/actions?x=y","idempotency_window":"24h"}}`))
	d := destinationOf(t, created)
	secret, _ := d["signing_secret"].(string)
	if _, err := signature.NewSecret(secret); err != nil || !strings.HasPrefix(secret, "whsec_") || d["idempotency_window"] != "24h" {
		t.Fatalf("%v", d)
	}
	live := func(a answer) (fingerprints []string) {
		list, ok := destinationOf(t, a)["signing_secrets"].([]any)
		if !ok {
			t.Fatalf("%s", a.body)
		}
		for _, one := range list {
			fingerprints = append(fingerprints, one.(map[string]any)["fingerprint"].(string))
		}
		return fingerprints
	}
	again := h.want(200, h.put("/environments/staging", string(created.body)))
	if destinationOf(t, again)["signing_secret"] != nil || strings.Contains(string(again.body), secret) {
		t.Errorf("the secret is shown twice: %s", again.body)
	}
	rotated := h.want(200, h.post("/environments/staging/rotate", `{"grace":"1h"}`))
	newest, _ := destinationOf(t, rotated)["signing_secret"].(string)
	if newest == secret {
		t.Error("the secret is the one before")
	}
	if diff := cmp.Diff([]string{signature.Fingerprint(newest), signature.Fingerprint(secret)}, live(rotated)); diff != "" {
		t.Error(diff)
	}
	h.advance(time.Hour)
	var listed struct {
		Items []json.RawMessage `json:"items"`
	}
	all := h.want(200, h.get("/environments"))
	if err := json.Unmarshal(all.body, &listed); err != nil || len(listed.Items) != 3 {
		t.Fatalf("%s, %v", all.body, err)
	}
	if diff := cmp.Diff([]string{signature.Fingerprint(newest)}, live(answer{body: listed.Items[2]})); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{secret, newest} {
		if strings.Contains(string(all.body), text) || strings.Contains(string(h.get("/streams/environment-staging").body), text) {
			t.Error("a secret is given away")
		}
	}
	h.want(422, h.post("/environments/staging/rotate", `{"grace":"9000h"}`))
}
