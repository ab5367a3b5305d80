package environment_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"daybook/domain/environment"
	"daybook/domain/es"
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

func TestPutTwiceIsOneChange(t *testing.T) {
	t.Parallel()
	local := environment.Put{Destination: environment.Destination{Kind: environment.Local}}
	events, err := environment.Decide(environment.State{}, local)
	if err != nil || len(events) != 1 {
		t.Fatalf("the first time: %v, %v", events, err)
	}
	s := environment.Evolve(environment.State{}, es.Fact[environment.Event]{Event: events[0], Revision: 0})
	if !s.Exists || s.Destination.Kind != environment.Local {
		t.Errorf("%+v", s)
	}
	if events, err := environment.Decide(s, local); err != nil || len(events) != 0 {
		t.Errorf("the second time: %v, %v", events, err)
	}
}

func TestOtherDestinationsAreRefused(t *testing.T) {
	t.Parallel()
	for _, kind := range []environment.Kind{"", "knock", "endpoint", "Local"} {
		_, err := environment.Decide(environment.State{}, environment.Put{Destination: environment.Destination{Kind: kind}})
		var refusal *es.Refusal
		if !errors.As(err, &refusal) || refusal.Code != es.Invalid || refusal.Field != "destination.kind" {
			t.Errorf("%q: %v", kind, err)
		}
	}
}
