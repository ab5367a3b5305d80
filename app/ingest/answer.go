package ingest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"daybook/domain/es"
	"daybook/domain/rejection"
	"daybook/domain/signature"
	"daybook/domain/value"
	"daybook/domain/webhook"
)

// answer is what a request is answered with.
type answer struct {
	status int
	// code is that of an error, or what became of the webhook.
	code    string
	message string // of an error: says what to do
	ref     webhook.Ref
	// retryAfter is after how many seconds it makes sense to try again; 0: it
	// never does, the same request gets the same answer.
	retryAfter int
	skew       *int64 // how many seconds the signature's time was off
	// signature is what the signature header had, nil if it was not looked at.
	signature *rejection.SignatureHeader
}

// What becomes of a webhook that is taken.
const (
	codeAccepted  = "accepted"
	codeDuplicate = "duplicate"
)

func accepted(ref webhook.Ref) *answer {
	return &answer{status: http.StatusOK, code: codeAccepted, ref: ref}
}

func duplicate(ref webhook.Ref) *answer {
	return &answer{status: http.StatusOK, code: codeDuplicate, ref: ref}
}

func methodNotAllowed() *answer {
	return &answer{status: http.StatusMethodNotAllowed, code: "method_not_allowed", message: "Webhooks are sent with POST."}
}

func unknownSource() *answer {
	return &answer{
		status: http.StatusNotFound, code: "unknown_source",
		message: "No source has this ingest URL: copy it again from the source's settings.",
	}
}

func encodingUnsupported() *answer {
	return &answer{
		status: http.StatusUnsupportedMediaType, code: "content_encoding_unsupported",
		message: "Send the body as it is, without Content-Encoding: a compressed body cannot be verified as it was signed.",
	}
}

func bodyTooLarge(most int64) *answer {
	return &answer{
		status: http.StatusRequestEntityTooLarge, code: "body_too_large",
		message: fmt.Sprintf("The request is larger than can be kept (a body may have up to %d bytes): let the sender send less, or raise --max-body.", most),
	}
}

func bodyIncomplete(status int) *answer {
	return &answer{
		status: status, code: "body_incomplete",
		message: "The body did not arrive whole, or not in time: send it again.",
	}
}

func notVerified(f *signature.Failure) *answer {
	a := &answer{status: http.StatusUnauthorized, code: string(f.Cause), message: f.Message, skew: f.SkewSeconds}
	if len(f.Parts) > 0 {
		a.signature = &rejection.SignatureHeader{Parts: f.Parts, Signatures: f.Signatures}
	}
	return a
}

func malformedJSON(err error) *answer {
	return &answer{
		status: http.StatusBadRequest, code: "malformed_json",
		message: fmt.Sprintf("The body is %s: send one JSON object, whole and with nothing after it.", err),
	}
}

func tooDeep() *answer {
	return &answer{
		status: http.StatusBadRequest, code: "too_deep",
		message: fmt.Sprintf("The body is nested deeper than %d: send it flatter.", value.MaxDepth),
	}
}

func notAnObject(v any) *answer {
	return &answer{
		status: http.StatusBadRequest, code: "not_an_object",
		message: fmt.Sprintf("The body is %s: send a JSON object.", value.Kind(v)),
	}
}

func flawed(f value.Flaw) *answer {
	message := f.Path + " stands there twice: send it once, so that all read the same."
	if f.Kind == value.InvalidUTF8 {
		message = f.Path + " is not valid UTF-8: send it as UTF-8, without lone surrogates."
	}
	return &answer{status: http.StatusBadRequest, code: string(f.Kind), message: message}
}

func rateLimited() *answer {
	return &answer{
		status: http.StatusTooManyRequests, code: "rate_limited", retryAfter: 1,
		message: fmt.Sprintf("More than %d requests a second are being refused here: see in the log why, and send valid ones; those are never limited.", maxRefused),
	}
}

func overloaded() *answer {
	return &answer{
		status: http.StatusServiceUnavailable, code: "overloaded", retryAfter: 1,
		message: "Too much is arriving at once: send it again.",
	}
}

func storeUnavailable() *answer {
	return &answer{
		status: http.StatusServiceUnavailable, code: "store_unavailable", retryAfter: 2,
		message: "The event store did not say that it has the webhook: send it again; if it was stored after all, it is known as a duplicate.",
	}
}

// isRefusal reports whether the request is at fault, and not Daybook.
func (a *answer) isRefusal() bool {
	return a.status >= 400 && a.status < 500 && a.status != http.StatusTooManyRequests
}

// rejection is what the log keeps of a refusal, beside what it keeps of the
// request.
func (a *answer) rejection() rejection.RequestRejected {
	return rejection.RequestRejected{Cause: a.code, Message: a.message, SkewSeconds: a.skew, Signature: a.signature}
}

// write sends the answer.
func (a *answer) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if a.status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodPost)
	}
	if a.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(a.retryAfter))
	}
	w.WriteHeader(a.status)
	// If this fails the sender is gone, and will send again.
	_, _ = w.Write(a.body()) //nolint:gosec // G705 sees a page where there is JSON that no browser may take for one
}

func (a *answer) body() []byte {
	if a.status == http.StatusOK {
		return taken(a.code, a.ref.ID(), a.ref.Stream())
	}
	type problem struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	body, err := json.Marshal(struct {
		Error problem `json:"error"`
	}{problem{a.code, a.message}})
	if err != nil {
		panic("ingest: " + err.Error()) // two strings can always be written
	}
	return append(body, '\n')
}

// taken writes the answer to a webhook. What stands in it needs no escaping:
// ids and streams have none of JSON's special characters.
func taken(status, id string, stream es.Stream) []byte {
	body := make([]byte, 0, 48+len(status)+len(id)+len(stream))
	body = append(body, `{"status":"`...)
	body = append(body, status...)
	body = append(body, `","id":"`...)
	body = append(body, id...)
	body = append(body, `","stream":"`...)
	body = append(body, stream...)
	return append(body, '"', '}', '\n')
}
