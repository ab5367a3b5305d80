package signature

import (
	"time"

	"daybook/domain/es"
)

// WorkOS is the scheme of WorkOS's webhooks. It is as Stripe's, in the header
// WorkOS-Signature, but that the time is in milliseconds and a space follows
// the comma.
type WorkOS struct{}

var _ Scheme = WorkOS{}

func (WorkOS) mac() timedMAC {
	return timedMAC{
		name:      "workos",
		canonical: "Workos-Signature",
		unit:      time.Millisecond,
		spaced:    true,
		words: words{
			provider: "WorkOS",
			header:   "WorkOS-Signature",
			secret:   "This source has no live signing secret: add the one that the WorkOS dashboard shows for the webhook endpoint.",
			mismatch: "No signature matches a live secret: add the secret of this very webhook endpoint, and see that nothing on the way alters the body.",
			again:    "WorkOS signs each try anew",
		},
	}
}

// Name returns "workos".
func (w WorkOS) Name() string { return w.mac().name }

// CheckSecret implements [Scheme]: any secret will do.
func (WorkOS) CheckSecret(Secret) error { return nil }

// Verify implements [Scheme].
func (w WorkOS) Verify(header map[string][]string, body []byte, secrets []Secret, now es.Time, tolerance time.Duration) (Verification, *Failure) {
	return w.mac().verify(header, body, secrets, now, tolerance)
}

// Sign implements [Scheme].
func (w WorkOS) Sign(secret Secret, _ map[string][]string, body []byte, at es.Time) map[string][]string {
	return w.mac().sign(secret, body, at)
}
