package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/template"
)

const eventType = "invoice.paid" // for which Stripe's default mappings have one action

// webhooks makes signed requests that differ in the event's id, and in the
// signature that follows from it. All other bytes are the same, so a connection
// writes those two into one buffer over and over, and the signing is done
// before anything is measured.
type webhooks struct {
	provider template.Template
	secret   signature.Secret
	body     []byte
	made     int
}

// idDigits is the length of an event's id after evt_.
const idDigits = 24

func newWebhooks(b *testing.B, secret string) *webhooks {
	b.Helper()
	provider, _ := template.Get("stripe")
	opened, err := signature.NewSecret(secret)
	if err != nil {
		b.Fatal(err)
	}
	sample, err := provider.Sample(eventType, template.Seed{
		Now:   es.TimeOf(time.Now()),
		NewID: func(prefix string) string { return prefix + "_" + idText(0) },
	})
	if err != nil {
		b.Fatal(err)
	}
	var body bytes.Buffer
	if err := json.Compact(&body, sample); err != nil {
		b.Fatal(err)
	}
	return &webhooks{provider: provider, secret: opened, body: body.Bytes()}
}

// ofKind makes webhooks of the type invoice.{kind}, with ids of their own.
func (w *webhooks) ofKind(b *testing.B, kind string) *webhooks {
	b.Helper()
	made := *w
	made.body = bytes.Replace(w.body, []byte(`"type":"`+eventType+`"`), []byte(`"type":"invoice.`+kind+`"`), 1)
	if bytes.Equal(made.body, w.body) {
		b.Fatal("the sample has no type to change")
	}
	made.made = 1_000_000_000 * int(kind[0])
	return &made
}

func idText(n int) string { return fmt.Sprintf("%0*d", idDigits, n) }

// signed is what is different in a request.
type signed struct {
	id        [idDigits]byte
	signature string
}

// make signs further webhooks, which were never made before.
func (w *webhooks) make(b *testing.B, n int) []signed {
	b.Helper()
	body := bytes.Clone(w.body)
	at := w.idAt(b)
	scheme, _ := signature.Lookup(w.provider.SignatureScheme)
	all := make([]signed, n)
	for i := range all {
		w.made++
		copy(all[i].id[:], idText(w.made))
		copy(body[at:], all[i].id[:])
		for _, lines := range scheme.Sign(w.secret, nil, body, es.TimeOf(time.Now())) {
			all[i].signature = lines[0]
		}
	}
	return all
}

// idAt finds the event's own id in the body: it stands first.
func (w *webhooks) idAt(b *testing.B) int {
	b.Helper()
	start := []byte(`{"id":"evt_`)
	if !bytes.HasPrefix(w.body, start) {
		b.Fatalf("the sample of %s begins with %.20s", eventType, w.body)
	}
	return len(start)
}

// request is the bytes of a request, and where the two differences go.
type request struct {
	bytes         []byte
	signature, id int
}

func (w *webhooks) request(b *testing.B, path string) *request {
	b.Helper()
	template := w.make(b, 1)[0]
	var r bytes.Buffer
	fmt.Fprintf(&r, "POST %s HTTP/1.1\r\nHost: daybook.example\r\n", path)
	for name, value := range w.provider.RequestHeaders {
		fmt.Fprintf(&r, "%s: %s\r\n", name, value)
	}
	r.WriteString("Content-Length: " + strconv.Itoa(len(w.body)) + "\r\nStripe-Signature: ")
	made := &request{signature: r.Len()}
	r.WriteString(template.signature + "\r\n\r\n")
	made.id = r.Len() + w.idAt(b)
	r.Write(w.body)
	made.bytes = r.Bytes()
	return made
}

func (r *request) become(s *signed) {
	copy(r.bytes[r.signature:], s.signature)
	copy(r.bytes[r.id:], s.id[:])
}
