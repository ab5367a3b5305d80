package ingest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/webhook"
)

func TestWhatIsKeptOfAWebhook(t *testing.T) {
	t.Parallel()

	s := serve(t)
	body := "{\r\n  \"id\":\t\"evt_1\", \"type\": \"invoice.paid\", \"created\": 1700000000,\n \"e\": \"\\u00e9é😀\", \"n\": 1e2,\n" +
		" \"data\": {\"object\": {\"id\": \"in_1\", \"customer\": \"cus_1\"}}\n}\n\n"
	c := s.signed(body)
	c.header.Set("User-Agent", "Stripe/1.0")
	c.header.Set("Authorization", "Bearer x")
	got := s.send(c)
	if got.Status != "accepted" {
		t.Fatalf("%d %s", got.code, got.raw)
	}

	stored := s.stored(webhook.StreamPrefix)
	if len(stored) != 1 || string(stored[0].Data) != body {
		t.Fatalf("stored: %+v", stored)
	}
	receipt := s.webhook(got.Stream).Current().Received.Receipt
	secret, err := signature.NewSecret(secretText)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, _ := s.sources.Secrets(s.at)
	if len(endpoint) != 1 || endpoint[0].Fingerprint != secret.Fingerprint() {
		t.Fatalf("secrets: %+v", endpoint)
	}
	zero := int64(0)
	want := webhook.Receipt{
		Generation:     1,
		IdempotencyKey: "evt_1",
		EventType:      "invoice.paid",
		EventID:        "evt_1",
		ObjectID:       "in_1",
		OccurredAt:     es.TimeOf(time.Unix(1700000000, 0)),
		Related:        []string{"cus_1"},
		Headers: map[string]string{
			"accept-encoding":  "gzip",
			"content-length":   fmt.Sprint(len(body)),
			"stripe-signature": c.header.Get("Stripe-Signature"),
			"user-agent":       "Stripe/1.0",
		},
		Verification: signature.Verification{
			Status: signature.Verified, Scheme: "stripe", SecretFingerprint: secret.Fingerprint(), SkewSeconds: &zero,
		},
		ConfigurationRevision: 2, // created, connected, a secret added
		Remote:                "127.0.0.1",
		Instance:              "test",
	}
	if diff := cmp.Diff(want, receipt); diff != "" {
		t.Errorf("receipt (-want +got):\n%s", diff)
	}

	// What is kept is enough to verify the signature again.
	header := http.Header{"Stripe-Signature": {receipt.Headers["stripe-signature"]}}
	if _, failure := (signature.Stripe{}).Verify(header, stored[0].Data, []signature.Secret{secret}, s.clock.at(0), time.Minute); failure != nil {
		t.Errorf("verified again: %+v", failure)
	}
}

func TestOthersAreToldOfEachNewGeneration(t *testing.T) {
	t.Parallel()

	s := serve(t)
	s.send(s.signed(event("evt_1")))
	s.send(s.signed(event("evt_1")))
	s.clock.move(25 * time.Hour)
	s.send(s.signed(event("evt_1")))

	if len(s.accepted) != 2 {
		t.Fatalf("others were told of %d", len(s.accepted))
	}
	for i, a := range s.accepted {
		want := webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_1", Generation: i + 1}
		if a.Ref != want {
			t.Errorf("ref: %+v, want %+v", a.Ref, want)
		}
		if current := a.Loaded.State.Current(); len(a.Loaded.State.Generations) != i+1 || string(current.Received.Body) != event("evt_1") {
			t.Errorf("state: %+v", a.Loaded.State)
		}
		if body, ok := a.Body.(map[string]any); !ok || body["id"] != "evt_1" {
			t.Errorf("body: %v", a.Body)
		}
		// It can be built upon without reading.
		later := es.Event{ID: [16]byte{byte(i + 1)}, Type: "Later", Data: []byte("{}"), Metadata: []byte("{}")}
		if _, err := s.store.Append(t.Context(), a.Ref.Stream(), a.Loaded.Expected(), later); (err == nil) != (i == 1) {
			t.Errorf("append to what was accepted as generation %d: %v", i+1, err)
		}
	}
}

func TestCopiesAtOnceAreOneWebhook(t *testing.T) {
	t.Parallel()

	const copies = 64
	s := serve(t)
	replies := make([]reply, copies)
	var all sync.WaitGroup
	for i := range copies {
		all.Go(func() { replies[i] = s.send(s.signed(event("evt_1"))) })
	}
	all.Wait()

	count := map[string]int{}
	for _, got := range replies {
		count[got.Status]++
		if got.ID != "development.stripe.evt_1" {
			t.Errorf("%d %s", got.code, got.raw)
		}
	}
	if count["accepted"] != 1 || count["duplicate"] != copies-1 {
		t.Errorf("answers: %v", count)
	}
	state := s.webhook("webhook-development.stripe.evt_1")
	if len(state.Generations) != 1 || state.Current().Deliveries != copies {
		t.Errorf("%d generations, %d deliveries", len(state.Generations), state.Current().Deliveries)
	}
	if len(s.accepted) != 1 {
		t.Errorf("others were told of %d", len(s.accepted))
	}
}

func TestADuplicateSaysWhetherItsBodyIsTheSame(t *testing.T) {
	t.Parallel()

	r := newRig(t)
	r.accepts("evt_1")
	r.do(r.signed(event("evt_1")))
	r.do(r.signed(`{"id":"evt_1","other":true}`))

	var same []bool
	for _, recorded := range r.stored(webhook.StreamPrefix)[1:] {
		fact, err := webhook.Codec().Decode(recorded)
		if err != nil {
			t.Fatal(err)
		}
		d := fact.Event.(webhook.DuplicateReceived)
		same = append(same, d.SameBody)
		if d.Verification.Status != signature.Verified || fact.Metadata.CorrelationID != "development.stripe.evt_1" {
			t.Errorf("%+v", fact)
		}
	}
	if diff := cmp.Diff([]bool{true, false}, same); diff != "" {
		t.Error(diff)
	}
}

func TestTheIdempotencyWindow(t *testing.T) {
	t.Parallel()

	r := newRig(t)
	for _, step := range []struct {
		after      time.Duration
		status, id string
	}{
		{0, "accepted", "development.stripe.evt_1"},
		{24 * time.Hour, "duplicate", "development.stripe.evt_1"}, // the window counts from the last delivery
		{24 * time.Hour, "duplicate", "development.stripe.evt_1"},
		{24*time.Hour + time.Millisecond, "accepted", "development.stripe.evt_1~2"},
		{time.Hour, "duplicate", "development.stripe.evt_1~2"},
		{25 * time.Hour, "accepted", "development.stripe.evt_1~3"},
	} {
		r.clock.move(step.after)
		got := r.do(r.signed(event("evt_1")))
		if got.Status != step.status || got.ID != step.id || got.Stream != "webhook-development.stripe.evt_1" {
			t.Errorf("after another %s: %d %s, want %s %s", step.after, got.code, got.raw, step.status, step.id)
		}
	}
	var deliveries []int
	for _, g := range r.webhook("webhook-development.stripe.evt_1").Generations {
		deliveries = append(deliveries, g.Deliveries)
	}
	if diff := cmp.Diff([]int{3, 2, 1}, deliveries); diff != "" {
		t.Error(diff)
	}

	r.settings(`{"idempotency_window":"forever"}`)
	r.clock.move(10_000 * time.Hour)
	if got := r.do(r.signed(event("evt_1"))); got.Status != "duplicate" || got.ID != "development.stripe.evt_1~3" {
		t.Errorf("with a window that never ends: %d %s", got.code, got.raw)
	}
}

func TestWithoutIdempotencyEachDeliveryIsAWebhook(t *testing.T) {
	t.Parallel()

	r := newRig(t)
	r.settings(`{"idempotency_key_path":null}`)
	first, second := r.do(r.signed(event("evt_1"))), r.do(r.signed(event("evt_1")))
	if first.Status != "accepted" || second.Status != "accepted" || first.ID == second.ID {
		t.Errorf("%s and %s", first.raw, second.raw)
	}
	receipt := r.webhook(first.Stream).Current().Received.Receipt
	if receipt.KeyProblem != webhook.KeyOff || receipt.EventID != "evt_1" || !strings.HasPrefix(first.ID, "development.stripe.~g-") {
		t.Errorf("%s: %+v", first.ID, receipt)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()

	r := newRig(t)
	for body, problem := range map[string]webhook.KeyProblem{
		`{}`:          webhook.KeyMissing,
		`{"id":null}`: webhook.KeyMissing,
		`{"id":5}`:    webhook.KeyNotString,
		`{"id":""}`:   webhook.KeyEmpty,
		`{"id":"` + strings.Repeat("é", 256) + `"}`: webhook.KeyTooLong,
	} {
		got := r.do(r.signed(body))
		if got.code != 200 || got.Status != "accepted" || !strings.HasPrefix(got.ID, "development.stripe.~g-") {
			t.Errorf("%.40s: %d %s", body, got.code, got.raw)
			continue
		}
		receipt := r.webhook(got.Stream).Current().Received.Receipt
		if receipt.KeyProblem != problem || receipt.EventType != "" {
			t.Errorf("%.40s: %+v", body, receipt)
		}
	}
}

func TestKeysThatNeedAHash(t *testing.T) {
	t.Parallel()

	r := newRig(t)
	seen := map[es.Stream]bool{}
	for _, key := range []string{"a b", "a/b", "../../x", "~g-1", "é", "e\u0301", `\u0000`, strings.Repeat("x", 201), strings.Repeat("é", 255)} {
		body := `{"id":"` + key + `"}`
		first, again := r.do(r.signed(body)), r.do(r.signed(body))
		if first.Status != "accepted" || again.Status != "duplicate" || first.ID != again.ID {
			t.Errorf("%.20s: %s and %s", key, first.raw, again.raw)
		}
		if _, err := webhook.ParseID(first.ID); err != nil || len(first.ID) > 100 || seen[first.Stream] {
			t.Errorf("%.20s: %s, %v", key, first.ID, err)
		}
		seen[first.Stream] = true
	}
}

func TestWhereVerificationIsNotEnforced(t *testing.T) {
	t.Parallel()

	r := newRig(t)
	r.settings(`{"enforce_verification":false}`)
	for cause, c := range map[signature.Cause]call{
		"":                  r.signed(event("evt_1")),
		signature.Missing:   {body: []byte(event("evt_2"))},
		signature.Mismatch:  {body: []byte(event("evt_3")), header: r.signature("whsec_another_secret", event("evt_3"), 0)},
		signature.Expired:   {body: []byte(event("evt_4")), header: r.signature(secretText, event("evt_4"), -time.Hour)},
		signature.Malformed: {body: []byte(event("evt_5")), header: http.Header{"Stripe-Signature": {"v1=00"}}},
	} {
		got := r.do(c)
		if got.code != 200 || got.Status != "accepted" {
			t.Errorf("%s: %d %s", cause, got.code, got.raw)
			continue
		}
		verification := r.webhook(got.Stream).Current().Received.Receipt.Verification
		if verification.Cause != cause || (verification.Status == signature.Verified) != (cause == "") {
			t.Errorf("%s: %+v", cause, verification)
		}
	}
}

func TestTwoSecretsAreLive(t *testing.T) {
	t.Parallel()

	r := newRig(t)
	const other = "whsec_the_other_secret"
	if _, err := r.sources.AddSecret(t.Context(), r.at, other, "admin"); err != nil {
		t.Fatal(err)
	}
	for i, secret := range []string{secretText, other} {
		body := event(fmt.Sprint("evt_", i))
		if got := r.do(call{body: []byte(body), header: r.signature(secret, body, 0)}); got.Status != "accepted" {
			t.Errorf("%d %s", got.code, got.raw)
		}
	}
}

// What comes by the URL that a newer one replaces says so, as long as it works.
func TestByWhichTokenItCame(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	came := func(path, key string) string {
		t.Helper()
		got := r.do(call{path: path, body: []byte(event(key)), header: r.signature(secretText, event(key), 0)})
		if got.code != 200 {
			t.Fatalf("%d %s", got.code, got.raw)
		}
		return r.webhook(got.Stream).Current().Received.Receipt.OldToken
	}
	if token := came(r.path, "evt_1"); token != "" {
		t.Errorf("the only URL is told as an old one, %s", token)
	}
	newest, err := r.sources.Rotate(t.Context(), r.at, time.Hour, "admin")
	if err != nil {
		t.Fatal(err)
	}
	if old, now := came(r.path, "evt_2"), came(newest, "evt_3"); old == "" || now != "" {
		t.Errorf("by the old URL came %q, by the new one %q", old, now)
	}
}
