package signature

import (
	"encoding/hex"
	"strconv"
	"strings"
)

const (
	maxHeader     = 4096 // bytes
	maxSignatures = 16   // Stripe sends one for each secret that it has not yet retired
	maxDigits     = 15   // of t: milliseconds then still fit an int64
)

// stripeHeader is a Stripe-Signature header as far as it could be read:
//
//	t=1700000000,v1=<hex>,v1=<hex>,v0=<hex>
type stripeHeader struct {
	time       string // t as it was sent, which is what was signed
	seconds    int64  // t, if it is well formed
	timed      bool   // seconds is set
	candidates [maxSignatures]digest
	readable   int // how many of the candidates are set
	signatures int // v1 parts, readable or not
	parts      stripeParts
	problem    string // the first thing wrong with it, in words that follow "the header"
}

// stripeParts are the parts that a header has, a bit for each.
type stripeParts uint8

const (
	partTime stripeParts = 1 << iota
	partV1
	partV0
	partOther
)

func (p stripeParts) names() []string {
	var names []string
	for i, name := range [...]string{"t", "v1", "v0", "other"} {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// read reads the lines of the header into h, and reports whether there is
// anything in them.
func (h *stripeHeader) read(lines []string) bool {
	switch {
	case len(lines) > 1:
		h.fault("is there more than once")
	case len(lines) == 0 || strings.Trim(lines[0], " \t") == "":
		return false
	default:
		h.parse(lines[0])
	}
	return true
}

// parse reads one line into h. It reads on after a problem, so that a person
// on call is told all that is there.
//
// Spaces are not trimmed: Stripe sends none, and its own libraries take " v1"
// for an unknown part.
func (h *stripeHeader) parse(header string) {
	if len(header) > maxHeader {
		h.fault("is longer than 4 KiB")
		return
	}
	for part := range strings.SplitSeq(header, ",") {
		name, value, ok := strings.Cut(part, "=")
		if !ok || strings.Contains(value, "=") {
			h.fault("has a part that is not name=value")
			continue
		}
		switch name {
		case "t":
			h.readTime(value)
		case "v1":
			h.readSignature(value)
		case "v0": // signs test events with a known key: never to be accepted
			h.parts |= partV0
		default:
			h.parts |= partOther
		}
	}
	if h.parts&partTime == 0 {
		h.fault("has no t")
	}
}

// readTime takes the one way in which Stripe writes a time: digits, without
// sign or leading zero. What is signed is the text, so there is exactly one
// text for each time.
func (h *stripeHeader) readTime(value string) {
	if h.parts&partTime != 0 {
		h.fault("has more than one t")
		return
	}
	h.parts |= partTime
	seconds, err := strconv.ParseUint(value, 10, 63)
	if err != nil || len(value) > maxDigits || value[0] == '0' && len(value) > 1 {
		h.fault("has a t that is not a time in seconds")
		return
	}
	h.time, h.seconds, h.timed = value, int64(seconds), true
}

// readSignature skips what cannot be a signature, without a fault: the header
// may well hold a good one beside it.
func (h *stripeHeader) readSignature(value string) {
	h.parts |= partV1
	h.signatures++
	if h.signatures > maxSignatures {
		h.fault("has more than 16 signatures")
		return
	}
	var text [2 * len(digest{})]byte
	if len(value) != len(text) {
		return
	}
	copy(text[:], value)
	if _, err := hex.Decode(h.candidates[h.readable][:], text[:]); err != nil {
		return
	}
	h.readable++
}

func (h *stripeHeader) fault(problem string) {
	if h.problem == "" {
		h.problem = problem
	}
}
