package signature_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"

	"daybook/domain/es"
	"daybook/domain/signature"
)

const oracleHeaders = 120_000

// exception is a way in which Daybook refuses on purpose what stripe-go
// accepts. It is judged from the request alone, not from our answer.
type exception struct {
	name    string
	applies func(request) bool
}

func exceptions() []exception {
	stamp := func(applies func(string) bool) func(request) bool {
		return func(r request) bool { return slices.ContainsFunc(r.stamps(), applies) }
	}
	return []exception{
		{"a time in the future", stamp(func(t string) bool {
			n, err := strconv.ParseInt(t, 10, 64)
			return err == nil && n > bubbleStart+300
		})},
		{"a second t", func(r request) bool { return len(r.stamps()) > 1 }},
		{"t=+N", stamp(func(t string) bool { return strings.HasPrefix(t, "+") })},
		{"t=0N", stamp(func(t string) bool { return len(t) > 1 && strings.HasPrefix(strings.TrimLeft(t, "+-"), "0") })},
		{"longer than 4 KiB", func(r request) bool { return len(r.lines[0]) > 4096 }},
		{"more than 16 signatures", func(r request) bool { return strings.Count(","+r.lines[0], ",v1=") > 16 }},
		{"a second header line", func(r request) bool { return len(r.lines) > 1 }},
		{"a secret under 16 bytes", func(r request) bool {
			return slices.ContainsFunc(r.texts, func(text string) bool { return len(text) < 16 })
		}},
	}
}

// stripe-go is the oracle: over many headers, most of them wrong in one way or
// another, both accept and both refuse the same ones, save for the exceptions;
// and each exception is met. In the bubble both read the same clock, which
// stands still, so the edges of the tolerance can be tried to the millisecond.
func TestStripeAgreesWithStripeGo(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		g := generator{rand.New(rand.NewPCG(1, 2))}
		keys := map[string]signature.Secret{}
		met := map[string]int{}
		var accepted, refused int
		for i := range oracleHeaders {
			if i%1000 == 0 {
				time.Sleep(7 * time.Millisecond) // the bubble's clock moves, nobody waits
			}
			r := g.request(time.Now())
			theirs := r.acceptedByStripeGo()
			ours := r.acceptedByUs(keys, time.Now())
			switch {
			case ours && theirs:
				accepted++
			case !ours && !theirs:
				refused++
			case ours:
				t.Fatalf("accepted, and stripe-go refuses it: %q", r)
			default:
				reasons := r.exceptions()
				if len(reasons) == 0 {
					t.Fatalf("refused, and stripe-go accepts it: %q", r)
				}
				if len(reasons) == 1 { // else it does not tell which of them it was
					met[reasons[0]]++
				}
			}
		}
		t.Logf("%d accepted by both, %d refused by both, exceptions met alone: %v", accepted, refused, met)
		for _, e := range exceptions() {
			if met[e.name] == 0 {
				t.Errorf("the exception %q was never met alone", e.name)
			}
		}
		if accepted < oracleHeaders/10 || refused < oracleHeaders/10 {
			t.Errorf("only %d accepted and %d refused by both: the generator is lopsided", accepted, refused)
		}
	})
}

// bubbleStart is when time begins in a bubble, in seconds.
const bubbleStart = 946684800

type request struct {
	lines []string
	body  []byte
	texts []string // of the live secrets
}

func (r request) stamps() []string {
	var stamps []string
	for part := range strings.SplitSeq(r.lines[0], ",") {
		if stamp, ok := strings.CutPrefix(part, "t="); ok {
			stamps = append(stamps, stamp)
		}
	}
	return stamps
}

func (r request) exceptions() []string {
	var names []string
	for _, e := range exceptions() {
		if e.applies(r) {
			names = append(names, e.name)
		}
	}
	return names
}

func (r request) acceptedByStripeGo() bool {
	for _, text := range r.texts {
		if webhook.ValidatePayload(r.body, r.lines[0], text) == nil {
			return true
		}
	}
	return false
}

func (r request) acceptedByUs(keys map[string]signature.Secret, now time.Time) bool {
	var live []signature.Secret
	for _, text := range r.texts {
		if _, ok := keys[text]; !ok {
			secret, err := signature.NewSecret(text)
			if err != nil {
				continue
			}
			keys[text] = secret
		}
		live = append(live, keys[text])
	}
	_, failure := signature.Stripe{}.Verify(header(r.lines...), r.body, live, es.TimeOf(now), signature.DefaultTolerance)
	return failure == nil
}

// generator makes requests that are right, then spoils most of them in a few
// ways at once.
type generator struct{ *rand.Rand }

func (g generator) oneIn(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g generator, of ...T) T { return of[g.IntN(len(of))] }

func (g generator) request(now time.Time) request {
	r := request{
		body:  []byte(pick(g, "", "{}", body, strings.Repeat("é", 50), "\x00\xff")),
		texts: []string{pick(g, "whsec_0123456789", "whsec_"+strings.Repeat("k", 32), strings.Repeat("long", 40))},
	}
	for g.oneIn(4) {
		r.texts = append(r.texts, pick(g, "whsec_9876543210", "whsec_"+strings.Repeat("z", 32)))
	}
	if g.oneIn(40) {
		r.texts = []string{pick(g, "", "short", "whsec_123456789")}
	}

	stamp := g.stamp(now)
	parts := []string{"t=" + stamp}
	for range 1 + g.IntN(3)*g.IntN(2) {
		parts = append(parts, g.signature(r, stamp))
	}
	for g.oneIn(3) {
		parts = append(parts, g.part(r, stamp))
	}
	g.Shuffle(len(parts)*g.IntN(2), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	if g.oneIn(30) {
		parts = parts[1:]
	}
	line := strings.Join(parts, pick(g, ",", ",", ",", ",", ",", ",", ",", ", ", ";"))
	if g.oneIn(20) {
		line = g.spoil(line)
	}
	r.lines = []string{line}
	if g.oneIn(50) {
		r.lines = append(r.lines, line)
	}
	return r
}

// stamp is a text for t: mostly a time within the tolerance or at its edge.
func (g generator) stamp(now time.Time) string {
	t := now.Unix() - int64(g.IntN(300))
	switch g.IntN(12) {
	case 0:
		t = now.Unix() + pick[int64](g, -298, -299, -300, -301, -302, 298, 299, 300, 301, 302)
	case 1:
		t = now.Unix() + pick[int64](g, -86400, 86400, 1<<33, -1<<33, 1<<40)
	case 2:
		return pick(g, "+", "0", "-", "00", "+0", " ", "0x", "１") + strconv.FormatInt(t, 10)
	case 3:
		return pick(g, "", "0", "-1", "x", "9223372036854775807", "9223372036854775808", "1e9", strconv.FormatInt(t, 10)+".0")
	}
	return strconv.FormatInt(t, 10)
}

// signature is a v1 part: mostly one that is right for a live secret.
func (g generator) signature(r request, stamp string) string {
	text := pick(g, r.texts...)
	signed := stamp
	if n, err := strconv.ParseInt(stamp, 10, 64); err == nil && !g.oneIn(10) {
		signed = strconv.FormatInt(n, 10) // as stripe-go reads it, for +N and 0N
	}
	sent := r.body
	switch g.IntN(14) {
	case 0:
		text = "whsec_of_somebody_else"
	case 1:
		sent = append([]byte("x"), sent...)
	}
	n, _ := strconv.ParseInt(signed, 10, 64) // what cannot be read is signed as 0: wrong either way
	mac := hex.EncodeToString(webhook.ComputeSignature(time.Unix(n, 0), sent, text))
	if signed != strconv.FormatInt(n, 10) {
		mac = macOf(text, signed, string(sent))
	}
	switch g.IntN(16) {
	case 0:
		mac = mac[:g.IntN(len(mac))]
	case 1:
		mac += pick(g, "0", "00", " ", "=", "zz")
	case 2:
		mac = "z" + mac[1:]
	case 3, 4:
		mac = strings.ToUpper(mac)
	}
	return pick(g, "v1", "v1", "v1", "v1", "v1", "v1", "v1", "v1", "v1", "v0", "V1", " v1", "v1 ", "v11") + "=" + mac
}

// part is a part that need not be there.
func (g generator) part(r request, stamp string) string {
	switch g.IntN(8) {
	case 0:
		return "t=" + pick(g, stamp, stamp, g.stamp(time.Now()))
	case 1:
		return "v0=" + strings.Repeat("0", 64)
	case 2:
		return strings.TrimSuffix(strings.Repeat("v1="+strings.Repeat("0", 2+62*g.IntN(2))+",", 12+g.IntN(8)), ",")
	case 3:
		return "x=" + strings.Repeat("y", pick(g, 0, 1, 3800, 4000, 4096))
	case 4:
		return pick(g, "", "=", "x", "v1", "t", "a=b=c", "v1=a=b", "é=é")
	default:
		return g.signature(r, stamp)
	}
}

// spoil alters the header in one place.
func (g generator) spoil(line string) string {
	at := g.IntN(len(line) + 1)
	switch g.IntN(4) {
	case 0:
		return line[:at]
	case 1:
		return line[:at] + pick(g, ",", "=", " ", "t", "0", "\x00", "t=1,") + line[at:]
	case 2:
		return line + pick(g, ",", " ", "\t", ",,")
	default:
		return line[min(at+1, len(line)):]
	}
}

func (r request) String() string {
	return fmt.Sprintf("%s | body %q | secrets %q", r.lines, r.body, r.texts)
}
