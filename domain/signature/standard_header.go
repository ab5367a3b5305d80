package signature

import (
	"crypto/ed25519"
	"strings"
	"time"

	"daybook/domain/es"
)

const (
	// maxID is how long the id of a message may be, in bytes: as long as an
	// idempotency key.
	maxID = 255
	// maxAsymmetric bounds the signatures by a private key. Each goes over the
	// whole body anew, for each public key, whoever made it up.
	maxAsymmetric = 4
)

// standardHeaders are the three headers of Standard Webhooks as far as they
// could be read.
type standardHeaders struct {
	id    string
	time  string // as it was sent, which is what was signed
	at    es.Time
	timed bool // at is set

	symmetric   [maxSignatures]digest
	symmetrics  int // how many of them are set
	asymmetric  [maxAsymmetric][ed25519.SignatureSize]byte
	asymmetrics int
	signatures  int // of both kinds, readable or not
	parts       standardParts

	missing string // the first header that is absent or empty
	faulty  string // the first header that is malformed
	problem string // what is wrong with it, in words that follow "the header"
}

// standardParts are the parts that the headers have, a bit for each.
type standardParts uint8

const (
	partID standardParts = 1 << iota
	partTimestamp
	partSymmetric
	partAsymmetric
	partUnknown
)

func (p standardParts) names() []string {
	var names []string
	for i, name := range [...]string{"id", "timestamp", "v1", "v1a", "other"} {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// signed is what stands before the body in what was signed.
func (h *standardHeaders) signed() string { return h.id + "." + h.time + "." }

// read reads the headers with a prefix into h. It reads on after a problem, so
// that a person on call is told all that is there.
func (h *standardHeaders) read(header map[string][]string, prefix string) {
	if line := h.line(header, prefix+"Id"); line != "" {
		h.parts |= partID
		h.id = line
		if !isMessageID(line) {
			h.fault(prefix+"Id", "is no id of up to 255 visible characters without dots")
		}
	}
	if line := h.line(header, prefix+"Timestamp"); line != "" {
		h.parts |= partTimestamp
		h.time = line
		if h.at, h.timed = parseTime(line, time.Second); !h.timed {
			h.fault(prefix+"Timestamp", "is not a time in seconds")
		}
	}
	if line := h.line(header, prefix+"Signature"); line != "" {
		h.readSignatures(line, prefix+"Signature")
	}
}

func (h *standardHeaders) line(header map[string][]string, name string) string {
	line, problem := sole(header[name])
	switch {
	case problem != "":
		h.fault(name, problem)
	case line == "" && h.missing == "":
		h.missing = strings.ToLower(name)
	}
	return line
}

// readSignatures skips what cannot be a signature of a kind that is known,
// without a fault: the header may well hold a good one beside it.
func (h *standardHeaders) readSignatures(line, name string) {
	for entry := range strings.SplitSeq(line, " ") {
		if entry == "" {
			continue
		}
		version, text, ok := strings.Cut(entry, ",")
		switch {
		case !ok:
			h.fault(name, "has an entry that is not version,signature")
		case version == "v1" || version == "v1a":
			h.readSignature(version, text, name)
		default:
			h.parts |= partUnknown
		}
	}
}

func (h *standardHeaders) readSignature(version, text, name string) {
	if h.signatures++; h.signatures > maxSignatures {
		h.fault(name, "has more than 16 signatures")
		return
	}
	if version == "v1" {
		h.parts |= partSymmetric
		if decoded, ok := fromBase64(text, len(digest{})); ok {
			h.symmetrics += copyEntry(h.symmetric[h.symmetrics][:], decoded)
		}
		return
	}
	h.parts |= partAsymmetric
	decoded, ok := fromBase64(text, ed25519.SignatureSize)
	switch {
	case !ok:
	case h.asymmetrics == maxAsymmetric:
		h.fault(name, "has more than 4 signatures v1a")
	default:
		h.asymmetrics += copyEntry(h.asymmetric[h.asymmetrics][:], decoded)
	}
}

// copyEntry copies an entry and returns that it is one.
func copyEntry(to, from []byte) int {
	copy(to, from)
	return 1
}

func (h *standardHeaders) fault(name, problem string) {
	if h.problem == "" {
		h.faulty, h.problem = strings.ToLower(name), problem
	}
}

// isMessageID reports whether an id says where it ends in what is signed: a dot
// in it would let another id and time be read from the same signature.
func isMessageID(id string) bool {
	if len(id) > maxID {
		return false
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' || c == '.' {
			return false
		}
	}
	return true
}
