// Package httprequest carries out http_request: the request that a mapping
// spells, sent to the address that it names, in every environment alike.
package httprequest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"daybook/app/destination"
	"daybook/app/destination/egress"
	"daybook/domain/action"
	"daybook/domain/webhook"
)

// Destination sends requests.
type Destination struct{ Client *egress.Client }

// request is the payload of the action.
type request struct {
	URL     string            `json:"url"`
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// read reads a payload. A request without a method is a POST.
func read(payload []byte) (request, error) {
	var r request
	if err := json.Unmarshal(payload, &r); err != nil {
		return request{}, fmt.Errorf("read the request: %w", err)
	}
	r.Method = strings.ToUpper(cmp.Or(r.Method, http.MethodPost))
	return r, nil
}

// Terms says that what HTTP calls idempotent has one effect, however often it is
// sent; of the rest nobody knows.
func (Destination) Terms(a destination.Action) destination.Terms {
	r, err := read(a.Payload)
	if err != nil {
		return destination.Terms{Lane: "http"} // nothing will be sent
	}
	terms := destination.Terms{Lane: laneOf(r.URL)}
	switch r.Method {
	case http.MethodGet, http.MethodPut, http.MethodDelete:
		terms.Repeats = webhook.Repeats{Always: true}
	}
	return terms
}

// laneOf names a host and its port.
func laneOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "http" // nothing will be sent
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return "http " + strings.ToLower(u.Hostname()) + ":" + port
}

// CarryOut sends a request once. Its id goes with it as the idempotency key,
// unless the mapping gives another.
func (d Destination) CarryOut(ctx context.Context, a destination.Action) destination.Outcome {
	if a.Type != action.HTTPRequest {
		return destination.NotSupported("http", a.Type)
	}
	r, err := read(a.Payload)
	if err != nil {
		return destination.Outcome{Class: webhook.ClassInvalid, Error: err.Error()}
	}
	body, contentType := r.body()
	header := http.Header{"Idempotency-Key": {a.ID}}
	if body != nil {
		header.Set("Content-Type", contentType)
	}
	var secrets []string
	for name, given := range r.Headers {
		if problem := headerProblem(name, r.Headers); problem != "" {
			return destination.Outcome{Class: webhook.ClassInvalid, Error: problem}
		}
		header[http.CanonicalHeaderKey(name)] = []string{given}
		if isSecret(name) {
			secrets = append(secrets, given)
			_, credentials, _ := strings.Cut(given, " ") // as in: Bearer …
			secrets = append(secrets, credentials)
		}
	}
	_, outcome := d.Client.Attempt(ctx, egress.Request{Method: r.Method, URL: r.URL, Header: header, Body: body}, secrets...)
	return outcome
}

// headerProblem says which header is given twice, in different spellings.
func headerProblem(name string, headers map[string]string) string {
	for other := range headers {
		if other != name && strings.EqualFold(other, name) {
			return fmt.Sprintf("headers has %.60q twice, in different spellings; give it once", strings.ToLower(name))
		}
	}
	return ""
}

// body is what is sent, and what it is unless the mapping says: a text as it
// stands, anything else as JSON.
func (r request) body() (body []byte, contentType string) {
	if len(r.Body) == 0 || bytes.Equal(r.Body, []byte("null")) {
		return nil, ""
	}
	var text string
	if json.Unmarshal(r.Body, &text) == nil {
		return []byte(text), "text/plain; charset=utf-8"
	}
	return r.Body, "application/json"
}

// isSecret reports whether a header holds what nobody may read in an answer that
// repeats it.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"auth", "cookie", "key", "token", "secret", "signature", "password"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
