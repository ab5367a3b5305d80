package ingest

import (
	"net/http"
	"time"

	"daybook/app/configuration"
	"daybook/domain/rejection"
	"daybook/domain/signature"
)

const (
	// maxOthers is the number of secrets that do not count, with which a request
	// is tried that matches none of those that do.
	maxOthers = 8
	// maxTrials is how often in a second, at all sources together.
	maxTrials = 10
	// maxCalm is the number of refused requests of a source in a second up to
	// which it is not being flooded.
	maxCalm = 5
)

// tryOthers notes whether a request that matches no live secret matches one
// that was revoked, or that belongs elsewhere: who looks at the rejection then
// knows what to mend. The sender learns nothing of it. The answer is the same,
// and all of the secrets are tried whichever of them matches. While there is
// much to refuse it is not done at all.
func (h *Handler) tryOthers(r *http.Request, a *arrival, e *rejection.RequestRejected) {
	if e.Cause != string(signature.Mismatch) || h.refused.count(a.place(), a.at) > maxCalm || !h.trials.Allow() {
		return
	}
	others := h.configuration.OtherSecrets(a.endpoint, a.at, maxOthers)
	e.OtherSecrets = len(others)
	for _, other := range others {
		if signedWith(r, a, other) && e.Matching == nil {
			e.Matching = &rejection.OtherSecret{
				Fingerprint: other.Fingerprint(), Source: other.Source, Environment: other.Environment, RevokedAt: other.RevokedAt,
			}
		}
	}
}

// signedWith reports whether a request is signed with a secret, whenever that
// was.
func signedWith(r *http.Request, a *arrival, other configuration.OtherSecret) bool {
	tolerance := time.Duration(a.endpoint.Settings.Tolerance)
	_, failure := a.endpoint.Scheme.Verify(r.Header, a.body, []signature.Secret{other.Secret}, a.at, tolerance)
	return failure == nil || failure.Cause == signature.Expired || failure.Cause == signature.InFuture
}
