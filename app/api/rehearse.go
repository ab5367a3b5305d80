package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"daybook/app/rehearse"
	"daybook/app/respond"
	"daybook/domain/rule"
)

// rehearseRequest is a payload to be rehearsed, or the type of a sample.
type rehearseRequest struct {
	Payload *payloadRequest `json:"payload"`
	Type    string          `json:"type"`
	Verify  bool            `json:"verify"`
	// Mappings are a draft, asked in the place of those in force.
	Mappings *[]rule.Mapping `json:"mappings"`
}

// payloadRequest has the body as JSON, whose bytes count as they stand in the
// request; or as text, for what is no JSON and for signatures that were made
// over other spaces; or that in base64.
type payloadRequest struct {
	Body    json.RawMessage   `json:"body"`
	Raw     json.RawMessage   `json:"raw"` // a text, or {"base64": …}
	Headers map[string]string `json:"headers"`
}

func (a *API) rehearse(w http.ResponseWriter, r *http.Request) error {
	at, err := place(r)
	if err != nil {
		return err
	}
	var request rehearseRequest
	if err := respond.Decode(w, r, &request); err != nil {
		return err
	}
	rehearsal := rehearse.Rehearsal{Verify: request.Verify, Mappings: request.Mappings}
	switch {
	case request.Payload != nil && request.Type != "":
		return respond.Invalid("type", "give a payload, or the type of a sample, not both")
	case request.Payload != nil:
		rehearsal.Payload, err = request.Payload.read()
	case request.Type != "":
		rehearsal.Payload, err = a.Rehearse.Sample(at, request.Type)
	default:
		return respond.Invalid("payload", `give a payload, as in {"payload":{"body":{…},"headers":{…}}}, or the type of a sample`)
	}
	if err != nil {
		return err
	}
	result, err := a.Rehearse.Rehearse(r.Context(), at, rehearsal)
	if err != nil {
		return err
	}
	return respond.JSON(w, http.StatusOK, result)
}

func (p payloadRequest) read() (rehearse.Payload, error) {
	payload := rehearse.Payload{Body: p.Body, Headers: http.Header{}}
	for name, value := range p.Headers {
		payload.Headers.Add(name, value)
	}
	switch {
	case p.Body != nil && p.Raw != nil:
		return rehearse.Payload{}, respond.Invalid("payload.raw", "give the body as body or as raw, not both")
	case p.Body == nil && p.Raw == nil:
		return rehearse.Payload{}, respond.Invalid("payload.body", "give a body")
	case p.Body != nil:
		return payload, nil
	}
	var err error
	payload.Body, err = readRaw(p.Raw)
	return payload, err
}

// readRaw reads bytes as the API writes them where they are no JSON.
func readRaw(raw json.RawMessage) ([]byte, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return []byte(text), nil
	}
	var encoded struct {
		Base64 *string `json:"base64"`
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(&encoded); err != nil || encoded.Base64 == nil {
		return nil, respond.Invalid("payload.raw", `give the body as a text, or as {"base64":"…"}`)
	}
	body, err := base64.StdEncoding.DecodeString(*encoded.Base64)
	if err != nil {
		return nil, respond.Invalid("payload.raw.base64", "this is not base64")
	}
	return body, nil
}
