package signature

import (
	"encoding/hex"
	"strconv"
	"time"

	"daybook/domain/es"
)

// timedMAC is the way to sign that Stripe and WorkOS share: one header carries
// a time t and HMAC-SHA256 signatures v1, in hex, of t, a dot, and the body.
// The key is the text of the secret.
type timedMAC struct {
	name      string
	canonical string // the header as an http.Header has it
	unit      time.Duration
	spaced    bool // a space follows the commas
	words     words
}

func (m timedMAC) verify(header map[string][]string, body []byte, secrets []Secret, now es.Time, tolerance time.Duration) (Verification, *Failure) {
	h := timedHeader{unit: m.unit, spaced: m.spaced}
	present := h.read(header[m.canonical])
	switch {
	case !anyLive(secrets):
		return m.fail(&h, now, SecretNotConfigured, m.words.secret)
	case !present:
		return m.fail(&h, now, Missing, m.words.missing(m.words.header))
	case h.problem != "":
		return m.fail(&h, now, Malformed, m.words.malformed(m.words.header, h.problem))
	}
	secret, ok := match(secrets, func(s Secret) bool {
		return s.sum(h.time+".", body).isAmong(h.candidates[:h.readable])
	})
	if !ok {
		return m.fail(&h, now, Mismatch, m.mismatch(&h))
	}
	skew := skewOf(h.at, now)
	if cause, message := m.words.untimely(skew, tolerance); cause != "" {
		return m.fail(&h, now, cause, message)
	}
	return Verification{
		Status:            Verified,
		Scheme:            m.name,
		SecretFingerprint: secret.Fingerprint(),
		SkewSeconds:       new(wholeSeconds(skew)),
	}, nil
}

func (m timedMAC) sign(secret Secret, body []byte, at es.Time) map[string][]string {
	if secret.IsZero() {
		return nil
	}
	t := strconv.FormatInt(int64(at)/int64(m.unit/time.Millisecond), 10)
	sum := secret.sum(t+".", body)
	comma := ","
	if m.spaced {
		comma = ", "
	}
	return map[string][]string{m.canonical: {"t=" + t + comma + "v1=" + hex.EncodeToString(sum[:])}}
}

func (m timedMAC) mismatch(h *timedHeader) string {
	if h.readable == 0 {
		return m.words.unreadable("v1 signature of 64 hex digits")
	}
	return m.words.mismatch
}

func (m timedMAC) fail(h *timedHeader, now es.Time, cause Cause, message string) (Verification, *Failure) {
	f := &Failure{Cause: cause, Message: message, Scheme: m.name, Parts: h.parts.names(), Signatures: h.signatures}
	if h.timed {
		f.SkewSeconds = new(wholeSeconds(skewOf(h.at, now)))
	}
	return Verification{}, f
}
