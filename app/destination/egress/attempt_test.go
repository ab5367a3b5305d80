package egress_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"daybook/app/destination/egress"
	"daybook/domain/webhook"
)

func TestAttempt(t *testing.T) {
	t.Parallel()
	const secret = "a canary+/that/is=sent"
	var answer atomic.Pointer[http.HandlerFunc]
	here := serve(t, func(w http.ResponseWriter, r *http.Request) { (*answer.Load())(w, r) })
	c := client(t, egress.Config{Allowed: allow(t, "127.0.0.1")})
	for name, test := range map[string]struct {
		status  int
		headers map[string]string
		class   webhook.Class
		after   time.Duration
	}{
		"success":           {200, nil, "", 0},
		"a redirect":        {302, map[string]string{"Location": "http://169.254.169.254/"}, webhook.ClassRefused, 0},
		"too often":         {429, map[string]string{"Retry-After": "7"}, webhook.ClassRateLimited, 7 * time.Second},
		"too often, in ms":  {429, map[string]string{"Retry-After": "7", "Retry-After-Ms": "1500"}, webhook.ClassRateLimited, 1500 * time.Millisecond},
		"down, till a time": {503, map[string]string{"Retry-After": "Tue, 24 Nov 2026 12:00:30 GMT", "Date": "Tue, 24 Nov 2026 12:00:00 GMT"}, webhook.ClassTemporary, 30 * time.Second},
		"a time gone by":    {503, map[string]string{"Retry-After": "Tue, 24 Nov 2026 11:00:30 GMT", "Date": "Tue, 24 Nov 2026 12:00:00 GMT"}, webhook.ClassTemporary, 0},
		"nonsense":          {503, map[string]string{"Retry-After": "-5"}, webhook.ClassTemporary, 0},
		"for ever":          {503, map[string]string{"Retry-After": "2147483647"}, webhook.ClassTemporary, 24 * time.Hour},
		"gone":              {410, nil, webhook.ClassGone, 0},
	} {
		answer.Store(new(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for header, value := range test.headers {
				w.Header().Set(header, value)
			}
			w.WriteHeader(test.status)
			_, _ = w.Write([]byte("you sent " + r.Header.Get("Authorization"))) // who asks may be gone
		})))
		_, outcome := c.Attempt(t.Context(), egress.Request{
			Method: http.MethodPost, URL: here, Body: []byte(`{"a":"` + secret + `"}`), Header: http.Header{"Authorization": {secret}},
		}, secret)
		if outcome.Class != test.class || outcome.RetryAfter != test.after || outcome.HTTPStatus != test.status || (outcome.Error == "") != (test.class == "") {
			t.Errorf("%s: %+v", name, outcome)
		}
		if outcome.Answer != "you sent [redacted]" || outcome.Request != "POST "+here+"\n"+`{"a":"[redacted]"}` {
			t.Errorf("%s: kept of it is %q and %q", name, outcome.Request, outcome.Answer)
		}
	}
	for address, class := range map[string]webhook.Class{
		"http://10.0.0.1": webhook.ClassBlocked, "ftp://example.com": webhook.ClassInvalid, "http://" + closedPort(t): webhook.ClassNetwork,
	} {
		if _, outcome := c.Attempt(t.Context(), egress.Request{Method: http.MethodGet, URL: address}); outcome.Class != class || outcome.Error == "" {
			t.Errorf("%s: %+v", address, outcome)
		}
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	const secret = `p@ss "word"/é&`
	for text, want := range map[string]string{
		"nothing here":                                                "nothing here",
		"it was " + secret + "!":                                      "it was [redacted]!",
		`{"it":"p@ss \"word\"/é\u0026"}`:                              `{"it":"[redacted]"}`,
		"?k=p%40ss+%22word%22%2F%C3%A9%26":                            "?k=[redacted]",
		"key whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw is":               "key [redacted] is",
		"sk_test_abcdefghijklmnop and risk_free, skateboarding_pants": "[redacted] and risk_free, skateboarding_pants",
		"Authorization: Bearer abcdefgh.ijk-lmn0123":                  "Authorization: [redacted]",
		"a.eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln, b":              "a.[redacted], b",
		"\xff\xfe": "\uFFFD",
		"a basic subscription, xoxb-0123456789abcdef": "a basic subscription, [redacted]",
		"ab": "ab",
		strings.Repeat("a", 20) + secret + secret + "\x00z": strings.Repeat("a", 20) + "[redacted][redacted]\x00z",
	} {
		if got := egress.Redact([]byte(text), secret, "ab", ""); got != want {
			t.Errorf("%q is kept as %q, want %q", text, got, want)
		}
	}
}
