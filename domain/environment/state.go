package environment

import (
	"slices"

	"daybook/domain/es"
)

// State is an environment's stream, folded. The zero value sends to Local.
type State struct {
	Destination Destination
	// SigningSecrets are those of endpoints, in the order in which they came.
	// Old ones that were revoked are forgotten. They outlive a time in which the
	// environment has another destination.
	SigningSecrets []SigningSecret
	Revision       es.Revision
	Exists         bool // an event says so; those from the start exist without
}

// SigningSecret is a secret by which the requests to an endpoint are signed.
type SigningSecret struct {
	Credential
	CreatedAt es.Time
	// RevokedAt is from when it signs no more; no time: it does.
	RevokedAt es.Time
}

// Live reports whether the secret signs at the given time.
func (s SigningSecret) Live(at es.Time) bool { return s.RevokedAt.IsZero() || at < s.RevokedAt }

// LiveSecrets returns the secrets that sign at the given time, the newest first.
func (s State) LiveSecrets(at es.Time) []SigningSecret {
	live := slices.DeleteFunc(slices.Clone(s.SigningSecrets), func(secret SigningSecret) bool { return !secret.Live(at) })
	slices.Reverse(live)
	return live
}

// maxSecrets is how many signing secrets are remembered. At most two are live.
const maxSecrets = 4

// Evolve returns s after f.
func Evolve(s State, f es.Fact[Event]) State {
	s.Revision, s.Exists = f.Revision, true
	switch e := f.Event.(type) {
	case DestinationChanged:
		s.Destination = e.Destination
	case SigningSecretAdded:
		s.SigningSecrets = append(slices.Clone(s.SigningSecrets), SigningSecret{Credential: e.Secret, CreatedAt: f.Metadata.At})
		s.SigningSecrets = s.SigningSecrets[max(0, len(s.SigningSecrets)-maxSecrets):]
	case SigningSecretRevoked:
		s.SigningSecrets = slices.Clone(s.SigningSecrets)
		for i := range s.SigningSecrets {
			if s.SigningSecrets[i].ID == e.ID {
				s.SigningSecrets[i].RevokedAt = e.Until
			}
		}
	}
	return s
}
