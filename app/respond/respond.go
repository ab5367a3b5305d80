// Package respond writes answers: JSON in the API's shapes, and for every error
// its status, code and words, in one place.
package respond

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/projections"
)

// MaxRequest is the largest request body that the API reads, in bytes.
const MaxRequest = 1 << 20

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

// The problems that are not refusals of the domain.
var (
	errUnauthorized = Problem{Status: http.StatusUnauthorized, Code: "unauthorized", Message: "log in, or send the admin token as Authorization: Bearer"}
	errNotFound     = Problem{Status: http.StatusNotFound, Code: "not_found", Message: "there is nothing here"}
)

// Unauthorized is the problem of a request without a token or session.
func Unauthorized() error { p := errUnauthorized; return &p }

// NotFound is the problem of a path that leads nowhere.
func NotFound() error { p := errNotFound; return &p }

// Invalid is the problem of one field.
func Invalid(field, format string, args ...any) error {
	return &es.Refusal{Code: es.Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// ProblemOf says how an error is answered. Errors that are nobody's business
// outside become "internal".
func ProblemOf(err error) Problem {
	var problem *Problem
	var refusals es.Refusals
	var refusal *es.Refusal
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &problem):
		return *problem
	case errors.As(err, &refusals) && len(refusals) > 0:
		p := problemOf(refusals[0])
		for _, r := range refusals[1:] {
			p.Errors = append(p.Errors, FieldError{r.Field, r.Message})
		}
		p.Message = refusals.Error()
		return p
	case errors.As(err, &refusal):
		return problemOf(refusal)
	case errors.As(err, &tooLarge):
		return Problem{Status: http.StatusRequestEntityTooLarge, Code: "body_too_large", Message: fmt.Sprintf("the request is larger than %d bytes; send less at once", tooLarge.Limit)}
	case errors.Is(err, projections.ErrInvalidCursor):
		return problemOf(&es.Refusal{Code: es.Invalid, Field: "after", Message: projections.ErrInvalidCursor.Error()})
	case errors.Is(err, es.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
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

// JSON answers with v.
func JSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client is gone if this fails
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
	JSON(w, p.Status, struct {
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

// Decode reads a JSON request of at most [MaxRequest] bytes. Unknown fields are
// refused by name.
func Decode(w http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, MaxRequest))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return decodeProblem(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Invalid("", "there is something after the JSON object; send one object")
	}
	return nil
}

func decodeProblem(err error) error {
	var tooLarge *http.MaxBytesError
	var mistyped *json.UnmarshalTypeError
	var refusal *es.Refusal
	switch {
	case errors.As(err, &tooLarge), errors.As(err, &refusal):
		return err
	case errors.As(err, &mistyped):
		return Invalid(mistyped.Field, "a %s cannot stand here", mistyped.Value)
	case errors.Is(err, io.EOF):
		return Invalid("", "the request is empty; send a JSON object")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return Invalid(strings.Trim(name, `"`), "there is no such field")
	}
	return Invalid("", "the request is not the JSON that is expected: %s", strings.TrimPrefix(err.Error(), "json: "))
}
