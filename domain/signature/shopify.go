package signature

// shopify is the scheme of Shopify's webhooks: X-Shopify-Hmac-SHA256 carries
// the HMAC-SHA256 of the body in base64.
func shopify() bodyMAC {
	return bodyMAC{
		name:      "shopify",
		canonical: "X-Shopify-Hmac-Sha256",
		hash:      "HMAC-SHA256",
		form:      "signature of 44 characters of base64",
		part:      "hmac",
		sum:       func(s Secret, body []byte) digest { return s.sum("", body) },
		encode:    func(d digest) string { return strict.EncodeToString(d[:]) },
		decode: func(text string) (d digest, ok bool) {
			decoded, ok := fromBase64(text, len(d))
			copy(d[:], decoded)
			return d, ok
		},
		words: words{
			provider: "Shopify",
			header:   "X-Shopify-Hmac-SHA256",
			secret:   "This source has no live secret: add your app's client secret, or the key that the Shopify admin shows under its webhooks.",
			mismatch: "The signature matches no live secret: add the client secret of the very app that subscribed (webhooks made in the Shopify admin are signed with the key shown there), and see that nothing on the way alters the body.",
		},
	}
}
