package signature

import (
	"time"

	"daybook/domain/es"
)

// Stripe is the scheme of Stripe's webhooks, snapshot and thin: the header
// Stripe-Signature carries a time t and HMAC-SHA256 signatures v1, in hex, of
// t, a dot, and the body. The key is the secret as Stripe shows it, its
// whsec_ included.
type Stripe struct{}

var _ Scheme = Stripe{}

func (Stripe) mac() timedMAC {
	return timedMAC{
		name:      "stripe",
		canonical: "Stripe-Signature",
		unit:      time.Second,
		words: words{
			provider: "Stripe",
			header:   "Stripe-Signature",
			secret:   "This source has no live signing secret: add the one that Stripe shows for the destination (it begins with whsec_).",
			mismatch: "No signature matches a live secret: add the secret of this very destination (stripe listen has its own: stripe listen --print-secret), and see that nothing on the way alters the body.",
			again:    "Stripe signs each try anew",
		},
	}
}

// Name returns "stripe".
func (s Stripe) Name() string { return s.mac().name }

// CheckSecret implements [Scheme]: any secret will do.
func (Stripe) CheckSecret(Secret) error { return nil }

// Verify implements [Scheme].
func (s Stripe) Verify(header map[string][]string, body []byte, secrets []Secret, now es.Time, tolerance time.Duration) (Verification, *Failure) {
	return s.mac().verify(header, body, secrets, now, tolerance)
}

// Sign implements [Scheme].
func (s Stripe) Sign(secret Secret, _ map[string][]string, body []byte, at es.Time) map[string][]string {
	return s.mac().sign(secret, body, at)
}
