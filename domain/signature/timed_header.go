package signature

import (
	"strings"
	"time"

	"daybook/domain/es"
)

const (
	maxHeader     = 4096 // bytes
	maxSignatures = 16   // a provider sends one for each secret that it has not yet retired
	maxDigits     = 15   // of a time in seconds: milliseconds then still fit an int64
)

// timedHeader is the header of a [timedMAC] as far as it could be read:
//
//	t=1700000000,v1=<hex>,v1=<hex>,v0=<hex>
type timedHeader struct {
	unit   time.Duration // of t
	spaced bool          // a space after a comma means nothing

	time       string  // t as it was sent, which is what was signed
	at         es.Time // t, if it is well formed
	timed      bool    // at is set
	candidates [maxSignatures]digest
	readable   int // how many of the candidates are set
	signatures int // v1 parts, readable or not
	parts      timedParts
	problem    string // the first thing wrong with it, in words that follow "the header"
}

// timedParts are the parts that a header has, a bit for each.
type timedParts uint8

const (
	partTime timedParts = 1 << iota
	partV1
	partV0
	partOther
)

func (p timedParts) names() []string {
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
func (h *timedHeader) read(lines []string) bool {
	line, problem := sole(lines)
	switch {
	case problem != "":
		h.fault(problem)
	case line == "":
		return false
	default:
		h.parse(line)
	}
	return true
}

// parse reads one line into h. It reads on after a problem, so that a person
// on call is told all that is there.
//
// Spaces are trimmed only where the provider sends them: Stripe's own libraries
// take " v1" for an unknown part.
func (h *timedHeader) parse(header string) {
	for part := range strings.SplitSeq(header, ",") {
		if h.spaced {
			part = strings.TrimLeft(part, " ")
		}
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
		case "v0": // Stripe signs test events with it, under a known key: never to be accepted
			h.parts |= partV0
		default:
			h.parts |= partOther
		}
	}
	if h.parts&partTime == 0 {
		h.fault("has no t")
	}
}

// readTime takes the one way in which a time is written. What is signed is the
// text, so there is exactly one text for each time.
func (h *timedHeader) readTime(value string) {
	if h.parts&partTime != 0 {
		h.fault("has more than one t")
		return
	}
	h.parts |= partTime
	at, ok := parseTime(value, h.unit)
	if !ok {
		h.fault("has a t that is not a time in " + unitName(h.unit))
		return
	}
	h.time, h.at, h.timed = value, at, true
}

// readSignature skips what cannot be a signature, without a fault: the header
// may well hold a good one beside it.
func (h *timedHeader) readSignature(value string) {
	h.parts |= partV1
	h.signatures++
	if h.signatures > maxSignatures {
		h.fault("has more than 16 signatures")
		return
	}
	var ok bool
	if h.candidates[h.readable], ok = fromHex(value); ok {
		h.readable++
	}
}

func (h *timedHeader) fault(problem string) {
	if h.problem == "" {
		h.problem = problem
	}
}
