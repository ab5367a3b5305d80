package signature_test

import (
	"strings"
	"testing"

	"daybook/domain/es"
	"daybook/domain/signature"
)

// TestAbout holds what a scheme says of itself against what it does.
func TestAbout(t *testing.T) {
	t.Parallel()
	secret, err := signature.NewSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	header := map[string][]string{"Webhook-Id": {"msg_1"}, "Svix-Id": {"msg_1"}}
	for _, scheme := range signature.All() {
		about := scheme.About()
		sent, named, isSecretSent := scheme.Sign(secret, header, []byte("{}"), es.Time(1_700_000_000_000)), false, false
		for name, values := range sent {
			named = named || strings.HasSuffix(strings.ToLower(about.Way), strings.ToLower(name))
			isSecretSent = isSecretSent || strings.Contains(values[0], secret.Reveal())
		}
		if !named {
			t.Errorf("%s says %q and sends %v", scheme.Name(), about.Way, sent)
		}
		if about.Signs == isSecretSent {
			t.Errorf("%s signs: %t, but the secret is sent: %t", scheme.Name(), about.Signs, isSecretSent)
		}
	}
}
