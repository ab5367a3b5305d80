package signature_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"daybook/domain/es"
	"daybook/domain/signature"
)

const (
	secretText = "whsec_test_secret"
	otherText  = "whsec_another_secret"
	body       = `{"id": "evt_test_webhook", "object": "event"}`
	signedAt   = 1700000000 // seconds
	v1         = "aafb6f8becb4b5db5da0da34d6fb419de5f0866d738651a835f821a8a96cf1f3"
	headerName = "Stripe-Signature"
)

// arrival is half a second after the second in which the body was signed.
const arrival = es.Time(signedAt*1000 + 500)

func secrets(t testing.TB, texts ...string) []signature.Secret {
	t.Helper()
	all := make([]signature.Secret, len(texts))
	for i, text := range texts {
		secret, err := signature.NewSecret(text)
		if err != nil {
			t.Fatalf("NewSecret: %v", err)
		}
		all[i] = secret
	}
	return all
}

func header(lines ...string) map[string][]string {
	return map[string][]string{headerName: lines}
}

// signed is a header of the fixed body at another t, text for text.
func signed(t testing.TB, stamp string) string {
	t.Helper()
	return "t=" + stamp + ",v1=" + macOf(secretText, stamp, body)
}

func TestStripeVerifiesWhatStripeSigned(t *testing.T) {
	t.Parallel()

	got, failure := signature.Stripe{}.Verify(header("t=1700000000,v1="+v1), []byte(body), secrets(t, secretText), arrival, signature.DefaultTolerance)
	if failure != nil {
		t.Fatalf("refused: %+v", failure)
	}
	want := signature.Verification{
		Status:            "verified",
		Scheme:            "stripe",
		SecretFingerprint: "7a200eb8",
		SkewSeconds:       new(int64(-1)),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verification (-want +got):\n%s", diff)
	}
}

func TestStripeAccepts(t *testing.T) {
	t.Parallel()
	bad := strings.Repeat("00", 32)

	for name, line := range map[string]string{
		"v1 before t":                       "v1=" + v1 + ",t=1700000000",
		"upper-case hex":                    "t=1700000000,v1=" + strings.ToUpper(v1),
		"a bad v1 before the good one":      "t=1700000000,v1=" + bad + ",v1=" + v1,
		"a bad v1 after the good one":       "t=1700000000,v1=" + v1 + ",v1=bad_signature",
		"an empty v1 beside the good one":   "t=1700000000,v1=,v1=" + v1,
		"a v0 beside the good one":          "t=1700000000,v1=" + v1 + ",v0=" + bad,
		"parts of the future":               "t=1700000000,v2=abc,v1=" + v1 + ",=",
		"16 signatures, the last one good":  "t=1700000000" + strings.Repeat(",v1="+bad, 15) + ",v1=" + v1,
		"16 signatures, the first one good": "t=1700000000,v1=" + v1 + strings.Repeat(",v1=no", 15),
		"4 KiB to the byte":                 padded("t=1700000000,v1="+v1, 4096),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, failure := signature.Stripe{}.Verify(header(line), []byte(body), secrets(t, otherText, secretText), arrival, signature.DefaultTolerance)
			if failure != nil {
				t.Errorf("refused: %+v", failure)
			}
		})
	}
}

// padded makes a header n bytes long with a part that means nothing.
func padded(line string, n int) string {
	return line + ",x=" + strings.Repeat("y", n-len(line)-len(",x="))
}

// The table of CONTRACT "Ingest", row by row. A case that breaks two rules
// shows which one stands first.
func TestStripeCauses(t *testing.T) {
	t.Parallel()
	good := "t=1700000000,v1=" + v1
	wrong := strings.Repeat("00", 32)

	tests := map[string]struct {
		header map[string][]string
		body   string   // default: the signed one
		texts  []string // default: the right secret
		want   signature.Failure
	}{
		"no secret": {
			header: header(good), texts: []string{},
			want: signature.Failure{Cause: "secret_not_configured", Parts: []string{"t", "v1"}, Signatures: 1, SkewSeconds: new(int64(-1))},
		},
		"no secret stands before no signature": {
			header: header(), texts: []string{},
			want: signature.Failure{Cause: "secret_not_configured"},
		},

		"no header":        {header: nil, want: signature.Failure{Cause: "signature_missing"}},
		"empty header":     {header: header(""), want: signature.Failure{Cause: "signature_missing"}},
		"header of spaces": {header: header(" \t "), want: signature.Failure{Cause: "signature_missing"}},
		"another provider's header": {
			header: map[string][]string{"X-Hub-Signature-256": {"sha256=" + v1}},
			want:   signature.Failure{Cause: "signature_missing"},
		},

		"no t":                   {header: header("v1=" + v1), want: malformed(1, nil, "v1")},
		"a t with a space":       {header: header(" t=1700000000,v1=" + v1), want: malformed(1, nil, "v1", "other")},
		"upper-case T":           {header: header("T=1700000000,v1=" + v1), want: malformed(1, nil, "v1", "other")},
		"two t":                  {header: header("t=1700000000,t=1700000000,v1=" + v1), want: malformed(1, new(int64(-1)), "t", "v1")},
		"two t, the first bad":   {header: header("t=x,t=1700000000,v1=" + v1), want: malformed(1, nil, "t", "v1")},
		"t empty":                {header: header("t=,v1=" + v1), want: malformed(1, nil, "t", "v1")},
		"t not a number":         {header: header("t=now,v1=" + v1), want: malformed(1, nil, "t", "v1")},
		"t with a plus":          {header: header(signed(t, "+1700000000")), want: malformed(1, nil, "t", "v1")},
		"t with a minus":         {header: header(signed(t, "-1700000000")), want: malformed(1, nil, "t", "v1")},
		"t with a leading zero":  {header: header(signed(t, "01700000000")), want: malformed(1, nil, "t", "v1")},
		"t with a fraction":      {header: header(signed(t, "1700000000.5")), want: malformed(1, nil, "t", "v1")},
		"t with an underscore":   {header: header(signed(t, "1_700000000")), want: malformed(1, nil, "t", "v1")},
		"t in other digits":      {header: header(signed(t, "١٧٠٠٠٠٠٠٠٠")), want: malformed(1, nil, "t", "v1")},
		"t overflows":            {header: header(signed(t, "99999999999999999999")), want: malformed(1, nil, "t", "v1")},
		"t of 16 digits":         {header: header(signed(t, "1700000000000000")), want: malformed(1, nil, "t", "v1")},
		"a trailing comma":       {header: header(good + ","), want: malformed(1, new(int64(-1)), "t", "v1")},
		"only a comma":           {header: header(","), want: malformed(0, nil)},
		"a part with two =":      {header: header(good + ",x=a=b"), want: malformed(1, new(int64(-1)), "t", "v1")},
		"a part without =":       {header: header("t=1700000000,v1"), want: malformed(0, new(int64(-1)), "t")},
		"two header lines":       {header: header(good, good), want: malformed(0, nil)},
		"two empty header lines": {header: header("", ""), want: malformed(0, nil)},
		"over 4 KiB":             {header: header(padded(good, 4097)), want: malformed(0, nil)},
		"17 signatures":          {header: header(good + strings.Repeat(",v1="+wrong, 16)), want: malformed(17, new(int64(-1)), "t", "v1")},
		"17 with unreadable":     {header: header("t=1700000000" + strings.Repeat(",v1=", 16) + ",v1=" + v1), want: malformed(17, new(int64(-1)), "t", "v1")},
		"malformed stands before mismatch": {
			header: header("t=1700000000,t=1,v1=" + wrong), want: malformed(1, new(int64(-1)), "t", "v1"),
		},

		"wrong signature": {header: header("t=1700000000,v1=" + wrong), want: mismatch(1, -1, "t", "v1")},
		"another body":    {header: header(good), body: body + "\n", want: mismatch(1, -1, "t", "v1")},
		"empty body":      {header: header(good), body: "-", want: mismatch(1, -1, "t", "v1")},
		"another secret":  {header: header(good), texts: []string{otherText}, want: mismatch(1, -1, "t", "v1")},
		"another t":       {header: header("t=1700000001,v1=" + v1), want: mismatch(1, 1, "t", "v1")},
		"only t":          {header: header("t=1700000000"), want: mismatch(0, -1, "t")},
		"only v0": {
			header: header("t=1700000000,v0=" + v1), want: mismatch(0, -1, "t", "v0"),
		},
		"upper-case V1":     {header: header("t=1700000000,V1=" + v1), want: mismatch(0, -1, "t", "other")},
		"v1 after a space":  {header: header("t=1700000000, v1=" + v1), want: mismatch(0, -1, "t", "other")},
		"v1 then a space":   {header: header(good + " "), want: mismatch(1, -1, "t", "v1")},
		"v1 empty":          {header: header("t=1700000000,v1="), want: mismatch(1, -1, "t", "v1")},
		"v1 truncated":      {header: header("t=1700000000,v1=" + v1[:62]), want: mismatch(1, -1, "t", "v1")},
		"v1 of odd length":  {header: header("t=1700000000,v1=" + v1[:63]), want: mismatch(1, -1, "t", "v1")},
		"v1 with a tail":    {header: header(good + "00"), want: mismatch(1, -1, "t", "v1")},
		"v1 not hex":        {header: header("t=1700000000,v1=" + strings.Repeat("zz", 32)), want: mismatch(1, -1, "t", "v1")},
		"v1 half hex":       {header: header("t=1700000000,v1=" + v1[:62] + "zz"), want: mismatch(1, -1, "t", "v1")},
		"v1 in base64":      {header: header("t=1700000000,v1=qvtvi+y0tdtdoNo01vtBneXwhm1zhlGoNfghqKls8fM"), want: mismatch(1, -1, "t", "v1")},
		"stands before old": {header: header("t=1600000000,v1=" + v1), want: mismatch(1, -100000001, "t", "v1")},
		"stands before future": {
			header: header("t=1800000000,v1=" + v1), want: mismatch(1, 100000000, "t", "v1"),
		},

		"expired":      {header: header(signed(t, "1699999700")), want: signature.Failure{Cause: "signature_expired", Parts: []string{"t", "v1"}, Signatures: 1, SkewSeconds: new(int64(-301))}},
		"at the epoch": {header: header(signed(t, "0")), want: signature.Failure{Cause: "signature_expired", Parts: []string{"t", "v1"}, Signatures: 1, SkewSeconds: new(int64(-1700000001))}},
		"in future":    {header: header(signed(t, "1700000301")), want: signature.Failure{Cause: "signature_in_future", Parts: []string{"t", "v1"}, Signatures: 1, SkewSeconds: new(int64(301))}},
		"t in milliseconds": {
			header: header(signed(t, "1700000000000")),
			want:   signature.Failure{Cause: "signature_in_future", Parts: []string{"t", "v1"}, Signatures: 1, SkewSeconds: new(int64(9223372037))},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, texts := body, []string{secretText}
			if tt.body != "" {
				sent = strings.TrimPrefix(tt.body, "-")
			}
			if tt.texts != nil {
				texts = tt.texts
			}
			tt.want.Scheme = "stripe"

			got, failure := signature.Stripe{}.Verify(tt.header, []byte(sent), secrets(t, texts...), arrival, signature.DefaultTolerance)
			if failure == nil {
				t.Fatalf("accepted: %+v", got)
			}
			if failure.Message == "" || !strings.Contains(failure.Message, ":") {
				t.Errorf("message %q does not say what to do", failure.Message)
			}
			failure.Message = ""
			if diff := cmp.Diff(tt.want, *failure); diff != "" {
				t.Errorf("failure (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(signature.Verification{}, got); diff != "" {
				t.Errorf("a verification beside the failure (-want +got):\n%s", diff)
			}
		})
	}
}

func malformed(signatures int, skew *int64, parts ...string) signature.Failure {
	return signature.Failure{Cause: "signature_malformed", Parts: parts, Signatures: signatures, SkewSeconds: skew}
}

func mismatch(signatures int, skew int64, parts ...string) signature.Failure {
	return signature.Failure{Cause: "signature_mismatch", Parts: parts, Signatures: signatures, SkewSeconds: &skew}
}

func TestStripeToleranceIsInclusiveToTheMillisecond(t *testing.T) {
	t.Parallel()
	line := header(signed(t, "1700000000"))
	const at = es.Time(signedAt * 1000)

	for name, tt := range map[string]struct {
		now       es.Time
		tolerance time.Duration
		want      signature.Cause
	}{
		"300 s old":                         {at + 300_000, 300 * time.Second, ""},
		"a millisecond more":                {at + 300_001, 300 * time.Second, "signature_expired"},
		"300 s ahead":                       {at - 300_000, 300 * time.Second, ""},
		"a millisecond further ahead":       {at - 300_001, 300 * time.Second, "signature_in_future"},
		"no tolerance, on time":             {at, 0, ""},
		"no tolerance, late":                {at + 1, 0, "signature_expired"},
		"no tolerance, early":               {at - 1, 0, "signature_in_future"},
		"a negative tolerance is never met": {at, -time.Second, "signature_expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, failure := signature.Stripe{}.Verify(line, []byte(body), secrets(t, secretText), tt.now, tt.tolerance)
			var got signature.Cause
			if failure != nil {
				got = failure.Cause
			}
			if got != tt.want {
				t.Errorf("cause %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStripeTriesEachLiveSecretAndSaysWhichMatched(t *testing.T) {
	t.Parallel()
	live := secrets(t, "whsec_of_last_year_0", secretText, otherText)

	for i, secret := range live {
		got, failure := signature.Stripe{}.Verify(signature.Stripe{}.Sign(secret, nil, []byte(body), arrival), []byte(body), live, arrival, 0+time.Second)
		if failure != nil {
			t.Fatalf("secret %d: refused: %+v", i, failure)
		}
		if got.SecretFingerprint != secret.Fingerprint() {
			t.Errorf("secret %d: matched %s, want %s", i, got.SecretFingerprint, secret.Fingerprint())
		}
	}
}

// While a secret is rolled Stripe signs with the old and the new one.
func TestStripeNamesTheFirstOfSeveralSecretsThatMatch(t *testing.T) {
	t.Parallel()
	rolled := header("t=1700000000,v1=" + macOf(otherText, "1700000000", body) + ",v1=" + v1)

	got, failure := signature.Stripe{}.Verify(rolled, []byte(body), secrets(t, secretText, otherText), arrival, signature.DefaultTolerance)
	if failure != nil || got.SecretFingerprint != "7a200eb8" {
		t.Errorf("%+v %+v, want the first secret, 7a200eb8", got, failure)
	}
}

func TestTheZeroSecretNeitherSignsNorVerifies(t *testing.T) {
	t.Parallel()
	var zero signature.Secret

	if got := (signature.Stripe{}).Sign(zero, nil, []byte(body), arrival); got != nil {
		t.Errorf("signed: %v", got)
	}
	unkeyed := header("t=1700000000,v1=" + macOf("", "1700000000", body))
	_, failure := signature.Stripe{}.Verify(unkeyed, []byte(body), []signature.Secret{zero}, arrival, signature.DefaultTolerance)
	if failure == nil || failure.Cause != signature.SecretNotConfigured {
		t.Errorf("alone: %+v, want %s", failure, signature.SecretNotConfigured)
	}
	_, failure = signature.Stripe{}.Verify(unkeyed, []byte(body), append(secrets(t, secretText), zero), arrival, signature.DefaultTolerance)
	if failure == nil || failure.Cause != signature.Mismatch {
		t.Errorf("beside another: %+v, want %s", failure, signature.Mismatch)
	}
}

func TestFailureShownWhereVerificationIsNotEnforced(t *testing.T) {
	t.Parallel()

	_, failure := signature.Stripe{}.Verify(header("t=1700000000"), []byte(body), secrets(t, secretText), arrival, signature.DefaultTolerance)
	want := signature.Verification{Status: "not_verified", Scheme: "stripe", SkewSeconds: new(int64(-1)), Cause: "signature_mismatch"}
	if diff := cmp.Diff(want, failure.Verification()); diff != "" {
		t.Errorf("verification (-want +got):\n%s", diff)
	}
}

// What is signed verifies; with one bit of the body, the time or the signature
// turned it does not.
func TestLawStripeSigned(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		secret, err := signature.NewSecret(rapid.StringMatching(`whsec_[!-~]{10,80}`).Draw(t, "secret"))
		if err != nil {
			t.Fatalf("NewSecret: %v", err)
		}
		sent := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		at := es.Time(rapid.Int64Range(0, 1<<42).Draw(t, "at"))
		lines := signature.Stripe{}.Sign(secret, nil, sent, at)

		verify := func(lines map[string][]string, sent []byte) *signature.Failure {
			_, failure := signature.Stripe{}.Verify(lines, sent, []signature.Secret{secret}, at, time.Second)
			return failure
		}
		if failure := verify(lines, sent); failure != nil {
			t.Fatalf("what was signed is refused: %+v", failure)
		}
		turned := append(append([]byte{}, sent...), 0)
		turned[rapid.IntRange(0, len(sent)).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if failure := verify(lines, turned); failure == nil || failure.Cause != signature.Mismatch {
			t.Fatalf("another body: %+v", failure)
		}
		text := []byte(lines[headerName][0])
		text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 4).Draw(t, "bit")
		if failure := verify(header(string(text)), sent); failure == nil {
			t.Fatalf("another header is accepted: %s", text)
		}
	})
}

// Whatever is sent, the answer is one of CONTRACT's, and a header passes only
// if it holds the one right MAC.
func FuzzStripeHeader(f *testing.F) {
	f.Add("t=1700000000,v1=" + v1)
	f.Add("t=+1700000000,v1=" + v1 + ",v0=" + v1)
	f.Add("v1=zz,v1=" + v1 + ",t=1700000000, x==,")
	f.Add(strings.Repeat("v1=,", 20) + "t=99999999999999999999")
	live := secrets(f, secretText)

	f.Fuzz(func(t *testing.T, line string) {
		got, failure := signature.Stripe{}.Verify(header(line), []byte(body), live, arrival, signature.DefaultTolerance)
		if failure == nil {
			if got.Status != signature.Verified || !strings.Contains(line, "t=") || !holdsMAC(line) {
				t.Fatalf("accepted %q: %+v", line, got)
			}
			return
		}
		switch failure.Cause {
		case signature.Missing, signature.Malformed, signature.Mismatch, signature.Expired, signature.InFuture:
		default:
			t.Errorf("cause %q of %q", failure.Cause, line)
		}
		if len(failure.Parts) > 4 || len(failure.Message) > 400 {
			t.Errorf("the failure grows with the header: %+v", failure)
		}
	})
}

// holdsMAC reports whether some t of the line is signed in it.
func holdsMAC(line string) bool {
	for part := range strings.SplitSeq(line, ",") {
		if stamp, ok := strings.CutPrefix(part, "t="); ok && strings.Contains(strings.ToLower(line), macOf(secretText, stamp, body)) {
			return true
		}
	}
	return false
}

func ExampleSecret_Fingerprint() {
	secret, err := signature.NewSecret("whsec_test_secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(secret, secret.Fingerprint())
	// Output: [redacted] 7a200eb8
}

func macOf(key, stamp, sent string) string {
	return hex.EncodeToString(referenceMAC(key, stamp+"."+sent))
}
