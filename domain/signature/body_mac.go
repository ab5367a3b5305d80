package signature

import (
	"time"

	"daybook/domain/es"
)

// bodyMAC is the way to sign of GitHub, Shopify and Segment: one header carries
// an HMAC of the body, and nothing else is signed: no time, and no other header.
// Who saw a request can send it again, and only an idempotency key in the body
// would tell; one in a header, as GitHub and Shopify have theirs, is for the
// provider's own repetitions. The key is the text of the secret.
type bodyMAC struct {
	name      string
	canonical string // the header as an http.Header has it
	prefix    string // what the signature stands behind
	hash      string // of the signature, in words
	form      string // of the signature, in words
	part      string // what [Failure.Parts] calls it
	sum       func(secret Secret, body []byte) digest
	encode    func(digest) string
	decode    func(string) (digest, bool)
	words     words
}

var _ Scheme = bodyMAC{}

// Name implements [Scheme].
func (m bodyMAC) Name() string { return m.name }

// CheckSecret implements [Scheme]: any secret will do.
func (bodyMAC) CheckSecret(Secret) error { return nil }

// Verify implements [Scheme].
func (m bodyMAC) Verify(header map[string][]string, body []byte, secrets []Secret, _ es.Time, _ time.Duration) (Verification, *Failure) {
	line, problem := sole(header[m.canonical])
	text, found := cutPrefix(line, m.prefix)
	switch {
	case !anyLive(secrets):
		return m.fail(found, SecretNotConfigured, m.words.secret)
	case problem != "":
		return m.fail(false, Malformed, m.words.malformed(m.words.header, problem))
	case line == "":
		return m.fail(false, Missing, m.words.missing(m.words.header))
	case !found:
		return m.fail(false, Malformed, m.words.malformed(m.words.header, "does not begin with "+m.prefix))
	}
	sent, ok := m.decode(text)
	if !ok {
		return m.fail(true, Mismatch, m.words.unreadable(m.form))
	}
	secret, ok := match(secrets, func(s Secret) bool { return m.sum(s, body).isAmong([]digest{sent}) })
	if !ok {
		return m.fail(true, Mismatch, m.words.mismatch)
	}
	return Verification{Status: Verified, Scheme: m.name, SecretFingerprint: secret.Fingerprint()}, nil
}

// Sign implements [Scheme].
func (m bodyMAC) Sign(secret Secret, _ map[string][]string, body []byte, _ es.Time) map[string][]string {
	if secret.IsZero() {
		return nil
	}
	return map[string][]string{m.canonical: {m.prefix + m.encode(m.sum(secret, body))}}
}

func (m bodyMAC) fail(signed bool, cause Cause, message string) (Verification, *Failure) {
	f := &Failure{Cause: cause, Message: message, Scheme: m.name}
	if signed {
		f.Parts, f.Signatures = []string{m.part}, 1
	}
	return Verification{}, f
}

// cutPrefix returns what stands in a header line after the prefix; an empty line
// has none.
func cutPrefix(line, prefix string) (rest string, found bool) {
	if line == "" || len(line) < len(prefix) || line[:len(prefix)] != prefix {
		return "", false
	}
	return line[len(prefix):], true
}
