package signature

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"daybook/domain/es"
)

const (
	stripeName       = "stripe"
	stripeHeaderName = "Stripe-Signature"
)

// Stripe is the scheme of Stripe's webhooks, snapshot and thin: the header
// Stripe-Signature carries a time t and HMAC-SHA256 signatures v1, in hex, of
// t, a dot, and the body. The key is the secret as Stripe shows it, its
// whsec_ included.
type Stripe struct{}

var _ Scheme = Stripe{}

// Name returns "stripe".
func (Stripe) Name() string { return stripeName }

// Verify implements [Scheme].
func (Stripe) Verify(header map[string][]string, body []byte, secrets []Secret, now es.Time, tolerance time.Duration) (Verification, *Failure) {
	var h stripeHeader
	present := h.read(header[stripeHeaderName])
	if !anyLive(secrets) {
		return stripeFailure(&h, now, SecretNotConfigured,
			"This source has no live signing secret: add the one that Stripe shows for the destination (it begins with whsec_).")
	}
	if !present {
		return stripeFailure(&h, now, Missing,
			"The Stripe-Signature header is absent or empty: send this as a Stripe webhook, and see that no proxy on the way drops the header.")
	}
	if h.problem != "" {
		return stripeFailure(&h, now, Malformed,
			"The Stripe-Signature header "+h.problem+": pass it on as Stripe sends it, once and unaltered.")
	}

	secret, ok := match(secrets, h.candidates[:h.readable], h.time+".", body)
	if !ok {
		return stripeFailure(&h, now, Mismatch, mismatchMessage(&h))
	}

	skew := h.skew(now)
	if skew < -tolerance {
		return stripeFailure(&h, now, Expired, fmt.Sprintf(
			"Signed %d s ago, and %d s is the most: check this machine's clock, or send it again (Stripe signs each try anew).",
			-wholeSeconds(skew), wholeSeconds(tolerance)))
	}
	if skew > tolerance {
		return stripeFailure(&h, now, InFuture, fmt.Sprintf(
			"Signed %d s in the future, and %d s is the most: check this machine's clock.",
			wholeSeconds(skew), wholeSeconds(tolerance)))
	}
	return Verification{
		Status:            Verified,
		Scheme:            stripeName,
		SecretFingerprint: secret.Fingerprint(),
		SkewSeconds:       new(wholeSeconds(skew)),
	}, nil
}

// Sign implements [Scheme].
func (Stripe) Sign(secret Secret, body []byte, at es.Time) map[string][]string {
	if secret.IsZero() {
		return nil
	}
	t := strconv.FormatInt(at.Time().Unix(), 10)
	sum := secret.sum(t+".", body)
	return map[string][]string{stripeHeaderName: {"t=" + t + ",v1=" + hex.EncodeToString(sum[:])}}
}

// skew returns how far the header's time is ahead of now. It is cut where a
// Duration ends, some 292 years off.
func (h *stripeHeader) skew(now es.Time) time.Duration {
	const most = int64(1<<63-1) / int64(time.Millisecond)
	milliseconds := h.seconds*1000 - int64(now)
	return time.Duration(min(max(milliseconds, -most), most)) * time.Millisecond
}

// wholeSeconds rounds away from zero, so that what is over a tolerance of whole
// seconds also reads as over it.
func wholeSeconds(d time.Duration) int64 {
	seconds := int64(d / time.Second)
	switch rest := d % time.Second; {
	case rest > 0:
		return seconds + 1
	case rest < 0:
		return seconds - 1
	default:
		return seconds
	}
}

func anyLive(secrets []Secret) bool {
	for _, secret := range secrets {
		if !secret.IsZero() {
			return true
		}
	}
	return false
}

func mismatchMessage(h *stripeHeader) string {
	if h.readable == 0 {
		return "The Stripe-Signature header has no v1 signature of 64 hex digits: pass it on as Stripe sends it."
	}
	return "No signature matches a live secret: add the secret of this very destination (stripe listen has its own: stripe listen --print-secret), and see that nothing on the way alters the body."
}

func stripeFailure(h *stripeHeader, now es.Time, cause Cause, message string) (Verification, *Failure) {
	f := &Failure{Cause: cause, Message: message, Scheme: stripeName, Parts: h.parts.names(), Signatures: h.signatures}
	if h.timed {
		f.SkewSeconds = new(wholeSeconds(h.skew(now)))
	}
	return Verification{}, f
}
