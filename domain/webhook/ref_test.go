package webhook_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"daybook/domain/es"
	"daybook/domain/webhook"
)

func TestAnIDLeadsBackToItsWebhook(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		slug := rapid.StringMatching(`[a-z0-9][a-z0-9_-]{0,62}`)
		key := rapid.OneOf(
			rapid.Map(rapid.String(), webhook.StreamKey),
			rapid.Map(rapid.StringMatching(`[A-Za-z0-9_.:~-]{0,210}`), webhook.StreamKey),
			rapid.Map(rapid.SampledFrom([]string{"~", "~2", "evt~2", "evt_1~g-1", "..", "a/b", "\x00", "ü"}), webhook.StreamKey),
			rapid.Map(rapid.Byte(), func(b byte) string { return webhook.GeneratedKey(uuid.UUID{b}) }),
		)
		want := webhook.Ref{
			Environment: slug.Draw(t, "environment"),
			Source:      slug.Draw(t, "source"),
			Key:         key.Draw(t, "key"),
			Generation:  rapid.IntRange(1, 1000).Draw(t, "generation"),
		}
		got, err := webhook.ParseID(want.ID())
		if err != nil || got != want {
			t.Fatalf("ParseID(%q) = %+v, %v, want %+v", want.ID(), got, err, want)
		}
		first := want
		first.Generation = 1
		if got, err := webhook.ParseStream(want.Stream()); err != nil || got != first {
			t.Fatalf("ParseStream(%q) = %+v, %v, want %+v", want.Stream(), got, err, first)
		}
	})
}

func TestParseIDRefuses(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"", ".", "..", "a", "a.b", "a.b.", ".b.c", "a..c",
		"a.b.c~", "a.b.c~1", "a.b.c~0", "a.b.c~-2", "a.b.c~02", "a.b.c~+2", "a.b.c~x", "a.b.c~2~3", "a.b.c~99999999999999999999",
		"a.b.~", "a.b.~~", "a.b.c d", "a.b.c/d", "a.b.\x00", "a.b." + strings.Repeat("k", 201),
	} {
		if ref, err := webhook.ParseID(id); err == nil {
			t.Errorf("ParseID(%q) = %+v", id, ref)
		}
	}
	for _, stream := range []es.Stream{"", "webhook-", "source-a.b.c", "webhook-a.b", "webhook-a.b.c~2", "$$webhook-a.b.c"} {
		if ref, err := webhook.ParseStream(stream); err == nil {
			t.Errorf("ParseStream(%q) = %+v", stream, ref)
		}
	}
}

func TestStreamKey(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("k", 200)
	for key, want := range map[string]string{
		"evt_1":       "evt_1",
		"A.b:c-1":     "A.b:c-1",
		longest:       longest,
		"":            "~e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"a b":         "~c8687a08aa5d6ed2044328fa6a697ab8e96dc34291e8c2034ae8c38e6fcc6d65",
		longest + "k": "~",
		"~evt":        "~",
		"evt~2":       "~",
		"évt":         "~",
		"a/../b":      "~",
	} {
		got := webhook.StreamKey(key)
		if want == "~" {
			if len(got) != 65 || got[0] != '~' {
				t.Errorf("StreamKey(%q) = %q, want a hash", key, got)
			}
		} else if got != want {
			t.Errorf("StreamKey(%q) = %q, want %q", key, got, want)
		}
	}
}

func TestActionIDsAreOfTheWebhookNotOfTheID(t *testing.T) {
	t.Parallel()
	first, second := ref(1).ActionID("m", 0), ref(2).ActionID("m", 0)
	if first == second {
		t.Error("two generations share an action id")
	}
	if first == ref(1).ActionID("m", 1) || first == ref(1).ActionID("n", 0) {
		t.Error("two actions share an id")
	}
	if first != ref(1).ActionID("m", 0) {
		t.Error("an action's id is not the same every time")
	}
}
