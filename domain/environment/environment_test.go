package environment_test

import (
	"os"
	"strings"
	"testing"

	"daybook/domain/environment"
	"daybook/domain/eventtest"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	eventtest.CheckFixtures(t, environment.Codec(), os.DirFS("testdata/events"))
}

func FuzzDecode(f *testing.F) {
	eventtest.FuzzDecode(f, environment.Codec(), os.DirFS("testdata/events"))
}

func TestIsSlug(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"development": true, "a": true, "0": true, "a-b_c": true, strings.Repeat("a", 63): true,
		"": false, "-a": false, "_a": false, "A": false, "a.b": false, "a b": false, "a\n": false, "ä": false,
		strings.Repeat("a", 64): false, "rejection": false, "rejections": true,
	} {
		if got := environment.IsSlug(text); got != want {
			t.Errorf("IsSlug(%q) = %v", text, got)
		}
	}
	for _, slug := range environment.FromTheStart() {
		if !environment.IsSlug(slug) {
			t.Errorf("%s is there from the start and is no slug", slug)
		}
	}
}

func TestStreamAndSlug(t *testing.T) {
	t.Parallel()
	if slug, ok := environment.Slug(environment.Stream("production")); slug != "production" || !ok {
		t.Errorf("Slug = %q, %v", slug, ok)
	}
	if _, ok := environment.Slug("source-production"); ok {
		t.Error("a source's stream is an environment's")
	}
}
