package ingest

import (
	"context"
	"errors"
	"net/http"
	"time"

	"daybook/domain/signature"
	"daybook/domain/value"
)

// decodedWeight is what a body takes once it is decoded, at the most that is
// to be expected, as a multiple of its size. A list of empty objects takes yet
// more.
const decodedWeight = 16

// check puts a request through the checks from the encoding to the signature,
// and returns nil if they are passed.
func (h *Handler) check(w http.ResponseWriter, r *http.Request, a *arrival) *answer {
	if isEncoded(r.Header) {
		return encodingUnsupported()
	}
	if h.refused.count(a.place(), a.at) >= maxRefused && h.isHopeless(r, a) {
		return rateLimited()
	}
	if refusal := h.readBody(w, r, a); refusal != nil {
		return refusal
	}
	refusal := a.verify(r.Header)
	if refusal != nil && h.hasNewer(r, a) {
		return a.verify(r.Header)
	}
	return refusal
}

// hasNewer reports whether another instance has changed the source, and this one
// had not heard of it yet. The request is judged by that then.
func (h *Handler) hasNewer(r *http.Request, a *arrival) bool {
	newer, ok := h.configuration.Newer(r.Context(), a.endpoint, r.PathValue("token"), a.at)
	if ok {
		a.judgeBy(newer)
	}
	return ok
}

// isHopeless reports whether a request would be refused for its signature
// whatever its body is. While a source is being flooded this is found out
// before the body is read, so that the flood costs little; a valid request is
// never hopeless.
func (h *Handler) isHopeless(r *http.Request, a *arrival) bool {
	if !a.endpoint.Settings.EnforceVerification {
		return false
	}
	tolerance := time.Duration(a.endpoint.Settings.Tolerance)
	_, failure := a.endpoint.Scheme.Verify(r.Header, nil, a.secrets, a.at, tolerance)
	if failure == nil {
		return false
	}
	if failure.Cause != signature.Mismatch {
		return true
	}
	if failure.SkewSeconds == nil {
		return false
	}
	// Not exact, as skews are rounded away from zero: rather let one through.
	skew := time.Duration(*failure.SkewSeconds) * time.Second
	return skew > tolerance+time.Second || skew < -tolerance-time.Second
}

// verify is the check of the signature.
func (a *arrival) verify(header http.Header) *answer {
	settings := a.endpoint.Settings
	verification, failure := a.endpoint.Scheme.Verify(header, a.body, a.secrets, a.at, time.Duration(settings.Tolerance))
	switch {
	case failure == nil:
		a.verification = verification
	case settings.EnforceVerification:
		return notVerified(failure)
	default:
		a.verification = failure.Verification()
	}
	return nil
}

// decode waits for memory, if there is too little, until ctx ends (whoever has
// some gives it back soon), and then checks the JSON.
func (h *Handler) decode(ctx context.Context, r *http.Request, a *arrival) *answer {
	weight := min(decodedWeight*int64(len(a.body)), h.maxDecoded)
	if err := h.decoded.Acquire(ctx, weight); err != nil {
		return overloaded()
	}
	a.heldDecoded = weight
	return a.read(r.Header)
}

// read is the check of the JSON.
func (a *arrival) read(header http.Header) *answer {
	if len(a.body) == 0 {
		return malformedJSON(errors.New("empty"))
	}
	decoded, err := value.Decode(a.body, &a.paths)
	switch {
	case errors.Is(err, value.ErrTooDeep):
		return tooDeep()
	case err != nil:
		return malformedJSON(err)
	}
	if _, ok := decoded.Value.(map[string]any); !ok {
		return notAnObject(decoded.Value)
	}
	for _, flaw := range decoded.Flaws {
		if flaw.Guarded {
			return flawed(flaw)
		}
		a.flags = append(a.flags, string(flaw.Kind)+": "+flaw.Path)
	}
	if flaw, found := a.paths.HeaderFlaw(header); found {
		return flawed(flaw)
	}
	a.decoded = decoded.Value
	return nil
}
