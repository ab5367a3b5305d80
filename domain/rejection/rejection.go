// Package rejection is what is kept of requests that were refused: the cause,
// and a capped excerpt to find the fault with.
//
// The stream is rejection-{environment}.{source}. It keeps its newest [Kept]
// events; there is nothing to decide, so a state and a decider are not needed.
// Refused requests are hostile until shown otherwise: what is kept of them is
// bounded in size here and in rate by whoever appends.
package rejection

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"daybook/domain/es"
)

// Limits of what is kept.
const (
	// Kept is the number of events that a rejection stream keeps ($maxCount).
	Kept = 1000
	// MaxExcerpt is how much of a refused body is kept, in bytes.
	MaxExcerpt = 2 << 10
	// EachPerSecond is the number of rejections of one source and cause in one
	// second that are recorded each for itself; further ones are counted.
	EachPerSecond = 10
)

// StreamPrefix begins the name of every rejection stream.
const StreamPrefix = "rejection-"

// idPrefix begins the id of every rejection.
const idPrefix = "rejection."

// Event is a fact in a rejection stream.
//
//sumtype:decl
type Event interface{ isEvent() }

// RequestRejected is one refused request.
type RequestRejected struct {
	Cause   string            `json:"cause"` // the code of the answer
	Message string            `json:"message"`
	Headers map[string]string `json:"headers"`
	// Excerpt is the beginning of the body, as text; what is not UTF-8 in it
	// is replaced.
	Excerpt string `json:"excerpt"`
	Size    int64  `json:"size"` // bytes of the body that were read
	// SkewSeconds is how many seconds the signature's time was off, where it had one.
	SkewSeconds *int64 `json:"skew_seconds,omitempty"`
	// Signature is what its signature header had, as far as it was read.
	Signature *SignatureHeader `json:"signature,omitempty"`
	// OtherSecrets is how many secrets were tried that do not count here: those
	// that were revoked, and those of other environments and sources. Matching
	// is the one that it was signed with, if it was one of them.
	OtherSecrets int          `json:"other_secrets,omitempty"`
	Matching     *OtherSecret `json:"matching_secret,omitempty"`
	Remote       string       `json:"remote,omitempty"`
	Instance     string       `json:"instance"`
}

// RejectionsCounted stands for N refused requests of one cause within a
// second.
type RejectionsCounted struct {
	Cause    string  `json:"cause"`
	N        int     `json:"n"`
	FirstAt  es.Time `json:"first_at"`
	LastAt   es.Time `json:"last_at"`
	Instance string  `json:"instance"`
}

func (RequestRejected) isEvent()   {}
func (RejectionsCounted) isEvent() {}

// Codec returns the table of a rejection stream's events.
func Codec() es.Codec[Event] {
	return es.NewCodec(
		es.JSON[RequestRejected, Event]("RequestRejected"),
		es.JSON[RejectionsCounted, Event]("RejectionsCounted"),
	)
}

// Ref names a rejection.
type Ref struct {
	Environment string
	Source      string
	Revision    es.Revision
}

// Stream returns the name of the stream of r.
func (r Ref) Stream() es.Stream {
	return es.Stream(StreamPrefix + r.Environment + "." + r.Source)
}

// ID returns the id of r for people and the API.
func (r Ref) ID() string {
	return idPrefix + r.Environment + "." + r.Source + "." + strconv.FormatUint(uint64(r.Revision), 10)
}

// IsID reports whether an id is meant to be a rejection's. A webhook's never is:
// no environment can be called rejection.
func IsID(id string) bool { return strings.HasPrefix(id, idPrefix) }

// ParseID reads what [Ref.ID] wrote.
func ParseID(id string) (Ref, error) {
	parts := strings.Split(id, ".")
	if len(parts) != 4 || parts[0] != "rejection" || parts[1] == "" || parts[2] == "" {
		return Ref{}, fmt.Errorf("rejection id %q: rejection.environment.source.revision is expected", id)
	}
	n, err := strconv.ParseUint(parts[3], 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != parts[3] {
		return Ref{}, fmt.Errorf("rejection id %q: %q is not a revision", id, parts[3])
	}
	return Ref{Environment: parts[1], Source: parts[2], Revision: es.Revision(n)}, nil
}

// ParseStream reads the name of a rejection stream.
func ParseStream(stream es.Stream) (Ref, error) {
	base, ok := strings.CutPrefix(string(stream), StreamPrefix)
	environment, source, dotted := strings.Cut(base, ".")
	if !ok || !dotted || environment == "" || source == "" || strings.Contains(source, ".") {
		return Ref{}, fmt.Errorf("stream %q is not one of rejections", stream)
	}
	return Ref{Environment: environment, Source: source}, nil
}

// Excerpt returns the beginning of a body as valid UTF-8 text of at most
// [MaxExcerpt] bytes.
func Excerpt(body []byte) string {
	if len(body) > MaxExcerpt {
		body = body[:MaxExcerpt]
		// Do not cut a character in two.
		for range utf8.UTFMax {
			if r, size := utf8.DecodeLastRune(body); r != utf8.RuneError || size != 1 {
				break
			}
			body = body[:len(body)-1]
		}
	}
	text := strings.ToValidUTF8(string(body), "\uFFFD")
	for len(text) > MaxExcerpt {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}
