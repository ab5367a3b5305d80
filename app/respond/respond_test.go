package respond_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"daybook/app/respond"
	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/source"
	"daybook/projections"
)

func TestEveryErrorHasItsStatus(t *testing.T) {
	t.Parallel()
	invalid := &es.Refusal{Code: es.Invalid, Field: "a", Message: "say a"}
	for _, c := range []struct {
		err    error
		status int
		code   string
		fields string
	}{
		{respond.Unauthorized(), 401, "unauthorized", ""},
		{respond.NotFound(), 404, "not_found", ""},
		{respond.Invalid("a", "say %s", "a"), 422, "invalid", "a"},
		{invalid, 422, "invalid", "a"},
		{es.Refusals{invalid, {Code: es.Invalid, Field: "b", Message: "say b"}}, 422, "invalid", "a b"},
		{&es.Refusal{Code: es.NotFound, Message: "none"}, 404, "not_found", ""},
		{&es.Refusal{Code: es.Exists, Field: "key", Message: "another"}, 409, "conflict", ""},
		{&es.Refusal{Code: es.Stale, Message: "read again"}, 412, "stale", ""},
		{&es.Refusal{Code: es.RefusalCode(signature.SecretNotConfigured), Message: "add one"}, 409, "secret_not_configured", ""},
		{projections.ErrInvalidCursor, 422, "invalid", "after"},
		{&es.TooLargeError{Stream: "s", Size: 2, Max: 1}, 413, "body_too_large", ""},
		{&http.MaxBytesError{Limit: 7}, 413, "body_too_large", ""},
		{es.ErrNewerSchema, 409, "conflict", ""},
		{es.ErrUnknownType, 409, "conflict", ""},
		{es.ErrUnavailable, 503, "store_unavailable", ""},
		{projections.ErrClosed, 503, "store_unavailable", ""},
		{context.DeadlineExceeded, 503, "store_unavailable", ""},
		{es.ErrStreamDeleted, 410, "erased", ""},
		{errors.New("the password is hunter2"), 500, "internal", ""},
	} {
		var log bytes.Buffer
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", nil)
		respond.Error(w, r, slog.New(slog.NewTextHandler(&log, nil)), fmt.Errorf("do it: %w", c.err))
		var answer struct {
			Error struct {
				Code, Message string
				Errors        []respond.FieldError
			}
			Errors []respond.FieldError
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, e := range answer.Errors {
			fields = append(fields, e.Field)
		}
		if w.Code != c.status || answer.Error.Code != c.code || answer.Error.Message == "" || strings.Join(fields, " ") != c.fields || len(answer.Error.Errors) != len(fields) {
			t.Errorf("%v: %d %s", c.err, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "hunter2") || (log.Len() > 0) != (c.status >= 500) {
			t.Errorf("%v: answered %s, logged %q", c.err, w.Body, &log)
		}
		if (w.Header().Get("Retry-After") != "") != (c.status == 503) || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%v: %v", c.err, w.Header())
		}
	}
}

func TestAClientThatIsGoneIsNotLogged(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log bytes.Buffer
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/x", nil)
	respond.Error(httptest.NewRecorder(), r, slog.New(slog.NewTextHandler(&log, nil)), ctx.Err())
	if log.Len() > 0 {
		t.Errorf("logged: %s", &log)
	}
}

func TestJSONLeavesRawJSONAsItIs(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	if err := respond.JSON(w, http.StatusTeapot, json.RawMessage(`{"a":"<&>`+"\u2028"+`","n":1.50}`)); err != nil || w.Code != http.StatusTeapot {
		t.Errorf("%d (%v)", w.Code, err)
	}
	if got, want := w.Body.String(), `{"a":"<&>`+"\u2028"+`","n":1.50}`+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	w = httptest.NewRecorder()
	if err := respond.JSON(w, http.StatusOK, math.NaN()); err == nil || w.Body.Len() > 0 || len(w.Header()) > 0 {
		t.Errorf("what is no JSON was answered with %q (%v)", w.Body, err)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	type request struct {
		Name   string          `json:"name"`
		Window source.Duration `json:"window"`
		Raw    json.RawMessage `json:"raw"`
		List   []struct {
			On bool `json:"on"`
		} `json:"list"`
	}
	for body, want := range map[string]string{ // the field that is refused, and a part of the message
		` {"name":"a","window":"5m","raw":{"x":[1]},"list":[{"on":true}]} `: "",
		`{}`:                       "",
		``:                         "|not a JSON object",
		` null`:                    "|not a JSON object",
		`[]`:                       "|not a JSON object",
		`"x"`:                      "|not a JSON object",
		`{"name":"a"`:              "|not JSON",
		`{"name":"a"} {}`:          "|not JSON",
		`{"name":"a",}`:            "|not JSON",
		`{"name":1}`:               "name|a number",
		`{"name":{}}`:              "name|an object",
		`{"names":"a"}`:            "names|no such field",
		`{"Name":"a"}`:             "Name|no such field",
		`{"list":[{},{"off":1}]}`:  "list[1].off|no such field",
		`{"list":[{"on":"true"}]}`: "list[0].on|a text",
		`{"list":{"on":true}}`:     "list|an object",
		`{"window":"soon"}`:        "window|write it as",
		`{"window":5}`:             "window|write it as",
		`{"name":"a","name":"b"}`:  "name|twice",
		`{"raw":{"x":1,"x":2}}`:    "raw.x|twice",
		"{\"name\":\"\xff\"}":      "name|not JSON",
	} {
		var got request
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/x", strings.NewReader(body))
		err := respond.Decode(httptest.NewRecorder(), r, &got)
		var refusal *es.Refusal
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", body, err)
			}
			continue
		}
		field, part, _ := strings.Cut(want, "|")
		if !errors.As(err, &refusal) || refusal.Code != es.Invalid || refusal.Field != field || !strings.Contains(refusal.Message, part) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/x", strings.NewReader(strings.Repeat(" ", respond.MaxRequest+1)))
	if p := respond.ProblemOf(respond.Decode(httptest.NewRecorder(), r, &request{})); p.Status != 413 {
		t.Errorf("a request that is too large: %+v", p)
	}
}
