package signature

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Segment signs with it; HMAC does not need what SHA-1 has lost
	"encoding/hex"
)

// segment is the scheme of Segment's webhooks: X-Signature carries the
// HMAC-SHA1 of the body in hex. The key is the shared secret that a person
// chose for the destination.
func segment() bodyMAC {
	return bodyMAC{
		name:      "segment",
		canonical: "X-Signature",
		hash:      "HMAC-SHA1",
		form:      "signature of 40 hex digits",
		part:      "signature",
		sum: func(s Secret, body []byte) (d digest) {
			m := hmac.New(sha1.New, []byte(s.Reveal()))
			m.Write(body)
			m.Sum(d[:0])
			return d
		},
		encode: func(d digest) string { return hex.EncodeToString(d[:sha1.Size]) },
		decode: func(text string) (d digest, ok bool) {
			if len(text) != 2*sha1.Size {
				return d, false
			}
			_, err := hex.Decode(d[:], []byte(text))
			return d, err == nil
		},
		words: words{
			provider: "Segment",
			header:   "X-Signature",
			secret:   "This source has no live secret: choose one, and give it here and as the “Shared Secret” of the destination in Segment.",
			mismatch: "The signature matches no live secret: give the “Shared Secret” of this very destination in Segment, and see that nothing on the way alters the body.",
		},
	}
}
