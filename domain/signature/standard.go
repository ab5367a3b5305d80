package signature

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"strings"
	"time"

	"daybook/domain/es"
)

// standard is the scheme of Standard Webhooks: three headers carry an id, a time
// and signatures of the id, the time and the body with dots between. A
// signature v1 is an HMAC-SHA256, v1a one by ed25519, both in base64; which of
// them counts is for the secret to say.
//
// The headers begin with webhook- or, with those who sign by Svix, with svix-.
// A source takes one family only: its idempotency key stands in a header, and
// must be in one that is signed.
type standard struct {
	name   string
	prefix string // of the headers, as an http.Header has them
	other  string // the prefix that is not this one's
	words  words
}

var _ Scheme = standard{}

func standardWebhooks() standard {
	return standard{name: "standard_webhooks", prefix: "Webhook-", other: "Svix-", words: standardWords("Standard Webhooks", "webhook-signature")}
}

func svix() standard {
	return standard{name: "svix", prefix: "Svix-", other: "Webhook-", words: standardWords("Svix", "svix-signature")}
}

func standardWords(provider, header string) words {
	return words{
		provider: provider,
		header:   header,
		secret:   "This source has no live signing secret: add the one that the sender shows for the endpoint (it begins with whsec_, or with whpk_ if it is a public key).",
		mismatch: "No signature matches a live secret: add the signing secret of this very endpoint, and see that nothing on the way alters the body.",
		again:    "each try is signed anew",
	}
}

// Name implements [Scheme].
func (s standard) Name() string { return s.name }

// CheckSecret implements [Scheme].
func (standard) CheckSecret(secret Secret) error {
	if _, problem := readStandardKey(secret.Reveal()); problem != "" {
		return refuse(problem)
	}
	return nil
}

// Verify implements [Scheme].
func (s standard) Verify(header map[string][]string, body []byte, secrets []Secret, now es.Time, tolerance time.Duration) (Verification, *Failure) {
	var h standardHeaders
	h.read(header, s.prefix)
	switch {
	case !anyLive(secrets):
		return s.fail(&h, now, SecretNotConfigured, s.words.secret)
	case h.missing != "":
		return s.fail(&h, now, Missing, s.missing(h.missing, header))
	case h.problem != "":
		return s.fail(&h, now, Malformed, s.words.malformed(h.faulty, h.problem))
	}
	secret, ok := match(secrets, func(secret Secret) bool { return h.vouched(secret, body) })
	if !ok {
		return s.fail(&h, now, Mismatch, s.mismatch(&h, secrets))
	}
	skew := skewOf(h.at, now)
	if cause, message := s.words.untimely(skew, tolerance); cause != "" {
		return s.fail(&h, now, cause, message)
	}
	return Verification{
		Status:            Verified,
		Scheme:            s.name,
		SecretFingerprint: secret.Fingerprint(),
		SkewSeconds:       new(wholeSeconds(skew)),
	}, nil
}

// vouched reports whether one of the signatures is by that secret. It looks at
// all of the secret's kind.
func (h *standardHeaders) vouched(secret Secret, body []byte) bool {
	key, problem := readStandardKey(secret.Reveal())
	switch {
	case problem != "":
		return false
	case key.public != nil:
		message := append([]byte(h.signed()), body...)
		found := false
		for i := range h.asymmetric[:h.asymmetrics] {
			if ed25519.Verify(key.public, message, h.asymmetric[i][:]) {
				found = true
			}
		}
		return found
	default:
		return standardMAC(key, h.signed(), body).isAmong(h.symmetric[:h.symmetrics])
	}
}

func standardMAC(key standardKey, before string, body []byte) (d digest) {
	m := hmac.New(sha256.New, key.symmetric)
	m.Write([]byte(before))
	m.Write(body)
	m.Sum(d[:0])
	return d
}

// Sign implements [Scheme]. The id is the one that the header has.
func (s standard) Sign(secret Secret, header map[string][]string, body []byte, at es.Time) map[string][]string {
	key, problem := readStandardKey(secret.Reveal())
	id, _ := sole(header[s.prefix+"Id"])
	if secret.IsZero() || problem != "" || key.public != nil || id == "" {
		return nil
	}
	seconds := strconv.FormatInt(at.Time().Unix(), 10)
	sum := standardMAC(key, id+"."+seconds+".", body)
	return map[string][]string{
		s.prefix + "Timestamp": {seconds},
		s.prefix + "Signature": {"v1," + strict.EncodeToString(sum[:])},
	}
}

// missing says which header is not there, and whether the request is one of the
// other family.
func (s standard) missing(name string, header map[string][]string) string {
	if header[s.other+"Signature"] == nil {
		return s.words.missing(name)
	}
	return "The " + name + " header is absent, and there is a " + strings.ToLower(s.other) + "signature: make the source from the template that takes " + strings.ToLower(s.other) + "… headers."
}

func (s standard) mismatch(h *standardHeaders, secrets []Secret) string {
	symmetric, public := kindsOf(secrets)
	switch {
	case h.symmetrics+h.asymmetrics == 0:
		return s.words.unreadable("v1 or v1a signature in base64")
	case h.symmetrics == 0 && !public:
		return "The signatures are v1a, by a private key, and no live secret is a public key: add the sender's public key (it begins with whpk_)."
	case h.asymmetrics == 0 && !symmetric:
		return "The signatures are v1, by a shared secret, and the live secrets are public keys: add the sender's signing secret (it begins with whsec_)."
	default:
		return s.words.mismatch
	}
}

func kindsOf(secrets []Secret) (symmetric, public bool) {
	for _, secret := range secrets {
		key, _ := readStandardKey(secret.Reveal())
		symmetric = symmetric || key.symmetric != nil
		public = public || key.public != nil
	}
	return symmetric, public
}

func (s standard) fail(h *standardHeaders, now es.Time, cause Cause, message string) (Verification, *Failure) {
	f := &Failure{Cause: cause, Message: message, Scheme: s.name, Parts: h.parts.names(), Signatures: h.signatures}
	if h.timed {
		f.SkewSeconds = new(wholeSeconds(skewOf(h.at, now)))
	}
	return Verification{}, f
}
