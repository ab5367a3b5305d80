package signature

import "encoding/hex"

// github is the scheme of GitHub's webhooks: X-Hub-Signature-256 carries
// sha256= and the HMAC-SHA256 of the body in hex. The older X-Hub-Signature,
// with SHA-1, is not looked at.
func github() bodyMAC {
	return bodyMAC{
		name:      "github",
		canonical: "X-Hub-Signature-256",
		prefix:    "sha256=",
		hash:      "HMAC-SHA256",
		form:      "signature of 64 hex digits",
		part:      "sha256",
		sum:       func(s Secret, body []byte) digest { return s.sum("", body) },
		encode:    func(d digest) string { return hex.EncodeToString(d[:]) },
		decode:    fromHex,
		words: words{
			provider: "GitHub",
			header:   "X-Hub-Signature-256",
			secret:   "This source has no live secret: add the one that you typed under “Secret” of the webhook on GitHub.",
			mismatch: "The signature matches no live secret: add the one that you typed under “Secret” of the webhook on GitHub, choose application/json as its content type, and see that nothing on the way alters the body.",
		},
	}
}
