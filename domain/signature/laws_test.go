package signature_test

import (
	"encoding/base64"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"daybook/domain/es"
	"daybook/domain/signature"
)

// drawSecret draws a secret that the scheme takes and can sign with.
func drawSecret(t *rapid.T, scheme signature.Scheme) signature.Secret {
	text := rapid.StringMatching(`[!-~]{16,80}`).Draw(t, "secret")
	if name := scheme.Name(); name == "standard_webhooks" || name == "svix" {
		text = "whsec_" + base64.StdEncoding.EncodeToString(rapid.SliceOfN(rapid.Byte(), 24, 64).Draw(t, "key"))
	}
	secret, err := signature.NewSecret(text)
	if err != nil {
		t.Fatalf("NewSecret: %v", err)
	}
	if err := scheme.CheckSecret(secret); err != nil {
		t.Fatalf("CheckSecret: %v", err)
	}
	return secret
}

// What any scheme signs it verifies, among other secrets too; with one bit of
// the body, or of any header that it made or read, turned it does not.
func TestLawSigned(t *testing.T) {
	t.Parallel()
	for _, scheme := range signature.All() {
		t.Run(scheme.Name(), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				secret, other := drawSecret(t, scheme), drawSecret(t, scheme)
				sent := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
				at := es.Time(rapid.Int64Range(0, 1<<42).Draw(t, "at"))
				header := map[string][]string{}
				for _, prefix := range []string{"Webhook-", "Svix-"} {
					if scheme.Name() == "svix" == (prefix == "Svix-") {
						header[prefix+"Id"] = []string{rapid.StringMatching(`[!-\-/-~]{1,60}`).Draw(t, "id")}
					}
				}
				maps.Copy(header, scheme.Sign(secret, header, sent, at))
				verify := func(header map[string][]string, body []byte, live ...signature.Secret) (signature.Verification, *signature.Failure) {
					return scheme.Verify(header, body, live, at, time.Second)
				}
				got, failure := verify(header, sent, other, secret)
				if failure != nil || got.SecretFingerprint != secret.Fingerprint() && !secret.Equal(other) {
					t.Fatalf("what was signed is refused: %+v %+v", got, failure)
				}
				if _, failure := verify(header, sent, other); failure == nil && !secret.Equal(other) {
					t.Fatal("somebody else's secret verifies it")
				}
				if readsBody := scheme.Name() != "shared_secret" && scheme.Name() != "bearer"; readsBody {
					turned := append(slices.Clone(sent), 0)
					turned[rapid.IntRange(0, len(sent)).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
					if _, failure := verify(header, turned, secret); failure == nil || failure.Cause != signature.Mismatch {
						t.Fatalf("another body: %+v", failure)
					}
				}
				turnedHeader := turnBit(t, scheme, header)
				if _, failure := verify(turnedHeader, sent, secret); failure == nil {
					t.Fatalf("another header is accepted: %v", turnedHeader)
				}
			})
		})
	}
}

// turnBit turns one bit of one header that the scheme reads. The bit that makes
// lower case of upper is left alone: hex and Bearer may be written in either.
func turnBit(t *rapid.T, scheme signature.Scheme, header map[string][]string) map[string][]string {
	turned := maps.Clone(header)
	var read []string
	for name := range header {
		foreign := name == "Webhook-Id" && scheme.Name() != "standard_webhooks"
		if !foreign {
			read = append(read, name)
		}
	}
	slices.Sort(read)
	name := rapid.SampledFrom(read).Draw(t, "header")
	text := []byte(turned[name][0])
	text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 4).Draw(t, "bit")
	turned[name] = []string{string(text)}
	return turned
}

// Whatever is sent, the answer is one of CONTRACT's, and bounded.
func FuzzHeaders(f *testing.F) {
	f.Add(standardID, "1614265330", standardV1+" "+standardV1a)
	f.Add("msg.1", "+1", "v1,v1, v1a,,  ,v1")
	f.Add("", "", workosHeader)
	f.Add(" ", "99999999999999999999", githubHeader)
	f.Add("a", "1", "Bearer sixteen-bytes-or-more")
	vectors := publishedVectors()

	f.Fuzz(func(t *testing.T, id, seconds, signatures string) {
		for _, p := range vectors {
			header := map[string][]string{}
			for name := range p.header {
				header[name] = []string{signatures}
			}
			for _, prefix := range []string{"Webhook-", "Svix-"} {
				header[prefix+"Id"], header[prefix+"Timestamp"] = []string{id}, []string{seconds}
			}
			got, failure := lookup(t, p.scheme).Verify(header, []byte(p.body), secrets(t, p.secret), p.at, signature.DefaultTolerance)
			if failure == nil {
				if got.Status != signature.Verified || got.SecretFingerprint == "" {
					t.Fatalf("accepted as %+v", got)
				}
				continue
			}
			switch failure.Cause {
			case signature.Missing, signature.Malformed, signature.Mismatch, signature.Expired, signature.InFuture:
			default:
				t.Errorf("%s: cause %q", p.scheme, failure.Cause)
			}
			if len(failure.Parts) > 5 || len(failure.Message) > 400 {
				t.Errorf("%s: the failure grows with the header: %+v", p.scheme, failure)
			}
		}
	})
}
