package webhook_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/signature"
	"daybook/domain/value"
	"daybook/domain/webhook"
)

func TestKeptHeaders(t *testing.T) {
	t.Parallel()

	secret, err := signature.NewSecret("a secret of their own")
	if err != nil {
		t.Fatal(err)
	}
	got := webhook.KeptHeaders(map[string][]string{
		"Content-Type":      {"application/json; charset=utf-8"},
		"User-Agent":        {"Stripe/1.0 (+https://stripe.com/docs/webhooks)"},
		"Stripe-Signature":  {"t=1,v1=00", "t=2,v1=11"},
		"Idempotency-Key":   {"k"},
		"X-Odd":             {"a\xffb"},
		"X-Empty":           nil,
		"Authorization":     {"Bearer x"},
		"Cookie":            {"a=b"},
		"Proxy-Connection":  {"keep-alive"},
		"X-Forwarded-For":   {"10.0.0.1"},
		"X-Forwarded-Proto": {"https"},
		"Forwarded":         {"for=10.0.0.1"},
		"X-Gitlab-Token":    {"x"},
		"X-Api-Key":         {"x"},
		"X-Copied":          {"a secret of their own"},
		"X-Bearer":          {"Bearer a secret of their own"},
		"X-Pasted":          {"use whsec_abc"},
	}, []signature.Secret{{}, secret})
	want := map[string]string{
		"content-type":     "application/json; charset=utf-8",
		"user-agent":       "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
		"stripe-signature": "t=1,v1=00, t=2,v1=11",
		"idempotency-key":  "k",
		"x-odd":            "a\uFFFDb",
		"x-empty":          "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestKeptHeadersAreBounded(t *testing.T) {
	t.Parallel()

	many := map[string][]string{}
	for c := range 1000 {
		many["X-"+strings.Repeat("a", c)] = nil
	}
	if got := webhook.KeptHeaders(many, nil); len(got) > 128 {
		t.Errorf("%d of many headers are kept", len(got))
	}

	large := map[string][]string{"A": {"1"}, "B": {strings.Repeat("x", 20_000)}, "C": {"2"}}
	if got := webhook.KeptHeaders(large, nil); len(got) != 1 || got["a"] != "1" {
		t.Errorf("of headers that are too large, %d are kept", len(got))
	}
}

func TestHeaderFlaw(t *testing.T) {
	t.Parallel()

	paths := webhook.Paths{EventType: *path(t, "headers.X-Topic"), Key: path(t, "headers.x-id"), Timestamp: path(t, "body.created")}
	for name, c := range map[string]struct {
		header map[string][]string
		kind   value.FlawKind
		path   string
	}{
		"none":             {map[string][]string{"X-Topic": {"a"}, "X-Id": {"1"}, "X-Other": {"\xff", "\xff"}}, "", ""},
		"absent":           {nil, "", ""},
		"a key twice":      {map[string][]string{"X-Id": {"1", "1"}}, value.DuplicateName, "headers.x-id"},
		"a type twice":     {map[string][]string{"X-Topic": {"1", "2"}}, value.DuplicateName, "headers.x-topic"},
		"a key, not UTF-8": {map[string][]string{"X-Id": {"\xff"}}, value.InvalidUTF8, "headers.x-id"},
	} {
		flaw, flawed := paths.HeaderFlaw(c.header)
		if flaw.Kind != c.kind || flaw.Path != c.path || flawed != (c.kind != "") {
			t.Errorf("%s: %+v, %t", name, flaw, flawed)
		}
	}
}
