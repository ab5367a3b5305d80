package signature

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"daybook/domain/es"
)

// The bounds of a secret, in bytes. Anybody can guess a short key, or sign
// with an empty one.
const (
	MinSecret = 16
	MaxSecret = 1024
)

const redacted = "[redacted]"

// Secret is a key that is shared with a provider. However it is printed,
// logged or encoded, it shows as [redacted]; only [Secret.Reveal] gives it
// away. The zero Secret verifies nothing.
type Secret struct {
	// key is a function because fmt follows a pointer: a wrong verb, such as %s
	// for a struct with a Secret in an unexported field, would print the text.
	key func() *key
}

type key struct {
	text        string
	fingerprint string
	macs        sync.Pool // of *mac: keying one costs as much as hashing a small body
}

// NewSecret makes a secret of its text, or returns an [es.Refusal] of the field
// "secret" that never quotes it. Text of fewer than [MinSecret] or more than
// [MaxSecret] bytes is refused, and so is space around it: the provider has
// none there, and a copied line end would make every signature a mismatch.
func NewSecret(text string) (Secret, error) {
	switch {
	case strings.TrimSpace(text) != text:
		return Secret{}, refuse("the secret has white space around it: copy it again without")
	case len(text) < MinSecret:
		return Secret{}, refuse(fmt.Sprintf("the secret is too short: give the whole of it, at least %d bytes", MinSecret))
	case len(text) > MaxSecret:
		return Secret{}, refuse(fmt.Sprintf("the secret is too long: give the secret alone, at most %d bytes", MaxSecret))
	}
	k := &key{text: text, fingerprint: Fingerprint(text)}
	return Secret{key: func() *key { return k }}, nil
}

func refuse(message string) error {
	return &es.Refusal{Code: es.Invalid, Field: "secret", Message: message}
}

// Fingerprint names a secret text without giving it away; see
// [Secret.Fingerprint].
func Fingerprint(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// Fingerprint names the secret without giving it away: the first 8 hex digits
// of its SHA-256. Whoever has the secret can compute it:
//
//	printf %s "$SECRET" | sha256sum | cut -c1-8
func (s Secret) Fingerprint() string {
	if s.key == nil {
		return ""
	}
	return s.key().fingerprint
}

// Reveal returns the text, to be encrypted or to be signed with elsewhere.
func (s Secret) Reveal() string {
	if s.key == nil {
		return ""
	}
	return s.key().text
}

// IsZero reports whether s is no secret at all.
func (s Secret) IsZero() bool { return s.key == nil }

// Equal reports whether both are the same text, in a time that does not depend
// on where they differ.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// Format prints [redacted], whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte(redacted)) // fmt.State keeps its own errors
}

func (s Secret) String() string { return redacted }

// GoString prints [redacted].
func (s Secret) GoString() string { return redacted }

// LogValue logs [redacted].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText encodes [redacted], as a JSON string too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON encodes [redacted].
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
