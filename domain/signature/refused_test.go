package signature_test

import (
	"strings"
	"testing"
	"time"

	"daybook/domain/es"
	"daybook/domain/signature"
)

// change is a way to alter the headers of a request that passes.
type change func(header map[string][]string)

func set(name string, lines ...string) change {
	return func(header map[string][]string) { header[name] = lines }
}

func drop(name string) change {
	return func(header map[string][]string) { delete(header, name) }
}

// Each scheme refuses what it should, with the one cause that it should.
func TestSchemesRefuse(t *testing.T) {
	t.Parallel()
	const (
		missing, malformed = signature.Missing, signature.Malformed
		mismatch           = signature.Mismatch
		wrongV1a           = "v1a,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
		wrongV1            = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	)
	long := strings.Repeat("x", 4097)
	for _, tt := range []struct {
		vector string
		name   string
		change change
		want   signature.Cause // empty: it passes all the same
	}{
		{"standard webhooks", "no id", drop("Webhook-Id"), missing},
		{"standard webhooks", "an empty id", set("Webhook-Id", " "), missing},
		{"standard webhooks", "no timestamp", drop("Webhook-Timestamp"), missing},
		{"standard webhooks", "no signature", drop("Webhook-Signature"), missing},
		{"standard webhooks", "two ids", set("Webhook-Id", standardID, standardID), malformed},
		{"standard webhooks", "two timestamps", set("Webhook-Timestamp", "1614265330", "1614265330"), malformed},
		{"standard webhooks", "two signature lines", set("Webhook-Signature", standardV1, standardV1), malformed},
		{"standard webhooks", "an id with a dot", set("Webhook-Id", "msg.1"), malformed},
		{"standard webhooks", "an id with a space", set("Webhook-Id", "msg 1"), malformed},
		{"standard webhooks", "an id with a control byte", set("Webhook-Id", "msg\x01"), malformed},
		{"standard webhooks", "an id with DEL", set("Webhook-Id", "msg\x7f"), malformed},
		{"standard webhooks", "an id that is no ASCII", set("Webhook-Id", "msg_é"), malformed},
		{"standard webhooks", "an id of 256 bytes", set("Webhook-Id", strings.Repeat("m", 256)), malformed},
		{"standard webhooks", "an id of 255 bytes", set("Webhook-Id", strings.Repeat("m", 255)), mismatch},
		{"standard webhooks", "another id", set("Webhook-Id", "msg_other"), mismatch},
		{"standard webhooks", "another timestamp", set("Webhook-Timestamp", "1614265331"), mismatch},
		{"standard webhooks", "a timestamp with a sign", set("Webhook-Timestamp", "+1614265330"), malformed},
		{"standard webhooks", "a timestamp with a zero", set("Webhook-Timestamp", "01614265330"), malformed},
		{"standard webhooks", "a timestamp that is text", set("Webhook-Timestamp", "today"), malformed},
		{"standard webhooks", "a timestamp that overflows", set("Webhook-Timestamp", "99999999999999999999"), malformed},
		{"standard webhooks", "a long header", set("Webhook-Signature", standardV1+" "+long), malformed},
		{"standard webhooks", "an entry without a version", set("Webhook-Signature", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="), malformed},
		{"standard webhooks", "17 signatures", set("Webhook-Signature", strings.Repeat(wrongV1+" ", 16)+standardV1), malformed},
		{"standard webhooks", "5 signatures v1a", set("Webhook-Signature", strings.Repeat(wrongV1a+" ", 5)+standardV1), malformed},
		{"standard webhooks", "4 signatures v1a", set("Webhook-Signature", strings.Repeat(wrongV1a+" ", 4)+standardV1), ""},
		{"standard webhooks", "16 signatures, the last one good", set("Webhook-Signature", strings.Repeat(wrongV1+" ", 15)+standardV1), ""},
		{"standard webhooks", "of another kind beside it", set("Webhook-Signature", "v2,abc "+standardV1a+" "+standardV1), ""},
		{"standard webhooks", "two spaces", set("Webhook-Signature", wrongV1+"  "+standardV1), ""},
		{"standard webhooks", "unreadable beside it", set("Webhook-Signature", "v1, v1,abc v1a,abc "+standardV1), ""},
		{"standard webhooks", "a wrong signature", set("Webhook-Signature", wrongV1), mismatch},
		{"standard webhooks", "an empty signature", set("Webhook-Signature", "v1,"), mismatch},
		{"standard webhooks", "a truncated signature", set("Webhook-Signature", standardV1[:40]), mismatch},
		{"standard webhooks", "without its padding", set("Webhook-Signature", strings.TrimRight(standardV1, "=")), mismatch},
		{"standard webhooks", "other bits behind the last byte", set("Webhook-Signature", standardV1[:len(standardV1)-2]+"F="), mismatch},
		{"standard webhooks", "only v1a", set("Webhook-Signature", standardV1a), mismatch},
		{"standard webhooks", "v1 called v1a", set("Webhook-Signature", "v1a"+standardV1[2:]), mismatch},
		{"standard webhooks, ed25519", "only v1", set("Webhook-Signature", standardV1), mismatch},
		{"standard webhooks, ed25519", "v1a called v1", set("Webhook-Signature", "v1"+standardV1a[3:]), mismatch},
		{"standard webhooks, ed25519", "a wrong one beside it", set("Webhook-Signature", "v1a,"+strings.Repeat("A", 86)+"== "+standardV1a), ""},
		{"svix", "the headers of the other family", func(header map[string][]string) {
			for _, name := range []string{"Id", "Timestamp", "Signature"} {
				header["Webhook-"+name] = header["Svix-"+name]
				delete(header, "Svix-"+name)
			}
		}, missing},
		{"svix", "another id in the other family", set("Webhook-Id", "msg_other"), ""},

		{"workos", "no header", drop("Workos-Signature"), missing},
		{"workos", "two header lines", set("Workos-Signature", workosHeader, workosHeader), malformed},
		{"workos", "without the space", set("Workos-Signature", strings.Replace(workosHeader, ", ", ",", 1)), ""},
		{"workos", "no t", set("Workos-Signature", workosHeader[len("t=1626125972272, "):]), malformed},
		{"workos", "two t", set("Workos-Signature", "t=1, "+workosHeader), malformed},
		{"workos", "t in seconds", set("Workos-Signature", strings.Replace(workosHeader, "1626125972272", "1626125972", 1)), mismatch},
		{"workos", "t of 16 digits", set("Workos-Signature", strings.Replace(workosHeader, "1626125972272", "1626125972272000", 1)), malformed},
		{"workos", "truncated", set("Workos-Signature", workosHeader[:40]), mismatch},
		{"workos", "junk", set("Workos-Signature", "some_junk"), malformed},

		{"github", "no header", drop("X-Hub-Signature-256"), missing},
		{"github", "only the old header", func(header map[string][]string) {
			header["X-Hub-Signature"] = []string{"sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"}
			delete(header, "X-Hub-Signature-256")
		}, missing},
		{"github", "two header lines", set("X-Hub-Signature-256", githubHeader, githubHeader), malformed},
		{"github", "without its prefix", set("X-Hub-Signature-256", githubHeader[len("sha256="):]), malformed},
		{"github", "sha1", set("X-Hub-Signature-256", "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"), malformed},
		{"github", "truncated", set("X-Hub-Signature-256", githubHeader[:60]), mismatch},
		{"github", "with a tail", set("X-Hub-Signature-256", githubHeader+"00"), mismatch},
		{"github", "in upper case", set("X-Hub-Signature-256", "sha256="+strings.ToUpper(githubHeader[7:])), ""},

		{"shopify", "no header", drop("X-Shopify-Hmac-Sha256"), missing},
		{"shopify", "in hex", set("X-Shopify-Hmac-Sha256", githubHeader[7:]), mismatch},
		{"shopify", "two header lines", set("X-Shopify-Hmac-Sha256", "a", "b"), malformed},
		{"shopify", "4 KiB and more", set("X-Shopify-Hmac-Sha256", long), malformed},

		{"segment", "no header", drop("X-Signature"), missing},
		{"segment", "sha256", set("X-Signature", githubHeader[7:]), mismatch},
		{"segment", "two header lines", set("X-Signature", "a", "b"), malformed},

		{"a secret in a header", "no header", drop("X-Webhook-Secret"), missing},
		{"a secret in a header", "another secret", set("X-Webhook-Secret", "sixteen-bytes-or-morE"), mismatch},
		{"a secret in a header", "a part of it", set("X-Webhook-Secret", "sixteen-bytes-or-mor"), mismatch},
		{"a secret in a header", "more than it", set("X-Webhook-Secret", "sixteen-bytes-or-more."), mismatch},
		{"a secret in a header", "twice", set("X-Webhook-Secret", "sixteen-bytes-or-more", "sixteen-bytes-or-more"), malformed},
		{"a bearer", "no header", drop("Authorization"), missing},
		{"a bearer", "another way to authorize", set("Authorization", "Basic c2l4dGVlbi1ieXRlcw=="), malformed},
		{"a bearer", "the secret alone", set("Authorization", "sixteen-bytes-or-more"), malformed},
		{"a bearer", "nothing after it", set("Authorization", "Bearer "), mismatch},
		{"a bearer", "in lower case", set("Authorization", "bearer sixteen-bytes-or-more"), ""},
		{"a bearer", "another secret", set("Authorization", "Bearer seventeen-bytes-or-more"), mismatch},
	} {
		t.Run(tt.vector+"/"+tt.name, func(t *testing.T) {
			t.Parallel()
			p := publishedVectors()[tt.vector]
			tt.change(p.header)
			_, failure := lookup(t, p.scheme).Verify(p.header, []byte(p.body), secrets(t, p.secret), p.at, signature.DefaultTolerance)
			switch {
			case tt.want == "" && failure != nil:
				t.Errorf("refused: %+v", failure)
			case tt.want == "":
			case failure == nil:
				t.Errorf("accepted, want %s", tt.want)
			case failure.Cause != tt.want:
				t.Errorf("%s, want %s: %s", failure.Cause, tt.want, failure.Message)
			case !strings.Contains(failure.Message, ":") || len(failure.Message) > 400:
				t.Errorf("message %q does not say what to do", failure.Message)
			case strings.Contains(failure.Message, p.secret):
				t.Errorf("the message gives the secret away: %s", failure.Message)
			}
		})
	}
}

func TestTolerances(t *testing.T) {
	t.Parallel()
	for name, p := range publishedVectors() {
		for off, want := range map[time.Duration]signature.Cause{
			300 * time.Second:                   "",
			-300 * time.Second:                  "",
			300*time.Second + time.Millisecond:  signature.Expired,
			-300*time.Second - time.Millisecond: signature.InFuture,
			1<<63 - 1:                           signature.Expired,
			-1 << 63:                            signature.InFuture,
		} {
			_, failure := lookup(t, p.scheme).Verify(p.header, []byte(p.body), secrets(t, p.secret), p.at+es.Time(off.Milliseconds()), signature.DefaultTolerance)
			switch {
			case !p.timed && failure != nil:
				t.Errorf("%s signs no time, and is refused at %s: %+v", name, off, failure)
			case p.timed && want == "" && failure != nil, p.timed && want != "" && (failure == nil || failure.Cause != want):
				t.Errorf("%s at %s: %+v, want %s", name, off, failure, want)
			}
		}
	}
}

func TestStandardSaysWhichKindOfSecretIsMissing(t *testing.T) {
	t.Parallel()
	scheme := lookup(t, "standard_webhooks")
	for _, tt := range []struct{ secret, signatures, says string }{
		{standardSecret, standardV1a, "whpk_"},
		{standardPublic, standardV1, "whsec_"},
		{standardSecret, "v1,short", "no v1 or v1a signature"},
		{standardSecret, "v1a," + strings.Repeat("A", 86) + "== " + "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "very endpoint"},
	} {
		_, failure := scheme.Verify(standardHeader("Webhook-", standardID, "1614265330", tt.signatures), []byte(standardBody), secrets(t, tt.secret), standardAt, time.Minute)
		if failure == nil || failure.Cause != signature.Mismatch || !strings.Contains(failure.Message, tt.says) {
			t.Errorf("%s by %s: %+v", tt.signatures, tt.secret, failure)
		}
	}
}

func TestCheckSecret(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		scheme, secret string
		says           string // empty: it is taken
	}{
		{"standard_webhooks", standardSecret, ""},
		{"standard_webhooks", strings.TrimPrefix(standardSecret, "whsec_"), ""},
		{"standard_webhooks", "v1a," + standardPublic, ""},
		{"standard_webhooks", "whsec_" + strings.Repeat("A", 88-2) + "==", ""},
		{"standard_webhooks", "whsec_" + strings.Repeat("A", 88), "66 bytes"},
		{"standard_webhooks", "whsec_" + strings.Repeat("A", 28), "21 bytes"},
		{"standard_webhooks", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_ and base64"},
		{"standard_webhooks", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!", "whsec_ and base64"},
		{"standard_webhooks", standardPublic[:40], "44 characters"},
		{"standard_webhooks", "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==", "private key"},
		{"svix", "any secret of 16 bytes", "whsec_ and base64"},
		{"bearer", "no spaces in here", "header cannot hold"},
		{"shared_secret", "nothing-but-ASCIÍ", "header cannot hold"},
		{"shared_secret", "all-that-is-visible!~", ""},
		{"stripe", "any secret of 16 bytes", ""},
		{"workos", "any secret of 16 bytes", ""},
		{"github", "any secret of 16 bytes", ""},
		{"shopify", "any secret of 16 bytes", ""},
		{"segment", "any secret of 16 bytes", ""},
	} {
		err := lookup(t, tt.scheme).CheckSecret(secrets(t, tt.secret)[0])
		switch {
		case tt.says == "" && err != nil, tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%s, %s: %v", tt.scheme, tt.secret, err)
		case err != nil && strings.Contains(err.Error(), tt.secret):
			t.Errorf("%s: the message quotes the secret: %v", tt.scheme, err)
		}
	}
}
