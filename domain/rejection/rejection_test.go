package rejection_test

import (
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"daybook/domain/es"
	"daybook/domain/eventtest"
	"daybook/domain/rejection"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	eventtest.CheckFixtures(t, rejection.Codec(), os.DirFS("testdata/events"))
}

func FuzzDecode(f *testing.F) {
	eventtest.FuzzDecode(f, rejection.Codec(), os.DirFS("testdata/events"))
}

func TestAnIDLeadsBackToItsRejection(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		slug := rapid.StringMatching(`[a-z0-9][a-z0-9_-]{0,62}`)
		want := rejection.Ref{
			Environment: slug.Draw(t, "environment"), Source: slug.Draw(t, "source"),
			Revision: es.Revision(rapid.Uint64().Draw(t, "revision")),
		}
		if !rejection.IsID(want.ID()) {
			t.Fatalf("%s is no id", want.ID())
		}
		if got, err := rejection.ParseID(want.ID()); err != nil || got != want {
			t.Fatalf("ParseID(%q) = %+v, %v", want.ID(), got, err)
		}
		want.Revision = 0
		if got, err := rejection.ParseStream(want.Stream()); err != nil || got != want {
			t.Fatalf("ParseStream(%q) = %+v, %v", want.Stream(), got, err)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"", "rejection", "rejection.a.b", "rejection.a.b.", "rejection.a.b.x", "rejection.a.b.-1", "rejection.a.b.+1", "rejection.a.b.01",
		"rejection..b.1", "rejection.a..1", "rejection.a.b.1.2", "webhook.a.b.1", "rejection.a.b.18446744073709551616",
	} {
		if ref, err := rejection.ParseID(id); err == nil {
			t.Errorf("ParseID(%q) = %+v", id, ref)
		}
	}
	for _, stream := range []es.Stream{"", "rejection-", "rejection-a", "rejection-a.", "rejection-.b", "rejection-a.b.c", "webhook-a.b"} {
		if ref, err := rejection.ParseStream(stream); err == nil {
			t.Errorf("ParseStream(%q) = %+v", stream, ref)
		}
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("a", rejection.MaxExcerpt)
	for name, c := range map[string]struct{ body, want string }{
		"nothing":               {"", ""},
		"short":                 {`{"id":1}`, `{"id":1}`},
		"just fits":             {full, full},
		"one too many":          {full + "b", full},
		"a character cut":       {full[1:] + "ü", full[1:]},
		"a wide character cut":  {full[2:] + "😀", full[2:]},
		"three quarters of one": {full[3:] + "😀", full[3:]},
		"not text":              {"a\xffb", "a\uFFFDb"},
		"a character that fits": {full[2:] + "ü", full[2:] + "ü"},
	} {
		if got := rejection.Excerpt([]byte(c.body)); got != c.want {
			t.Errorf("%s: %d bytes …%q, want %d bytes", name, len(got), got[max(0, len(got)-6):], len(c.want))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "unit")
		body := []byte(strings.Repeat(string(unit), rapid.IntRange(0, 100).Draw(t, "times")))
		got := rejection.Excerpt(body)
		if len(got) > rejection.MaxExcerpt || !utf8.ValidString(got) {
			t.Fatalf("%d bytes, valid: %v", len(got), utf8.ValidString(got))
		}
		if utf8.Valid(body) && !strings.HasPrefix(string(body), got) {
			t.Fatal("it is not the beginning")
		}
		if utf8.Valid(body) && len(body) > rejection.MaxExcerpt && len(got) <= rejection.MaxExcerpt-utf8.UTFMax {
			t.Fatalf("%d bytes of %d were left out", rejection.MaxExcerpt-len(got), len(body))
		}
	})
}

// Each sentence says whose secret it was, and what to do.
func TestAdvice(t *testing.T) {
	t.Parallel()
	here := rejection.Ref{Environment: "development", Source: "stripe"}
	revoked := es.TimeOf(time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC))
	for want, o := range map[string]rejection.OtherSecret{
		"It was signed with the secret 0a1b2c3d, which was revoked here on 20 Nov 2026 at 09:30 UTC: let the provider sign with one that is live, or add this one again.": {Environment: "development", Source: "stripe", RevokedAt: revoked},

		"It was signed with the secret 0a1b2c3d of this source in production: the provider sends to the URL of development what is meant for production. Correct the URL there, or add that secret here.": {Environment: "production", Source: "stripe"},

		"It was signed with the secret 0a1b2c3d of the source shop: the provider sends to the URL of this source what is meant for that one. Correct the URL there, or add that secret here.": {Environment: "development", Source: "shop"},

		"It was signed with the secret 0a1b2c3d of the source shop in production: the provider sends to the URL of this source what is meant for that one. Correct the URL there, or add that secret here.": {Environment: "production", Source: "shop"},

		"It was signed with the secret 0a1b2c3d, which was revoked in production on 20 Nov 2026 at 09:30 UTC: the provider has an old secret, and perhaps the wrong URL; give it those of development.": {Environment: "production", Source: "stripe", RevokedAt: revoked},
	} {
		o.Fingerprint = "0a1b2c3d"
		if got := o.Advice(here); got != want {
			t.Errorf("%+v:\n%s\nwant\n%s", o, got, want)
		}
	}
}
