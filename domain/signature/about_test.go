package signature_test

import (
	"maps"
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
	const at = es.Time(1_700_000_000_000)
	for _, scheme := range signature.All() {
		about := scheme.About()
		header := map[string][]string{"Webhook-Id": {"msg_1"}, "Svix-Id": {"msg_1"}}
		sent, named, isSecretSent := scheme.Sign(secret, header, []byte("{}"), at), false, false
		for name, values := range sent {
			named = named || strings.HasSuffix(strings.ToLower(about.Way), strings.ToLower(name))
			isSecretSent = isSecretSent || strings.Contains(values[0], secret.Reveal())
		}
		if !named {
			t.Errorf("%s says %q and sends %v", scheme.Name(), about.Way, sent)
		}
		maps.Copy(header, sent)
		_, late := scheme.Verify(header, []byte("{}"), []signature.Secret{secret}, at+1_000_000, signature.DefaultTolerance)
		if isTimed := late != nil && late.Cause == signature.Expired; about.Timed != isTimed {
			t.Errorf("%s signs a time: %t, but later it is refused: %v", scheme.Name(), about.Timed, late)
		}
		if about.Signs == isSecretSent {
			t.Errorf("%s signs: %t, but the secret is sent: %t", scheme.Name(), about.Signs, isSecretSent)
		}
	}
}
