package signature

import (
	"fmt"
	"time"
)

// words are what a scheme says to the person who has to mend a request.
type words struct {
	provider string // who sends it, as in "Stripe"
	header   string // the header with the signature, as the provider writes it
	secret   string // what to add where no secret is live
	mismatch string // what to look at where no secret matches
	again    string // what sending it again changes
}

func (w words) missing(header string) string {
	return fmt.Sprintf("The %s header is absent or empty: send this as a %s webhook, and see that no proxy on the way drops the header.", header, w.provider)
}

func (w words) malformed(header, problem string) string {
	return fmt.Sprintf("The %s header %s: pass it on as %s sends it, once and unaltered.", header, problem, w.provider)
}

func (w words) unreadable(form string) string {
	return fmt.Sprintf("The %s header has no %s: pass it on as %s sends it.", w.header, form, w.provider)
}

// untimely says what is wrong with a signature that is off by skew; no cause
// if it is within the tolerance.
func (w words) untimely(skew, tolerance time.Duration) (Cause, string) {
	switch {
	case skew < -tolerance:
		return Expired, fmt.Sprintf("Signed %d s ago, and %d s is the most: check this machine's clock, or send it again (%s).",
			-wholeSeconds(skew), wholeSeconds(tolerance), w.again)
	case skew > tolerance:
		return InFuture, fmt.Sprintf("Signed %d s in the future, and %d s is the most: check this machine's clock.",
			wholeSeconds(skew), wholeSeconds(tolerance))
	default:
		return "", ""
	}
}
