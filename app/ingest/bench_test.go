package ingest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// discardResponse is a response that nobody reads.
type discardResponse struct {
	header http.Header
	status int
}

func (d *discardResponse) Header() http.Header         { return d.header }
func (d *discardResponse) Write(b []byte) (int, error) { return len(b), nil }
func (d *discardResponse) WriteHeader(status int)      { d.status = status }

// body of about 3 KB, as Stripe's are: many small members, white space.
func invoice(id string) string {
	var lines strings.Builder
	for i := range 40 {
		fmt.Fprintf(&lines, "      \"member_%d\": \"some text of an invoice\",\n      \"amount_%d\": %d,\n", i, i, i*100)
	}
	return fmt.Sprintf("{\n  \"id\": %q,\n  \"type\": \"invoice.paid\",\n  \"created\": 1700000000,\n  \"data\": {\n    \"object\": {\n%s      \"id\": \"in_1\",\n      \"customer\": \"cus_1\"\n    }\n  }\n}", id, &lines)
}

func BenchmarkAccept(b *testing.B) {
	r := newRig(b)
	r.accepted = nil
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, r.path, nil)
	if err != nil {
		b.Fatal(err)
	}
	request.SetPathValue("token", strings.TrimPrefix(r.path, "/in/"))
	request.RemoteAddr = "203.0.113.7:1234"
	bodies := make([][]byte, b.N)
	headers := make([]http.Header, b.N)
	for i := range b.N {
		body := invoice(fmt.Sprint("evt_", i))
		bodies[i], headers[i] = []byte(body), r.signature(secretText, body, 0)
		headers[i].Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
		headers[i].Set("Content-Type", "application/json; charset=utf-8")
		headers[i].Set("Accept", "*/*; q=0.5, application/xml")
		headers[i].Set("Cache-Control", "no-cache")
	}
	b.SetBytes(int64(len(bodies[0])))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		request.Header = headers[i]
		request.Body = closable{bytes.NewReader(bodies[i])}
		request.ContentLength = int64(len(bodies[i]))
		w := discardResponse{header: http.Header{}}
		r.handler.ServeHTTP(&w, request)
		if w.status != 200 {
			b.Fatal(w.status)
		}
	}
}

type closable struct{ *bytes.Reader }

func (closable) Close() error { return nil }
