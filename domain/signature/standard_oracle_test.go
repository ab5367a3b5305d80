package signature_test

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"daybook/domain/es"
)

// The reference library is the oracle: over many headers, most of them wrong in
// one way or another, both accept and both refuse the same ones, save for what
// is refused here on purpose. In the bubble both read the same clock.
func TestStandardAgreesWithTheReferenceLibrary(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scheme, live := lookup(t, "standard_webhooks"), secrets(t, standardSecret)
		oracle, err := standardwebhooks.NewWebhook(standardSecret)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		accepted, strict := 0, 0
		for range 20_000 {
			header := drawStandard(t, r, oracle)
			theirs := oracle.Verify([]byte(standardBody), header)
			_, ours := scheme.Verify(header, []byte(standardBody), live, es.TimeOf(time.Now()), 5*time.Minute)
			switch {
			case ours == nil && theirs != nil:
				t.Fatalf("accepted here, and there %v: %v", theirs, header)
			case ours == nil:
				accepted++
			case theirs == nil && !refusedOnPurpose(header):
				t.Fatalf("accepted there, and here %+v: %v", ours, header)
			case theirs == nil:
				strict++
			}
		}
		if accepted < 1000 || strict < 1000 {
			t.Errorf("only %d requests passed, and %d were refused on purpose: the law says little", accepted, strict)
		}
	})
}

// drawStandard is a signed request with something changed, or nothing.
func drawStandard(t *testing.T, r *rand.Rand, oracle *standardwebhooks.Webhook) http.Header {
	t.Helper()
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	id := pick("msg_1", "msg_1", "msg_2", "msg.1", "")
	at := time.Now().Add(time.Duration(r.IntN(700)-350) * time.Second)
	good, err := oracle.Sign(id, at, []byte(standardBody))
	if err != nil {
		t.Fatal(err)
	}
	entries := []string{good, good, "v1,", "v2," + good[3:], good[:20], standardV1, standardV1a, "v1", ""}
	list := make([]string, 1+r.IntN(4))
	for i := range list {
		list[i] = pick(entries...)
	}
	seconds := strconv.FormatInt(at.Unix(), 10)
	header := http.Header{}
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", pick(seconds, seconds, seconds, seconds, "+"+seconds, "0"+seconds, "", "now"))
	header.Set("webhook-signature", strings.Join(list, " "))
	return header
}

// refusedOnPurpose reports whether the request is one that Daybook refuses though
// its signature is right.
func refusedOnPurpose(header http.Header) bool {
	seconds := header.Get("webhook-timestamp")
	isPlain := seconds != "" && seconds[0] >= '1' && seconds[0] <= '9'
	hasBare := false
	for entry := range strings.SplitSeq(header.Get("webhook-signature"), " ") {
		hasBare = hasBare || entry != "" && !strings.Contains(entry, ",")
	}
	return strings.Contains(header.Get("webhook-id"), ".") || !isPlain || hasBare
}
