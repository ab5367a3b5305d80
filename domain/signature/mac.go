package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"hash"
)

// digest is an HMAC-SHA256, or a shorter one with zeros after it.
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

// isAmong reports whether d is one of the candidates. It looks at all of them,
// so the time taken tells nothing.
func (d digest) isAmong(candidates []digest) bool {
	equal := 0
	for i := range candidates {
		equal |= subtle.ConstantTimeCompare(d[:], candidates[i][:])
	}
	return equal == 1
}

// match returns the first secret that vouches for a request. Every secret is
// asked whatever was found before, so the time taken does not tell which it was.
func match(secrets []Secret, vouches func(Secret) bool) (Secret, bool) {
	var found Secret
	for _, secret := range secrets {
		if secret.IsZero() {
			continue
		}
		if vouches(secret) && found.IsZero() {
			found = secret
		}
	}
	return found, !found.IsZero()
}
