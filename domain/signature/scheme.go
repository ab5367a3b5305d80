package signature

import (
	"time"

	"daybook/domain/es"
)

// DefaultTolerance is how far the time of a signature may be off, in the past
// or in the future, for a source that says nothing else.
const DefaultTolerance = 300 * time.Second

// Scheme is the way in which one provider signs. Implementations hold no
// state and may be used by many goroutines at once.
type Scheme interface {
	// Name is what templates and the log call the scheme, as in "stripe".
	Name() string

	// About says what the scheme does.
	About() About

	// Verify checks a request that arrived at now. The keys of header are in
	// canonical form, as those of an http.Header are. All secrets are tried,
	// always; with none the answer is [SecretNotConfigured]. The time of the
	// signature may be off by tolerance, inclusive, both ways. A scheme that
	// signs no time ignores now and tolerance.
	//
	// The failure is nil if and only if the request is verified.
	Verify(header map[string][]string, body []byte, secrets []Secret, now es.Time, tolerance time.Duration) (Verification, *Failure)

	// CheckSecret refuses a secret that the scheme cannot use, with an
	// [es.Refusal] of the field "secret" that never quotes it. Verify takes such
	// a secret for one that never matches.
	CheckSecret(secret Secret) error

	// Sign returns the headers that are to be added to a request with this
	// header and body, sent at the given time, for it to pass Verify. There are
	// none if the secret cannot sign: the zero secret, and a public key.
	Sign(secret Secret, header map[string][]string, body []byte, at es.Time) map[string][]string
}

// All returns the schemes.
func All() []Scheme {
	return []Scheme{
		Stripe{}, standardWebhooks(), svix(), WorkOS{}, github(), shopify(), segment(), secretHeader(), bearer(),
	}
}

// Lookup returns the scheme of that name.
func Lookup(name string) (Scheme, bool) {
	for _, scheme := range All() {
		if scheme.Name() == name {
			return scheme, true
		}
	}
	return nil, false
}
