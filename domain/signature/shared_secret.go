package signature

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"

	"daybook/domain/es"
)

// sharedSecret is no signature: a header carries the secret itself. Whoever sees
// one request can send any other, so it is for senders that cannot sign, and
// only over TLS. The log does not keep the header.
type sharedSecret struct {
	name      string
	canonical string // the header as an http.Header has it
	prefix    string // what the secret stands behind, in any case
	words     words
}

var _ Scheme = sharedSecret{}

// secretHeader is the scheme of senders that can be given a header of one's
// own: X-Webhook-Secret.
func secretHeader() sharedSecret {
	return sharedSecret{
		name:      "shared_secret",
		canonical: "X-Webhook-Secret",
		words:     sharedWords("X-Webhook-Secret", ""),
	}
}

// bearer is the scheme of senders that authorize themselves by a token.
func bearer() sharedSecret {
	return sharedSecret{
		name:      "bearer",
		canonical: "Authorization",
		prefix:    "Bearer ",
		words:     sharedWords("Authorization", "Bearer and "),
	}
}

func sharedWords(header, before string) words {
	return words{
		header:   header,
		secret:   "This source has no live secret: choose one, add it here, and let the sender put " + before + "it in the header " + header + ".",
		mismatch: "The " + header + " header holds none of the live secrets: let the sender put " + before + "the secret of this source in it.",
	}
}

// Name implements [Scheme].
func (s sharedSecret) Name() string { return s.name }

// CheckSecret implements [Scheme]: a header has to be able to hold it.
func (sharedSecret) CheckSecret(secret Secret) error {
	for _, c := range []byte(secret.Reveal()) {
		if c <= ' ' || c > '~' {
			return refuse("a header cannot hold this secret: give one of letters, digits and signs, without spaces")
		}
	}
	return nil
}

// Verify implements [Scheme].
func (s sharedSecret) Verify(header map[string][]string, _ []byte, secrets []Secret, _ es.Time, _ time.Duration) (Verification, *Failure) {
	line, problem := sole(header[s.canonical])
	sent := line
	isPrefixed := len(line) >= len(s.prefix) && strings.EqualFold(line[:len(s.prefix)], s.prefix)
	if isPrefixed {
		sent = line[len(s.prefix):]
	}
	switch {
	case !anyLive(secrets):
		return s.fail(line != "", SecretNotConfigured, s.words.secret)
	case problem != "":
		return s.fail(false, Malformed, "The "+s.words.header+" header "+problem+": send it once, with the secret of this source.")
	case line == "":
		return s.fail(false, Missing, "The "+s.words.header+" header is absent or empty: let the sender put the secret of this source in it, and see that no proxy on the way drops it.")
	case !isPrefixed:
		return s.fail(false, Malformed, "The "+s.words.header+" header does not begin with "+strings.TrimSpace(s.prefix)+": write "+s.prefix+"and then the secret of this source.")
	}
	// Of equal length, so that the time taken does not tell how long a secret is.
	hashed := sha256.Sum256([]byte(sent))
	secret, ok := match(secrets, func(live Secret) bool {
		want := sha256.Sum256([]byte(live.Reveal()))
		return subtle.ConstantTimeCompare(hashed[:], want[:]) == 1
	})
	if !ok {
		return s.fail(true, Mismatch, s.words.mismatch)
	}
	return Verification{Status: Verified, Scheme: s.name, SecretFingerprint: secret.Fingerprint()}, nil
}

// Sign implements [Scheme].
func (s sharedSecret) Sign(secret Secret, _ map[string][]string, _ []byte, _ es.Time) map[string][]string {
	if secret.IsZero() {
		return nil
	}
	return map[string][]string{s.canonical: {s.prefix + secret.Reveal()}}
}

func (s sharedSecret) fail(given bool, cause Cause, message string) (Verification, *Failure) {
	f := &Failure{Cause: cause, Message: message, Scheme: s.name}
	if given {
		f.Parts, f.Signatures = []string{"secret"}, 1
	}
	return Verification{}, f
}
