package template_test

import (
	"strings"
	"testing"

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
