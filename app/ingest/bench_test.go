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

// invoices makes n signed requests, and returns what has the handler accept one
// of them, as a server would.
func (r *rig) invoices(n int) func(i int) {
	r.t.Helper()
	r.accepted = nil
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	request.SetPathValue("token", strings.TrimPrefix(r.path, "/in/"))
	request.RemoteAddr = "203.0.113.7:1234"
	bodies := make([][]byte, n)
	headers := make([]http.Header, n)
	for i := range n {
		body := invoice(fmt.Sprint("evt_", i))
		bodies[i], headers[i] = []byte(body), r.signature(secretText, body, 0)
		headers[i].Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
		headers[i].Set("Content-Type", "application/json; charset=utf-8")
		headers[i].Set("Accept", "*/*; q=0.5, application/xml")
		headers[i].Set("Cache-Control", "no-cache")
	}
	return func(i int) {
		request.Header = headers[i]
		request.Body = closable{bytes.NewReader(bodies[i])}
		request.ContentLength = int64(len(bodies[i]))
		w := discardResponse{header: http.Header{}}
		r.handler.ServeHTTP(&w, request)
		if w.status != http.StatusOK {
			r.t.Fatal(w.status)
		}
	}
}

func BenchmarkAccept(b *testing.B) {
	accept := newRig(b).invoices(b.N)
	b.SetBytes(int64(len(invoice(""))))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		accept(i)
	}
}

type closable struct{ *bytes.Reader }

func (closable) Close() error { return nil }
