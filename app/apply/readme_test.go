package apply_test

import (
	"os"
	"strings"
	"testing"
)

// The file that the README shows can be applied as it stands there.
func TestTheREADMEsFile(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "### Configuration as code\n\n```yaml\n")
	text, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the README shows no file")
	}
	r := open(t)
	r.env["STRIPE_SECRET"] = "whsec_of_the_environment"
	r.apply(text, r.options())
	if got := r.planned(text, r.options()); got != "" || r.keys() != "stripe@development stripe@production" {
		t.Errorf("there are %s, and still to do is\n%s", r.keys(), got)
	}
	for at, want := range map[string]string{"tolerance: 2m": "settings.tolerance", "amount_due > 5000": "mappings[0].when"} {
		broken := strings.Replace(text, at, strings.ReplaceAll(at, "2m", "2x")+" +", 1)
		if got := r.refused(broken); !strings.Contains(got, want) {
			t.Errorf("broken at %s: %s", at, got)
		}
	}
}
