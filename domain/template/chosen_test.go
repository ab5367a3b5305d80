package template_test

import (
	"strings"
	"testing"

	"daybook/domain/signature"
	"daybook/domain/template"
)

// TestWhoChoosesTheSecret holds the flag against the words.
func TestWhoChoosesTheSecret(t *testing.T) {
	t.Parallel()
	for _, each := range template.All() {
		said := strings.HasPrefix(each.SigningHint, "Choose one")
		told := strings.HasPrefix(each.Guides("u")[0].Steps[0].Text, "Choose a secret") || strings.Contains(each.Guides("u")[0].Steps[0].Text, "Choose one")
		if each.SecretIsChosen != said || each.SecretIsChosen != told {
			t.Errorf("%s: the secret is chosen: %t, but the hint is %q and the first step %q", each.Key, each.SecretIsChosen, each.SigningHint, each.Guides("u")[0].Steps[0].Text)
		}
	}
}

// Where the id stands in a header and only the body is signed, every guide says so.
func TestWhatIsNotSignedIsSaid(t *testing.T) {
	t.Parallel()
	told := 0
	for _, each := range template.All() {
		scheme, ok := signature.Lookup(each.SignatureScheme)
		if !ok || !scheme.About().Signs || scheme.About().Timed || !strings.HasPrefix(each.DefaultSettings.IdempotencyKeyPath, "headers.") {
			continue
		}
		told++
		header := strings.TrimPrefix(each.DefaultSettings.IdempotencyKeyPath, "headers.")
		for _, guide := range each.Guides("u") {
			last := strings.ToLower(guide.Steps[len(guide.Steps)-1].Text)
			if !strings.Contains(last, header) || !strings.Contains(last, "not signed") {
				t.Errorf("%s: %s ends with %q", each.Key, guide.Title, last)
			}
		}
	}
	if told != 2 {
		t.Errorf("it is so for %d templates, and was for GitHub's and Shopify's", told)
	}
}
