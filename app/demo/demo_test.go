package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daybook/app/trigger"
	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/template"
)

// delivery is a webhook that arrived, as far as the story needs it.
type delivery struct {
	raw    []byte
	forged bool

	ID, Type string
	Data     struct{ Object map[string]any }
}

func (d delivery) field(name string) string {
	if d.Data.Object[name] == nil {
		return ""
	}
	return fmt.Sprint(d.Data.Object[name])
}

// receiver takes webhooks as Daybook does, and keeps them.
type receiver struct {
	secret signature.Secret
	code   string // with which everything is refused, if it is not empty

	mu         sync.Mutex
	deliveries []delivery
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	raw, err := io.ReadAll(request.Body)
	d := delivery{raw: raw}
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, failure := signature.Stripe{}.Verify(request.Header, raw, []signature.Secret{r.secret}, es.TimeOf(time.Now()), time.Minute)
	d.forged = failure != nil
	r.mu.Lock()
	r.deliveries = append(r.deliveries, d)
	r.mu.Unlock()
	code := r.code
	if d.forged {
		code = string(failure.Cause)
	}
	if code != "" {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"error":{"code":%q,"message":"no"}}`, code)
		return
	}
	_, _ = io.WriteString(w, `{"status":"accepted","id":"x","stream":"webhook-x"}`)
}

// tellTo makes a demo that tells its story to a receiver.
func tellTo(t *testing.T, r *receiver, count int) *Demo {
	t.Helper()
	stripe, ok := template.Get("stripe")
	if !ok {
		t.Fatal("there is no Stripe template")
	}
	var err error
	if r.secret, err = signature.NewSecret("whsec_a_secret_for_tests"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return &Demo{
		config: Config{Now: time.Now, Logger: slog.New(slog.DiscardHandler), Count: count},
		sender: trigger.Sender{Client: &http.Client{Transport: &http.Transport{}}, URL: server.URL, Template: stripe, Secret: r.secret, Now: time.Now},
	}
}

// The opening shows at least 20 webhooks and every way in which one can end.
func TestOpening(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	if err := tellTo(t, r, len(opening())).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	types, bodies := map[string]int{}, map[string][]byte{}
	var forged, twice, incomplete, small, large int
	for _, d := range r.deliveries {
		types[d.Type]++
		switch {
		case d.forged:
			forged++
		case bodies[d.ID] != nil:
			twice++
			if !bytes.Equal(bodies[d.ID], d.raw) {
				t.Error("the second delivery is not like the first")
			}
		case d.Type == "checkout.session.completed" && d.field("customer") == "":
			incomplete++
		case d.Type == "invoice.payment_failed" && d.field("amount_due") == "1200":
			small++
		case d.Type == "invoice.payment_failed" && d.field("amount_due") == "9900":
			large++
		}
		bodies[d.ID] = d.raw
	}
	if len(bodies) < 20 {
		t.Errorf("%d different webhooks", len(bodies))
	}
	if forged != 1 || twice != 1 || incomplete != 1 || small != 1 || large != 1 {
		t.Errorf("%d forged, %d duplicates, %d without a recipient, %d and %d on both sides of the condition", forged, twice, incomplete, small, large)
	}
	if types["customer.created"] == 0 || types["charge.succeeded"] == 0 {
		t.Errorf("some that succeed and some that nothing matches are missing: %v", types)
	}
}

// A story is about one customer, one subscription and one invoice.
func TestStoriesShareTheirIDs(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	steps := chapter(true)
	if err := tellTo(t, r, len(steps)).tell(t.Context(), steps); !errors.Is(err, errCounted) {
		t.Fatal(err)
	}
	byType := map[string]delivery{}
	for _, d := range r.deliveries {
		if _, known := byType[d.Type]; !known && !d.forged {
			byType[d.Type] = d
		}
	}
	customer, subscription, invoice := byType["customer.created"].field("id"), byType["customer.subscription.created"].field("id"), byType["invoice.created"].field("id")
	if customer == "" || subscription == "" || invoice == "" {
		t.Fatalf("customer %q, subscription %q, invoice %q", customer, subscription, invoice)
	}
	for eventType, same := range map[string]map[string]string{
		"customer.subscription.created": {"customer": customer},
		"invoice.created":               {"customer": customer},
		"invoice.payment_failed":        {"id": invoice, "customer": customer, "amount_due": "9900"},
		"invoice.paid":                  {"id": invoice, "customer": customer, "attempt_count": "2"},
		"charge.succeeded":              {"customer": customer},
		"customer.subscription.updated": {"id": subscription, "customer": customer},
	} {
		for name, want := range same {
			if got := byType[eventType].field(name); got != want {
				t.Errorf("%s: %s is %q, want %q", eventType, name, got, want)
			}
		}
	}
	if !bytes.Contains(byType["invoice.paid"].raw, []byte(subscription)) {
		t.Error("the invoice does not name the subscription")
	}
}

// Who tries the demo may change its source: the story goes on.
func TestTheStoryBearsRefusals(t *testing.T) {
	t.Parallel()
	r := &receiver{code: "unknown_source"}
	if err := tellTo(t, r, 12).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(r.deliveries) != 12 {
		t.Errorf("%d deliveries", len(r.deliveries))
	}

	stranger := &receiver{}
	d := tellTo(t, stranger, 0)
	stranger.secret, _ = signature.NewSecret("whsec_which_is_not_the_demos")
	if err := d.send(t.Context(), trigger.Sample{Type: "invoice.paid"}, nil); err == nil {
		t.Error("a wrong secret is not noticed: the test proves little")
	}
}

// It does not bear a Daybook that is gone.
func TestTheStoryEndsWithTheServer(t *testing.T) {
	t.Parallel()
	d := tellTo(t, &receiver{}, 0)
	d.sender.URL = "http://127.0.0.1:1"
	if err := d.Run(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "demo: customer.created: ") {
		t.Errorf("it ended with %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := d.Run(ctx); err != nil {
		t.Errorf("when it was told to stop: %v", err)
	}
}

// After the opening something comes every one to three seconds.
func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var came []time.Time
		note := step{"a note", func(context.Context, *Demo) error {
			came = append(came, time.Now())
			if len(came) == 50 {
				stop()
			}
			return nil
		}}
		steps := make([]step, 100)
		for i := range steps {
			steps[i] = note
		}
		last := time.Now()
		d := &Demo{}
		if err := d.tell(ctx, d.pausing(ctx, steps)); !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
		if len(came) != 50 {
			t.Fatalf("%d came before the stop", len(came))
		}
		for _, at := range came {
			if gap := at.Sub(last); gap < time.Second || gap > 3*time.Second {
				t.Errorf("one came after %s", gap)
			}
			last = at
		}
	})
}
