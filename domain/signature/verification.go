package signature

// Status says whether a request is known to come from its provider.
type Status string

// The two statuses.
const (
	Verified    Status = "verified"
	NotVerified Status = "not_verified" // accepted all the same: the source does not enforce
)

// Verification is what the log keeps of how a webhook was verified.
type Verification struct {
	Status Status `json:"status"`
	Scheme string `json:"scheme"`
	// SecretFingerprint tells which secret matched ([Secret.Fingerprint]);
	// empty if none did.
	SecretFingerprint string `json:"secret_fingerprint"`
	// SkewSeconds is how far the signature's time is ahead of ours: 2 was
	// signed two seconds from now, -2 two seconds ago. Fractions are rounded
	// away from zero. Nil if there is no time to compare.
	SkewSeconds *int64 `json:"skew_seconds"`
	// Cause is why a request is not verified; empty for one that is.
	Cause Cause `json:"cause,omitempty"`
}

// Cause is why a request is not verified. The words are part of the outward
// interface: they are the codes that ingest answers with.
type Cause string

// The causes, in the order in which they are checked.
const (
	SecretNotConfigured Cause = "secret_not_configured"
	Missing             Cause = "signature_missing"
	Malformed           Cause = "signature_malformed"
	Mismatch            Cause = "signature_mismatch" // stands before the two below: without the right MAC a time means nothing
	Expired             Cause = "signature_expired"
	InFuture            Cause = "signature_in_future"
)

// Failure is the answer to a request that is not verified. It is no error of
// ours, and so no Go error.
type Failure struct {
	Cause   Cause  `json:"cause"`
	Message string `json:"message"` // for the person who has to mend it: says what to do
	Scheme  string `json:"scheme"`
	// SkewSeconds is as in [Verification], as far as the header could be read.
	// Nobody vouches for it unless the cause is Expired or InFuture.
	SkewSeconds *int64 `json:"skew_seconds"`
	// Parts names the parts that the header has, in the scheme's own words;
	// parts that the scheme does not know are "other".
	Parts []string `json:"parts,omitempty"`
	// Signatures counts the signatures of the kind that the scheme accepts,
	// readable or not.
	Signatures int `json:"signatures"`
}

// Verification is what the log keeps where a request that failed is accepted,
// because its source does not enforce verification.
func (f *Failure) Verification() Verification {
	return Verification{Status: NotVerified, Scheme: f.Scheme, SkewSeconds: f.SkewSeconds, Cause: f.Cause}
}
