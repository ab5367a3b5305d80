package ingest

import (
	"net/http"

	"daybook/app/configuration"
	"daybook/domain/es"
	"daybook/domain/webhook"
)

// Judged is what the door makes of a request.
type Judged struct {
	// Refusal is why the request would be refused; nil if it would be taken.
	Refusal *Refusal
	// Receipt is what is known of a request that would be taken, and Body its
	// body, decoded by package value.
	Receipt webhook.Receipt
	Body    any
}

// Refusal is the answer to a request that is not taken.
type Refusal struct {
	Status  int
	Code    string
	Message string
	// SkewSeconds is how many seconds the signature's time was off, where that
	// is known.
	SkewSeconds *int64
}

// Judge puts a request through the checks of [Handler] from the encoding to the
// JSON, and records nothing. The signature is judged only if verify is set:
// payloads are looked at that nobody signed.
func Judge(e *configuration.Endpoint, header http.Header, body []byte, at es.Time, verify bool) Judged {
	a := arrival{at: at, body: body}
	a.judgeBy(e)
	if refusal := a.judge(header, verify); refusal != nil {
		return Judged{Refusal: &Refusal{
			Status: refusal.status, Code: refusal.code, Message: refusal.message, SkewSeconds: refusal.skew,
		}}
	}
	return Judged{Receipt: a.receipt(header), Body: a.decoded}
}

func (a *arrival) judge(header http.Header, verify bool) *answer {
	if isEncoded(header) {
		return encodingUnsupported()
	}
	if verify {
		if refusal := a.verify(header); refusal != nil {
			return refusal
		}
	}
	return a.read(header)
}
