package ingest_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"daybook/app/ingest"
	"daybook/app/sources"
	"daybook/domain/rejection"
	"daybook/domain/webhook"
)

const overMaxBody = 1<<20 + 1

// row is one row of the contract's table: a request, and its answer.
type row struct {
	name   string
	status int
	code   string
	// silent rows leave nothing in the log.
	silent bool
	alter  func(*ingest.Config)
	setUp  func(served)
	call   func(served) call
}

func contract() []row {
	return slices.Concat(envelopeRows(), signatureRows(), jsonRows())
}

func envelopeRows() []row {
	return []row{
		{name: "GET", status: 405, code: "method_not_allowed", silent: true, call: func(served) call {
			return call{method: http.MethodGet}
		}},
		{name: "PUT with a signature", status: 405, code: "method_not_allowed", silent: true, call: func(s served) call {
			c := s.signed(event("evt_1"))
			c.method = http.MethodPut
			return c
		}},
		{name: "GET of nothing", status: 405, code: "method_not_allowed", silent: true, call: func(served) call {
			return call{method: http.MethodGet, path: "/in/unknown"}
		}},
		{name: "a token that is none", status: 404, code: "unknown_source", silent: true, call: func(s served) call {
			c := s.signed(event("evt_1"))
			c.path = "/in/unknown"
			return c
		}},
		{name: "a token in other letters", status: 404, code: "unknown_source", silent: true, call: func(s served) call {
			c := s.signed(event("evt_1"))
			c.path = "/in/" + strings.ToUpper(strings.TrimPrefix(s.path, "/in/"))
			return c
		}},
		{name: "a token that ended", status: 404, code: "unknown_source", silent: true, call: func(s served) call {
			c := s.signed(event("evt_1"))
			c.path = s.path
			s.rotate()
			return c
		}},
		{name: "gzip", status: 415, code: "content_encoding_unsupported", call: func(s served) call {
			return s.withHeader("Content-Encoding", "gzip")
		}},
		{name: "identity and gzip", status: 415, code: "content_encoding_unsupported", call: func(s served) call {
			return s.withHeader("Content-Encoding", "identity, gzip")
		}},
		{name: "gzip, too large, not signed", status: 415, code: "content_encoding_unsupported", call: func(served) call {
			return call{body: make([]byte, overMaxBody), header: http.Header{"Content-Encoding": {"gzip"}}}
		}},
		{name: "one byte too large, not signed", status: 413, code: "body_too_large", call: func(served) call {
			return call{body: make([]byte, overMaxBody)}
		}},
		{name: "larger than the store can append", status: 413, code: "body_too_large", alter: func(c *ingest.Config) {
			c.Store = smallStore{c.Store}
		}, call: func(s served) call {
			return s.signed(`{"id":"evt_1","pad":"` + strings.Repeat("x", 80<<10) + `"}`)
		}},
		{name: "larger than the store appends after all", status: 413, code: "body_too_large", alter: func(c *ingest.Config) {
			c.Store = smallStore{c.Store}
		}, call: func(s served) call {
			return s.signed(`{"id":"evt_1","pad":"` + strings.Repeat("x", 60<<10) + `"}`)
		}},
		{name: "headers over 16 KiB", status: 431, silent: true, call: func(s served) call {
			return s.withHeader("X-Large", strings.Repeat("x", 16<<10))
		}},
	}
}

func signatureRows() []row {
	body := event("evt_1")
	header := func(lines ...string) func(served) call {
		return func(served) call { return call{body: []byte(body), header: http.Header{"Stripe-Signature": lines}} }
	}
	// around changes the header of a good signature.
	around := func(change func(string) string) func(served) call {
		return func(s served) call {
			c := s.signed(body)
			c.header.Set("Stripe-Signature", change(c.header.Get("Stripe-Signature")))
			return c
		}
	}
	skewed := func(secret string, skew time.Duration) func(served) call {
		return func(s served) call { return call{body: []byte(body), header: s.signature(secret, body, skew)} }
	}
	t := fmt.Sprintf("t=%d", newClock().Now().Unix())
	return []row{
		{name: "no secret", status: 401, code: "secret_not_configured", setUp: served.revokeAll, call: func(s served) call { return s.signed(body) }},
		{name: "no secret and no signature", status: 401, code: "secret_not_configured", setUp: served.revokeAll, call: header()},
		{name: "no signature", status: 401, code: "signature_missing", call: header()},
		{name: "an empty signature", status: 401, code: "signature_missing", call: header("")},
		{name: "no signature and no JSON", status: 401, code: "signature_missing", call: func(served) call { return call{body: []byte("{")} }},
		{name: "no t", status: 401, code: "signature_malformed", call: around(func(h string) string { _, v, _ := strings.Cut(h, ","); return v })},
		{name: "two t", status: 401, code: "signature_malformed", call: around(func(h string) string { return t + "," + h })},
		{name: "a bad t", status: 401, code: "signature_malformed", call: around(func(h string) string { return strings.Replace(h, "t=", "t=+", 1) })},
		{name: "over 4 KiB", status: 401, code: "signature_malformed", call: around(func(h string) string { return h + ",x=" + strings.Repeat("y", 4096) })},
		{name: "17 signatures", status: 401, code: "signature_malformed", call: around(func(h string) string { return h + strings.Repeat(",v1=00", 16) })},
		{name: "two header lines", status: 401, code: "signature_malformed", call: func(s served) call {
			c := s.signed(body)
			c.header.Add("Stripe-Signature", c.header.Get("Stripe-Signature"))
			return c
		}},
		{name: "another secret", status: 401, code: "signature_mismatch", call: skewed("whsec_another_secret", 0)},
		{name: "another secret, and long ago", status: 401, code: "signature_mismatch", call: skewed("whsec_another_secret", -time.Hour)},
		{name: "only v0", status: 401, code: "signature_mismatch", call: around(func(h string) string { return strings.Replace(h, "v1=", "v0=", 1) })},
		{name: "not hex", status: 401, code: "signature_mismatch", call: header(t + ",v1=" + strings.Repeat("z", 64))},
		{name: "truncated", status: 401, code: "signature_mismatch", call: around(func(h string) string { return h[:len(h)-1] })},
		{name: "one byte more in the body", status: 401, code: "signature_mismatch", call: func(s served) call {
			c := s.signed(body)
			c.body = append(c.body, '\n')
			return c
		}},
		{name: "301 s ago", status: 401, code: "signature_expired", call: skewed(secretText, -301*time.Second)},
		{name: "301 s from now", status: 401, code: "signature_in_future", call: skewed(secretText, 301*time.Second)},
	}
}

func jsonRows() []row {
	bodies := []struct{ name, code, body string }{
		{"empty", "malformed_json", ""},
		{"white space", "malformed_json", " \n"},
		{"cut off", "malformed_json", event("evt_1")[:40]},
		{"trailing bytes", "malformed_json", event("evt_1") + "x"},
		{"two values", "malformed_json", event("evt_1") + event("evt_2")},
		{"a byte order mark", "malformed_json", "\uFEFF" + event("evt_1")},
		{"a form", "malformed_json", "id=evt_1"},
		{"a list", "not_an_object", "[" + event("evt_1") + "]"},
		{"null", "not_an_object", "null"},
		{"text", "not_an_object", `"evt_1"`},
		{"the key twice", "duplicate_field", `{"id":"evt_1","type":"a","id":"evt_2"}`},
		{"the key twice, once in disguise", "duplicate_field", `{"id":"evt_1","\u0069d":"evt_2"}`},
		{"another field twice", "duplicate_field", `{"id":"evt_1","a":1,"a":1}`},
		{"the key twice behind a flood", "duplicate_field", `{"a":{` + strings.Repeat(`"x":1,`, 1000) + `"x":1},"id":"evt_1","id":"evt_2"}`},
		{"bytes that are no text", "invalid_utf8", `{"id":"evt_` + "\xff" + `"}`},
		{"a lone surrogate", "invalid_utf8", `{"id":"evt_\ud800"}`},
		{"a name that is no text", "invalid_utf8", `{"id":"evt_1","` + "\xff" + `":1}`},
		{"nested 129 deep", "too_deep", `{"id":"evt_1","a":` + strings.Repeat("[", 128) + strings.Repeat("]", 128) + `}`},
	}
	var rows []row
	for _, b := range bodies {
		rows = append(rows, row{name: b.name, status: 400, code: b.code, call: func(s served) call { return s.signed(b.body) }})
	}
	configured := func(s served) {
		s.settings(`{"idempotency_key_path":"body.data.object.id","event_type_path":"headers.x-type"}`)
	}
	return append(rows,
		row{name: "a field twice on a configured path", status: 400, code: "duplicate_field", setUp: configured, call: func(s served) call {
			return s.signed(`{"data":{"object":{"id":"a"},"object":{"id":"b"}}}`)
		}},
		row{name: "no text on a configured path", status: 400, code: "invalid_utf8", setUp: configured, call: func(s served) call {
			return s.signed(`{"data":{"object":{"id":"` + "\xff" + `"}}}`)
		}},
		row{name: "a header twice on a configured path", status: 400, code: "duplicate_field", setUp: configured, call: func(s served) call {
			c := s.signed(event("evt_1"))
			c.header["X-Type"] = []string{"a", "a"}
			return c
		}},
		row{name: "not signed, where that is accepted", status: 400, code: "malformed_json", setUp: func(s served) {
			s.settings(`{"enforce_verification":false}`)
		}, call: func(served) call { return call{body: []byte("{")} }},
	)
}

func TestContract(t *testing.T) {
	t.Parallel()

	for _, row := range contract() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()

			alter := row.alter
			if alter == nil {
				alter = func(*ingest.Config) {}
			}
			s := serve(t, alter)
			if row.setUp != nil {
				row.setUp(s)
			}
			c := row.call(s)

			got := s.send(c)
			if got.code != row.status || got.Error.Code != row.code {
				t.Fatalf("%d %s, want %d %s", got.code, got.raw, row.status, row.code)
			}
			checkRefusal(t, s, got)
			checkStored(t, s, row, c)

			s.makeWhole()
			after := s.send(s.signed(event("evt_after")))
			if after.code != 200 || after.Status != "accepted" {
				t.Errorf("a valid webhook right after: %d %s", after.code, after.raw)
			}
		})
	}
}

func checkRefusal(t *testing.T, s served, got reply) {
	t.Helper()
	if got.code == 431 { // net/http's own
		s.expectCounted(`daybook_ingest_requests_total{code="headers_too_large"}`, "1")
		return
	}
	if len(got.Error.Message) < 20 || !strings.HasSuffix(got.Error.Message, ".") {
		t.Errorf("the message says too little: %q", got.Error.Message)
	}
	if got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers: %v", got.header)
	}
	if allow := got.header.Get("Allow"); (got.code == 405) != (allow == "POST") {
		t.Errorf("Allow: %q", allow)
	}
	s.expectCounted(fmt.Sprintf("daybook_ingest_requests_total{code=%q}", got.Error.Code), "1")
}

// checkStored finds the rejection of a row that has one, and else nothing.
func checkStored(t *testing.T, s served, row row, c call) {
	t.Helper()
	if webhooks := s.stored(webhook.StreamPrefix); len(webhooks) != 0 {
		t.Errorf("%d events of webhooks are stored", len(webhooks))
	}
	rejections := s.rejections()
	if row.silent {
		if len(rejections) != 0 {
			t.Errorf("stored: %+v", rejections)
		}
		return
	}
	if len(rejections) != 1 {
		t.Fatalf("%d rejections are stored, want 1", len(rejections))
	}
	got, ok := rejections[0].(rejection.RequestRejected)
	if !ok || got.Cause != row.code || got.Message == "" || got.Remote != "127.0.0.1" || got.Instance != "test" {
		t.Errorf("stored: %+v", got)
	}
	if got.Size > 0 && (got.Size != int64(len(c.body)) || got.Excerpt != rejection.Excerpt(c.body)) {
		t.Errorf("of %d bytes, %d were read, excerpt %.60q", len(c.body), got.Size, got.Excerpt)
	}
	if mustRead := row.status == 401 || row.status == 400; mustRead && got.Size != int64(len(c.body)) {
		t.Errorf("%d bytes were read", got.Size)
	}
	if got.Headers["stripe-signature"] != strings.Join(c.header["Stripe-Signature"], ", ") {
		t.Errorf("headers: %v", got.Headers)
	}
}

func (s served) withHeader(name, text string) call {
	c := s.signed(event("evt_1"))
	c.header.Set(name, text)
	return c
}

// rotate gives the source another ingest URL, at once.
func (s served) rotate() {
	s.t.Helper()
	path, err := s.sources.Rotate(s.t.Context(), s.at, 0, "admin")
	if err != nil {
		s.t.Fatal(err)
	}
	s.path = path
}

func (s served) revokeAll() {
	s.t.Helper()
	secrets, err := s.sources.Secrets(s.at)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, secret := range secrets {
		if err := s.sources.RevokeSecret(s.t.Context(), s.at, secret.ID, 0, "admin"); err != nil {
			s.t.Fatal(err)
		}
	}
}

// makeWhole undoes what a row did to the source.
func (s served) makeWhole() {
	s.t.Helper()
	s.settings(`{"idempotency_key_path":"body.id","event_type_path":"body.type","enforce_verification":true}`)
	secrets, err := s.sources.Secrets(s.at)
	if err != nil {
		s.t.Fatal(err)
	}
	if !slices.ContainsFunc(secrets, func(secret sources.Secret) bool { return secret.RevokedAt.IsZero() }) {
		if _, err := s.sources.AddSecret(s.t.Context(), s.at, secretText, "admin"); err != nil {
			s.t.Fatal(err)
		}
	}
	path, err := s.sources.IngestURL(s.at)
	if err != nil {
		s.t.Fatal(err)
	}
	s.path = path
}

func TestTheEdgesOfTheContractAreAccepted(t *testing.T) {
	t.Parallel()

	deep := `{"id":"evt_1","a":` + strings.Repeat("[", 127) + strings.Repeat("]", 127) + `}`
	largest := `{"id":"evt_1","pad":"` + strings.Repeat("x", 1<<20-23) + `"}`
	if len(largest) != 1<<20 {
		t.Fatalf("the largest body has %d bytes", len(largest))
	}
	for name, change := range map[string]func(*rig, *call){
		"identity":          func(_ *rig, c *call) { c.header.Set("Content-Encoding", "Identity") },
		"no content type":   func(_ *rig, c *call) { c.header.Del("Content-Type") },
		"any content type":  func(_ *rig, c *call) { c.header.Set("Content-Type", "text/plain") },
		"300 s ago":         func(r *rig, c *call) { c.header = r.signature(secretText, string(c.body), -300*time.Second) },
		"300 s from now":    func(r *rig, c *call) { c.header = r.signature(secretText, string(c.body), 300*time.Second) },
		"headers of 15 KiB": func(_ *rig, c *call) { c.header.Set("X-Large", strings.Repeat("x", 15<<10)) },
		"128 deep":          func(r *rig, c *call) { *c = r.signed(deep) },
		"1 MiB":             func(r *rig, c *call) { *c = r.signed(largest) },
		"white space":       func(r *rig, c *call) { *c = r.signed("\r\n\t " + event("evt_1") + " \n") },
		"deeper flaws":      func(r *rig, c *call) { *c = r.signed(`{"id":"evt_1","a":{"b":1,"b":"` + "\xff" + `"}}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := serve(t)
			c := s.signed(event("evt_1"))
			change(s.rig, &c)
			want := bytes.Clone(c.body)
			got := s.send(c)
			if got.code != 200 || got.Status != "accepted" || got.ID != "development.stripe.evt_1" || got.Stream != "webhook-development.stripe.evt_1" {
				t.Fatalf("%d %s", got.code, got.raw)
			}
			stored := s.stored(webhook.StreamPrefix)
			if len(stored) != 1 || !bytes.Equal(stored[0].Data, want) {
				t.Errorf("what is stored is not what was sent")
			}
			if flags := s.webhook(got.Stream).Current().Received.Receipt.Flags; (name == "deeper flaws") != (len(flags) == 2) {
				t.Errorf("flags: %q", flags)
			}
			if rejections := s.rejections(); len(rejections) != 0 {
				t.Errorf("rejections: %+v", rejections)
			}
		})
	}
}

func TestSuccessInTheContractsWords(t *testing.T) {
	t.Parallel()

	s := serve(t)
	want := `{"status":"accepted","id":"development.stripe.evt_1","stream":"webhook-development.stripe.evt_1"}` + "\n"
	for range 2 {
		got := s.send(s.signed(event("evt_1")))
		if got.code != 200 || got.raw != want {
			t.Errorf("%d %s, want %s", got.code, got.raw, want)
		}
		kept := http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"}}
		for name := range maps.Keys(kept) {
			if got.header.Get(name) != kept.Get(name) {
				t.Errorf("%s: %s", name, got.header.Get(name))
			}
		}
		want = strings.Replace(want, "accepted", "duplicate", 1)
	}
}
