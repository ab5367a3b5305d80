package signature

import (
	"crypto/ed25519"
	"fmt"
	"strings"
)

// The bounds of a key that is shared, in bytes, as Standard Webhooks has them.
const (
	minShared = 24
	maxShared = 64
)

// standardKey is what the text of a secret of Standard Webhooks stands for: one
// of the two.
type standardKey struct {
	symmetric []byte
	public    ed25519.PublicKey
}

// readStandardKey reads whsec_ or whpk_ and base64; or base64 alone, which is a
// key that is shared. A version may stand before it, as in v1,whsec_, which is
// how Supabase shows it. It returns what is wrong in words for a person.
func readStandardKey(text string) (key standardKey, problem string) {
	for _, version := range [...]string{"v1,whsec_", "v1a,whpk_"} {
		if strings.HasPrefix(text, version) {
			_, text, _ = strings.Cut(text, ",")
		}
	}
	if strings.HasPrefix(text, "whsk_") {
		return key, "this is the sender's private key, which belongs to nobody else: give the public one, which begins with whpk_"
	}
	if public, ok := strings.CutPrefix(text, "whpk_"); ok {
		decoded, ok := fromBase64(public, ed25519.PublicKeySize)
		if !ok {
			return key, "this is no public key: after whpk_ stand 44 characters of base64, copy all of them"
		}
		return standardKey{public: decoded}, ""
	}
	shared, err := strict.DecodeString(strings.TrimPrefix(text, "whsec_"))
	if err != nil {
		return key, "this is no secret of Standard Webhooks: it is whsec_ and base64 after it, copy all of it"
	}
	if len(shared) < minShared || len(shared) > maxShared {
		return key, fmt.Sprintf("the secret stands for %d bytes, and Standard Webhooks has %d to %d: copy all of it, as the sender shows it", len(shared), minShared, maxShared)
	}
	return standardKey{symmetric: shared}, ""
}
