package httprequest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"daybook/app/destination"
	"daybook/app/destination/egress"
	"daybook/app/destination/httprequest"
	"daybook/domain/action"
	"daybook/domain/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ destination.Destination = httprequest.Destination{}

func open(t *testing.T, allow string) httprequest.Destination {
	t.Helper()
	allowed, err := egress.ParseAllowed([]string{allow})
	if err != nil {
		t.Fatal(err)
	}
	client := egress.New(egress.Config{Allowed: allowed})
	t.Cleanup(client.Close)
	return httprequest.Destination{Client: client}
}

func act(payload string) destination.Action {
	return destination.Action{ID: "an-id", Type: action.HTTPRequest, Payload: json.RawMessage(payload)}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- strings.Join([]string{r.Method, r.URL.String(), r.Header.Get("Content-Type"), r.Header.Get("Idempotency-Key"), r.Header.Get("X-A"), string(body)}, " ")
		_, _ = w.Write([]byte("hello " + r.Header.Get("Authorization"))) // who asks may be gone
	}))
	t.Cleanup(server.Close)
	d := open(t, "127.0.0.1")
	for payload, want := range map[string]string{
		`{"url":"URL/a?b=c"}`:                                             "POST /a?b=c  an-id  ",
		`{"url":"URL/a","method":"GET"}`:                                  "GET /a  an-id  ",
		`{"url":"URL","method":"PUT","body":{"a":[1,null]}}`:              `PUT / application/json an-id  {"a":[1,null]}`,
		`{"url":"URL","body":"a text"}`:                                   "POST / text/plain; charset=utf-8 an-id  a text",
		`{"url":"URL","body":null,"headers":{"x-a":"b"}}`:                 "POST /  an-id b ",
		`{"url":"URL","body":5,"headers":{"content-type":"x/y"}}`:         "POST / x/y an-id  5",
		`{"url":"URL","headers":{"idempotency-key":"their own"}}`:         "POST /  their own  ",
		`{"url":"URL","headers":{"Authorization":"Bearer canary-token"}}`: "POST /  an-id  ",
	} {
		outcome := d.CarryOut(t.Context(), act(strings.ReplaceAll(payload, "URL", server.URL)))
		if outcome.Class != "" || outcome.HTTPStatus != 200 || !strings.HasPrefix(outcome.Answer, "hello") || strings.Contains(outcome.Answer+outcome.Request, "canary") {
			t.Errorf("%s: %+v", payload, outcome)
			continue
		}
		if sent := <-got; sent != want {
			t.Errorf("%s: sent as %q, want %q", payload, sent, want)
		}
	}
}

func TestRequestsThatAreNotSent(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was sent", r.Method, r.URL)
	}))
	t.Cleanup(server.Close)
	for payload, class := range map[string]webhook.Class{
		`{"url":"` + server.URL + `"}`:                                            webhook.ClassBlocked,
		`{"url":"http://169.254.169.254/latest/meta-data"}`:                       webhook.ClassBlocked,
		`{"url":"http://localhost:1"}`:                                            webhook.ClassBlocked,
		`{"url":"ftp://example.com"}`:                                             webhook.ClassInvalid,
		`{"url":"https://example.com","headers":{"Host":"x"}}`:                    webhook.ClassInvalid,
		`{"url":"https://example.com","headers":{"X-A":"b\r\nc"}}`:                webhook.ClassInvalid,
		`{"url":"https://example.com","headers":{"x-a":"b","X-A":"c"}}`:           webhook.ClassInvalid,
		`{"url":"https://example.com","headers":{"Transfer-Encoding":"chunked"}}`: webhook.ClassInvalid,
		`{"url":"https://example.com","method":"TRACE x"}`:                        webhook.ClassInvalid,
		`[]`: webhook.ClassInvalid,
	} {
		if outcome := open(t, "").CarryOut(t.Context(), act(payload)); outcome.Class != class || outcome.Error == "" {
			t.Errorf("%s: %+v", payload, outcome)
		}
	}
	other := destination.Action{Type: action.UsersIdentify, Payload: json.RawMessage(`{"id":"u"}`)}
	if outcome := open(t, "").CarryOut(t.Context(), other); outcome.Class != webhook.ClassNotSupported {
		t.Errorf("%+v", outcome)
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]destination.Terms{
		`{"url":"https://Hooks.example.com/a","method":"POST"}`: {Lane: "http hooks.example.com:443"},
		`{"url":"http://hooks.example.com/a"}`:                  {Lane: "http hooks.example.com:80"},
		`{"url":"https://a.example:8443","method":"patch"}`:     {Lane: "http a.example:8443"},
		`{"url":"https://a.example","method":"PUT"}`:            {Lane: "http a.example:443", Repeats: webhook.Repeats{Always: true}},
		`{"url":"https://a.example","method":"DELETE"}`:         {Lane: "http a.example:443", Repeats: webhook.Repeats{Always: true}},
		`{"url":"https://a.example","method":"GET"}`:            {Lane: "http a.example:443", Repeats: webhook.Repeats{Always: true}},
		`[]`: {Lane: "http"},
	} {
		if got := (httprequest.Destination{}).Terms(act(payload)); got != want {
			t.Errorf("%s: %+v", payload, got)
		}
	}
}
