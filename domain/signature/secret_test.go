package signature_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"daybook/domain/es"
	"daybook/domain/signature"
)

func TestNewSecretRefuses(t *testing.T) {
	t.Parallel()

	for name, text := range map[string]string{
		"nothing":         "",
		"15 bytes":        "whsec_123456789",
		"1025 bytes":      strings.Repeat("s", 1025),
		"a line end":      "whsec_1234567890123\n",
		"a leading space": " whsec_1234567890123",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret, err := signature.NewSecret(text)
			var refusal *es.Refusal
			if !errors.As(err, &refusal) || refusal.Code != es.Invalid || refusal.Field != "secret" {
				t.Fatalf("error %v, want a refusal of the secret", err)
			}
			if text != "" && strings.Contains(err.Error(), strings.TrimSpace(text)) {
				t.Errorf("the refusal quotes the secret: %v", err)
			}
			if !secret.IsZero() {
				t.Error("a secret beside the refusal")
			}
		})
	}
	secrets(t, "whsec_1234567890", "It's a Secret to Everybody", strings.Repeat("s", 1024))
}

// holder is how secrets travel: inside other values.
type holder struct {
	Public  signature.Secret
	private signature.Secret
}

func TestSecretDoesNotPrint(t *testing.T) {
	t.Parallel()
	secret := secrets(t, secretText)[0]
	h := holder{Public: secret, private: secret}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%20s"} {
		fmt.Fprintf(&out, verb+" "+verb+" "+verb+" "+verb+"\n", secret, &secret, h, &h)
	}
	fmt.Fprintln(&out, secret.String(), secret.GoString(), []signature.Secret{secret}, map[string]signature.Secret{"k": secret})
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "secret", secret, "holder", h)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "secret", secret, "holder", h)
	encoded, err := json.Marshal(map[string]any{"secret": secret, "holder": h, "list": []signature.Secret{secret}})
	if err != nil {
		t.Fatalf("json: %v", err)
	}
	out.Write(encoded)
	if encoded, err = xml.Marshal(h); err != nil {
		t.Fatalf("xml: %v", err)
	}
	out.Write(encoded)

	for _, form := range []string{secretText, fmt.Sprintf("%x", secretText), fmt.Sprintf("%X", secretText), fmt.Sprintf("%d", []byte(secretText))} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the secret shows:\n%s", out.String())
		}
	}
	if got := fmt.Sprint(secret); got != "[redacted]" {
		t.Errorf("printed %q", got)
	}
	if got, _ := json.Marshal(secret); string(got) != `"[redacted]"` {
		t.Errorf("JSON %s", got)
	}
}

func TestSecretReveal(t *testing.T) {
	t.Parallel()
	both := secrets(t, secretText, otherText)
	again := secrets(t, secretText)[0]

	if got := both[0].Reveal(); got != secretText {
		t.Errorf("revealed %q", got)
	}
	if !both[0].Equal(again) || both[0].Equal(both[1]) || both[0].Equal(signature.Secret{}) {
		t.Error("secrets are equal if and only if their text is")
	}
	var zero signature.Secret
	if zero.Reveal() != "" || zero.Fingerprint() != "" || !zero.IsZero() {
		t.Errorf("the zero secret has something: %q %q", zero.Reveal(), zero.Fingerprint())
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()

	if scheme, ok := signature.Lookup("stripe"); !ok || scheme.Name() != "stripe" {
		t.Errorf("stripe: %v, %v", scheme, ok)
	}
	if scheme, ok := signature.Lookup("Stripe"); ok {
		t.Errorf("Stripe: %v", scheme)
	}
}
