package rejection

import (
	"fmt"

	"daybook/domain/es"
)

// SignatureHeader is what a signature header had.
type SignatureHeader struct {
	// Parts are the names of its parts, in the scheme's own words; those that
	// the scheme does not know are "other".
	Parts []string `json:"parts"`
	// Signatures counts those of the kind that the scheme accepts.
	Signatures int `json:"signatures"`
}

// OtherSecret is a secret with which a refused request was signed, although it
// does not count where the request came. It is known by its fingerprint.
type OtherSecret struct {
	Fingerprint string `json:"fingerprint"`
	// Environment and Source are where the secret belongs.
	Environment string `json:"environment"`
	Source      string `json:"source"`
	// RevokedAt is from when it did not count there either; no time: it does.
	RevokedAt es.Time `json:"revoked_at,omitempty"`
}

// Advice says what that means for a request that came to r, and what to do.
func (o OtherSecret) Advice(r Ref) string {
	here := o.Environment == r.Environment && o.Source == r.Source
	signed := "It was signed with the secret " + o.Fingerprint
	switch {
	case here:
		return fmt.Sprintf("%s, which was revoked here on %s: let the provider sign with one that is live, or add this one again.",
			signed, o.day())
	case !o.RevokedAt.IsZero():
		return fmt.Sprintf("%s, which was revoked %s on %s: the provider has an old secret, and perhaps the wrong URL; give it those of %s.",
			signed, o.place(r), o.day(), r.Environment)
	case o.Source == r.Source:
		return fmt.Sprintf("%s of this source in %s: the provider sends to the URL of %s what is meant for %s. Correct the URL there, or add that secret here.",
			signed, o.Environment, r.Environment, o.Environment)
	default:
		return fmt.Sprintf("%s of %s: the provider sends to the URL of this source what is meant for that one. Correct the URL there, or add that secret here.",
			signed, o.name(r))
	}
}

// day is when it was revoked, to the minute.
func (o OtherSecret) day() string { return o.RevokedAt.Time().Format("2 Jan 2006 at 15:04 UTC") }

func (o OtherSecret) place(r Ref) string {
	if o.Source == r.Source {
		return "in " + o.Environment
	}
	return "at " + o.name(r)
}

// name calls the source that the secret belongs to, as seen from r.
func (o OtherSecret) name(r Ref) string {
	if o.Environment == r.Environment {
		return "the source " + o.Source
	}
	return "the source " + o.Source + " in " + o.Environment
}
