package webhook

// Class is how an attempt at an action failed, which says what happens next;
// empty if it succeeded.
type Class string

// The classes that are tried again.
const (
	// ClassNetwork: the destination was not reached, so nothing was carried out.
	ClassNetwork Class = "network"
	// ClassTemporary: the destination answered that it cannot now: 408, 409,
	// 425 or 5xx.
	ClassTemporary Class = "temporary"
	// ClassRateLimited: the destination answered that it is asked too often.
	ClassRateLimited Class = "rate_limited"
	// ClassUnknown: something was sent, and no answer says what came of it. It
	// is sent again only where that has no second effect.
	ClassUnknown Class = "unknown"
)

// The classes that park an action at once.
const (
	// ClassRefused: the destination answered that it will not do this.
	ClassRefused Class = "refused"
	// ClassGone: the destination answered 410. The mapping is paused, too.
	ClassGone Class = "gone"
	// ClassInvalid: the request breaks a rule of the destination, and was not
	// sent.
	ClassInvalid Class = "invalid"
	// ClassBlocked: the address is one that actions may not reach; nothing was
	// sent.
	ClassBlocked Class = "address_blocked"
	// ClassNotSupported: the destination carries out no such actions.
	ClassNotSupported Class = "not_supported_yet"
)

// ClassOfStatus returns the class of an HTTP answer with that status.
func ClassOfStatus(status int) Class {
	switch {
	case 200 <= status && status <= 299:
		return ""
	case status == 429:
		return ClassRateLimited
	case status == 408, status == 409, status == 425, status >= 500:
		return ClassTemporary
	case status == 410:
		return ClassGone
	default:
		return ClassRefused
	}
}

// Retried reports whether an attempt that failed so is followed by another.
func (c Class) Retried() bool {
	switch c {
	case ClassNetwork, ClassTemporary, ClassRateLimited, ClassUnknown:
		return true
	default:
		return false
	}
}

// Exchange is what is kept of one attempt at a destination over a network.
type Exchange struct {
	HTTPStatus int `json:"http_status,omitempty"`
	// DurationMS is how long the attempt took, in milliseconds.
	DurationMS int64 `json:"duration_ms,omitempty"`
	// Request and Answer are excerpts for people, without secrets, of at most
	// [MaxExcerpt] bytes.
	Request string `json:"request,omitempty"`
	Answer  string `json:"answer,omitempty"`
}

// MaxExcerpt is how much is kept of a request or an answer, in bytes.
const MaxExcerpt = 2 << 10
