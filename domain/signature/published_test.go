package signature_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/es"
	"daybook/domain/signature"
)

// published is a request whose signature is known from elsewhere.
type published struct {
	scheme string
	secret string
	header map[string][]string
	body   string
	at     es.Time // when it was signed
	timed  bool
}

const (
	standardID     = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	standardBody   = `{"test": 2432232314}`
	standardAt     = es.Time(1614265330_000)
	standardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	standardV1     = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	standardPublic = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
	standardV1a    = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
	workosSecret   = "FrQWzvMo0eqse22Ceyia2uuww"
	workosBody     = `{"data":{"id":"directory_user_01FAEAJCR3ZBZ30D8BD1924TVG","state":"active","emails":[{"type":"work","value":"blair@foo-corp.com","primary":true}],"idp_id":"00u1e8mutl6wlH3lL4x7","object":"directory_user","username":"blair@foo-corp.com","last_name":"Lunceford","first_name":"Blair","directory_id":"directory_01F9M7F68PZP8QXP8G7X5QRHS7","raw_attributes":{"name":{"givenName":"Blair","familyName":"Lunceford","middleName":"Elizabeth","honorificPrefix":"Ms."},"title":"Developer Success Engineer","active":true,"emails":[{"type":"work","value":"blair@foo-corp.com","primary":true}],"groups":[],"locale":"en-US","schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"blair@foo-corp.com","addresses":[{"region":"CO","primary":true,"locality":"Steamboat Springs","postalCode":"80487"}],"externalId":"00u1e8mutl6wlH3lL4x7","displayName":"Blair Lunceford","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"2","displayName":"Kathleen Chung"},"division":"Engineering","department":"Customer Success"}}},"event":"dsync.user.created"}`
	workosHeader   = "t=1626125972272, v1=80f7ab7efadc306eb5797c588cee9410da9be4416782b497bf1e1bf4175fb928"
	githubSecret   = "It's a Secret to Everybody"
	githubBody     = "Hello, World!"
	githubHeader   = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	rfcBody        = "Test Using Larger Than Block-Size Key - Hash Key First"
)

func standardHeader(prefix, id, seconds, signatures string) map[string][]string {
	return map[string][]string{prefix + "Id": {id}, prefix + "Timestamp": {seconds}, prefix + "Signature": {signatures}}
}

// publishedVectors are from the providers' documents and from the tests of their
// own libraries; for Shopify and Segment, who publish none, they are the RFCs'
// of the MAC itself (RFC 4231, case 6, and RFC 2202, case 6).
func publishedVectors() map[string]published {
	repeated := func(b byte, n int) string {
		text := make([]byte, n)
		for i := range text {
			text[i] = b
		}
		return string(text)
	}
	return map[string]published{
		"stripe": {"stripe", secretText, header("t=1700000000,v1=" + v1), body, signedAt * 1000, true},
		"standard webhooks": {
			"standard_webhooks", standardSecret,
			standardHeader("Webhook-", standardID, "1614265330", standardV1), standardBody, standardAt, true,
		},
		"standard webhooks, as Supabase shows the secret": {
			"standard_webhooks", "v1," + standardSecret,
			standardHeader("Webhook-", standardID, "1614265330", standardV1), standardBody, standardAt, true,
		},
		"standard webhooks, ed25519": {
			"standard_webhooks", standardPublic,
			standardHeader("Webhook-", standardID, "1614265330", standardV1a), standardBody, standardAt, true,
		},
		"svix": {
			"svix", standardSecret,
			standardHeader("Svix-", standardID, "1614265330", standardV1), standardBody, standardAt, true,
		},
		"workos": {"workos", workosSecret, map[string][]string{"Workos-Signature": {workosHeader}}, workosBody, 1626125972272, true},
		"github": {"github", githubSecret, map[string][]string{"X-Hub-Signature-256": {githubHeader}}, githubBody, 0, false},
		"shopify": {
			"shopify", repeated(0xaa, 131),
			map[string][]string{"X-Shopify-Hmac-Sha256": {"YOQxWR7gtn8Niiaqy/W3f44LxiE3KMUUBUYEDw7jf1Q="}},
			rfcBody, 0, false,
		},
		"segment": {
			"segment", repeated(0xaa, 80),
			map[string][]string{"X-Signature": {"aa4ae5e15272d00e95705637ce8a3b55ed402112"}},
			rfcBody, 0, false,
		},
		"a secret in a header": {
			"shared_secret", "sixteen-bytes-or-more", map[string][]string{"X-Webhook-Secret": {"sixteen-bytes-or-more"}}, "{}", 0, false,
		},
		"a bearer": {
			"bearer", "sixteen-bytes-or-more", map[string][]string{"Authorization": {"Bearer sixteen-bytes-or-more"}}, "{}", 0, false,
		},
	}
}

func lookup(t testing.TB, name string) signature.Scheme {
	t.Helper()
	scheme, ok := signature.Lookup(name)
	if !ok {
		t.Fatalf("there is no scheme %s", name)
	}
	return scheme
}

func TestPublishedVectors(t *testing.T) {
	t.Parallel()
	for name, p := range publishedVectors() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scheme, secret := lookup(t, p.scheme), secrets(t, p.secret)[0]
			if err := scheme.CheckSecret(secret); err != nil {
				t.Errorf("the secret is refused: %v", err)
			}
			other := "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
			got, failure := scheme.Verify(p.header, []byte(p.body), secrets(t, other, p.secret), p.at, signature.DefaultTolerance)
			if failure != nil {
				t.Fatalf("refused: %+v", failure)
			}
			want := signature.Verification{Status: "verified", Scheme: p.scheme, SecretFingerprint: secret.Fingerprint()}
			if p.timed {
				want.SkewSeconds = new(int64(0))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("verification (-want +got):\n%s", diff)
			}
			if _, failure := scheme.Verify(p.header, []byte(p.body), secrets(t, other), p.at, signature.DefaultTolerance); failure == nil || failure.Cause != signature.Mismatch {
				t.Errorf("by another secret: %+v", failure)
			}
			if _, failure := scheme.Verify(p.header, []byte(p.body), nil, p.at, signature.DefaultTolerance); failure == nil || failure.Cause != signature.SecretNotConfigured {
				t.Errorf("without a secret: %+v", failure)
			}
		})
	}
}

// What is signed here is what the provider signs, text for text.
func TestSignMakesThePublishedHeaders(t *testing.T) {
	t.Parallel()
	for name, p := range publishedVectors() {
		scheme, secret := lookup(t, p.scheme), secrets(t, p.secret)[0]
		got := scheme.Sign(secret, p.header, []byte(p.body), p.at)
		if p.secret == standardPublic {
			if got != nil {
				t.Errorf("a public key signed: %v", got)
			}
			continue
		}
		for header, lines := range got {
			if diff := cmp.Diff(p.header[header], lines); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", name, header, diff)
			}
		}
		if len(got) == 0 {
			t.Errorf("%s: nothing is signed", name)
		}
		if got := scheme.Sign(signature.Secret{}, p.header, []byte(p.body), p.at); got != nil {
			t.Errorf("%s: the zero secret signed: %v", name, got)
		}
	}
}
