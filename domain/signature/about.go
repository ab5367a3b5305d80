package signature

// About is what a scheme does, in words for whoever sets a source up.
type About struct {
	// Way is how a request shows who sent it, as in "HMAC-SHA256 of the body, in
	// the header X-Hub-Signature-256".
	Way string
	// Signs reports whether the body is signed. Where it is not, the secret
	// itself is sent: whoever sees one request can send any other.
	Signs bool
	// Timed reports whether the time is signed, so that a request that somebody saw
	// cannot be sent again later.
	Timed bool
}

// About implements [Scheme].
func (m bodyMAC) About() About {
	return About{Way: m.hash + " of the body, in the header " + m.words.header, Signs: true}
}

func (m timedMAC) about() About {
	return About{Way: "HMAC-SHA256 of the time and the body, in the header " + m.words.header, Signs: true, Timed: true}
}

// About implements [Scheme].
func (s Stripe) About() About { return s.mac().about() }

// About implements [Scheme].
func (w WorkOS) About() About { return w.mac().about() }

// About implements [Scheme].
func (s standard) About() About {
	return About{Way: "HMAC-SHA256 or ed25519 of id, time and body, in the header " + s.words.header, Signs: true, Timed: true}
}

// About implements [Scheme].
func (s sharedSecret) About() About {
	return About{Way: "the secret itself, in the header " + s.words.header}
}
