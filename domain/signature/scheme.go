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

	// Verify checks a request that arrived at now. The keys of header are in
	// canonical form, as those of an http.Header are. All secrets are tried,
	// always; with none the answer is [SecretNotConfigured]. The time of the
	// signature may be off by tolerance, inclusive, both ways. A scheme that
	// signs no time ignores now and tolerance.
	//
	// The failure is nil if and only if the request is verified.
	Verify(header map[string][]string, body []byte, secrets []Secret, now es.Time, tolerance time.Duration) (Verification, *Failure)

	// Sign returns the headers with which a request with this body, sent at
	// the given time, passes Verify. The zero secret signs nothing: no headers.
	Sign(secret Secret, body []byte, at es.Time) map[string][]string
}

// Lookup returns the scheme of that name.
func Lookup(name string) (Scheme, bool) {
	switch name {
	case stripeName:
		return Stripe{}, true
	default:
		return nil, false
	}
}
