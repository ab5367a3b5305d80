package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"hash"
)

// digest is an HMAC-SHA256.
type digest [sha256.Size]byte

// mac is a keyed HMAC that is used again and again, with the space it needs, so
// that verifying a request allocates nothing for it.
type mac struct {
	hash    hash.Hash
	scratch []byte
}

// sum returns the MAC of prefix followed by body.
func (s Secret) sum(prefix string, body []byte) (d digest) {
	k := s.key()
	m, ok := k.macs.Get().(*mac)
	if !ok {
		m = &mac{hash: hmac.New(sha256.New, []byte(k.text)), scratch: make([]byte, 0, 64)}
	}
	m.hash.Reset()
	m.scratch = append(m.scratch[:0], prefix...)
	m.hash.Write(m.scratch)
	m.hash.Write(body)
	m.scratch = m.hash.Sum(m.scratch[:0])
	copy(d[:], m.scratch)
	k.macs.Put(m)
	return d
}

// match returns the first secret under which one of the candidates is the MAC
// of prefix followed by body. Every secret is tried against every candidate
// whatever was found before, so the time taken tells nothing.
func match(secrets []Secret, candidates []digest, prefix string, body []byte) (Secret, bool) {
	var found Secret
	for _, secret := range secrets {
		if secret.IsZero() {
			continue
		}
		want := secret.sum(prefix, body)
		equal := 0
		for i := range candidates {
			equal |= subtle.ConstantTimeCompare(want[:], candidates[i][:])
		}
		if equal == 1 && found.IsZero() {
			found = secret
		}
	}
	return found, !found.IsZero()
}
