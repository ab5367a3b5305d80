package configuration

import (
	"cmp"
	"slices"

	"daybook/domain/es"
	"daybook/domain/signature"
)

// OtherSecret is a secret that does not count at an endpoint, with which its
// sender may have signed all the same.
type OtherSecret struct {
	signature.Secret
	// Source and Environment are where it belongs.
	Source, Environment string
	// RevokedAt is from when it does not count there; no time: it does.
	RevokedAt es.Time
}

// OtherSecrets returns secrets that do not count at e, at most so many: those
// that were revoked there, and those of other environments and of other sources
// of the same template. What was most likely mistaken comes first.
func (c *Configuration) OtherSecrets(e *Endpoint, at es.Time, most int) []OtherSecret {
	known := map[string]bool{}
	for _, secret := range e.LiveSecrets(at) {
		known[secret.Fingerprint()] = true
	}
	type candidate struct {
		OtherSecret
		rank [2]int
	}
	var candidates []candidate
	for _, other := range c.likeEndpoint(e) {
		for _, secret := range slices.Backward(other.secrets) {
			found := OtherSecret{Secret: secret.Secret, Source: other.Source, Environment: other.Environment}
			if !secret.source.Live(at) {
				found.RevokedAt = secret.source.RevokedAt
			}
			candidates = append(candidates, candidate{found, rank(e, found)})
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return slices.Compare(a.rank[:], b.rank[:]) })
	var chosen []OtherSecret
	for _, one := range candidates {
		if len(chosen) == most {
			break
		}
		if !known[one.Fingerprint()] {
			known[one.Fingerprint()] = true
			chosen = append(chosen, one.OtherSecret)
		}
	}
	return chosen
}

// likeEndpoint returns the endpoints of sources of the template of e, that one
// among them, by source and environment.
func (c *Configuration) likeEndpoint(e *Endpoint) []*Endpoint {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var alike []*Endpoint
	for _, other := range c.endpoints {
		if other.Template == e.Template {
			alike = append(alike, other)
		}
	}
	slices.SortFunc(alike, func(a, b *Endpoint) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Environment, b.Environment))
	})
	return slices.Compact(alike) // one for each of its tokens
}

// rank says how near a secret is to an endpoint: the source itself, then another
// environment of it, then another source; what is live before what was revoked.
func rank(e *Endpoint, o OtherSecret) [2]int {
	var distance, revoked int
	if o.Source != e.Source {
		distance += 2
	}
	if o.Environment != e.Environment {
		distance++
	}
	if !o.RevokedAt.IsZero() && distance > 0 {
		revoked = 1
	}
	return [2]int{revoked, distance}
}
