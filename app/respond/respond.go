// Package respond reads requests and writes answers: JSON in the API's shapes,
// and for every error its status, code and words, in one place.
package respond

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/projections"
)

// Problem is an error as the outside sees it.
type Problem struct {
	Status  int          `json:"-"`
	Code    string       `json:"code"`
	Message string       `json:"message"`
	Errors  []FieldError `json:"errors,omitempty"`
}

// FieldError is what is wrong with one field of a request.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (p *Problem) Error() string { return p.Message }

const codeTooLarge = "body_too_large"

// Unauthorized is the problem of a request without a token or session.
func Unauthorized() error {
	return &Problem{Status: http.StatusUnauthorized, Code: "unauthorized", Message: "log in, or send the admin token as Authorization: Bearer"}
}

// NotFound is the problem of a path that leads nowhere.
func NotFound() error {
	return &Problem{Status: http.StatusNotFound, Code: string(es.NotFound), Message: "there is nothing here"}
}

// Invalid is the problem of one field.
func Invalid(field, format string, args ...any) error {
	return &es.Refusal{Code: es.Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// ProblemOf says how an error is answered. Errors that are nobody's business
// outside become "internal".
func ProblemOf(err error) Problem {
	var problem *Problem
	var tooLarge *http.MaxBytesError
	refusals := es.RefusalsOf(err)
	switch {
	case errors.As(err, &problem):
		return *problem
	case len(refusals) > 0:
		p := problemOf(refusals[0])
		for _, r := range refusals[1:] {
			p.Errors = append(p.Errors, FieldError{r.Field, r.Message})
		}
		p.Message = refusals.Error()
		return p
	case errors.As(err, &tooLarge):
		return Problem{Status: http.StatusRequestEntityTooLarge, Code: codeTooLarge, Message: fmt.Sprintf("the request is larger than %d bytes; send less at once", tooLarge.Limit)}
	case errors.Is(err, es.ErrTooLarge):
		return Problem{Status: http.StatusRequestEntityTooLarge, Code: codeTooLarge, Message: "this is more than the event store takes at once; send less"}
	case errors.Is(err, projections.ErrInvalidCursor):
		return problemOf(&es.Refusal{Code: es.Invalid, Field: "after", Message: projections.ErrInvalidCursor.Error()})
	case errors.Is(err, es.ErrUnknownType), errors.Is(err, es.ErrNewerSchema):
		return Problem{Status: http.StatusConflict, Code: string(es.Exists), Message: "a later version of Daybook wrote to this; use that version to change it"}
	case errors.Is(err, es.ErrUnavailable), errors.Is(err, projections.ErrClosed), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Problem{Status: http.StatusServiceUnavailable, Code: "store_unavailable", Message: "the event store does not answer; try again"}
	case errors.Is(err, es.ErrStreamDeleted):
		return Problem{Status: http.StatusGone, Code: "erased", Message: "this was erased"}
	default:
		return Problem{Status: http.StatusInternalServerError, Code: "internal", Message: "something went wrong here; the server's log says what"}
	}
}

func problemOf(r *es.Refusal) Problem {
	p := Problem{Code: string(r.Code), Message: r.Error()}
	switch r.Code {
	case es.NotFound:
		p.Status = http.StatusNotFound
	case es.Exists, es.RefusalCode(signature.SecretNotConfigured):
		p.Status = http.StatusConflict
	case es.Stale:
		p.Status = http.StatusPreconditionFailed
	default:
		p.Status = http.StatusUnprocessableEntity
		p.Errors = []FieldError{{r.Field, r.Message}}
	}
	return p
}

// JSON answers with v. It fails, and has answered nothing, if v cannot be
// written as JSON. Raw JSON in v stays as it is, without escapes for HTML: what
// was read can be sent back and is the same.
func JSON(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client is gone if this fails
	return nil
}

// Error answers with the problem of err as JSON, and logs it if it is ours.
func Error(w http.ResponseWriter, r *http.Request, logger *slog.Logger, err error) {
	p := ProblemOf(err)
	Log(r, logger, p, err)
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	}
	// The list of fields stands beside the error too, where clients that know
	// Knock's API look for it.
	_ = JSON(w, p.Status, struct { // texts can always be written
		Error  Problem      `json:"error"`
		Errors []FieldError `json:"errors,omitempty"`
	}{p, p.Errors})
}

// Log writes an error to the log if it is a fault of the server.
func Log(r *http.Request, logger *slog.Logger, p Problem, err error) {
	if p.Status < http.StatusInternalServerError || r.Context().Err() != nil {
		return
	}
	logger.Error("a request failed", "method", r.Method, "path", r.URL.Path, "status", p.Status, "error", err)
}
