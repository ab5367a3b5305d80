package views

import "testing"

func TestOnlyHTTPSLeadsElsewhere(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://docs.stripe.com/webhooks": true, "http://docs.stripe.com": false, "javascript:alert(1)": false, "//evil.example": false,
		"https://": false, "https:evil": false, " https://stripe.com": false, "https://me:pw@stripe.com": false, "": false,
	} {
		if got := isElsewhere(address); got != want {
			t.Errorf("%q: %t", address, got)
		}
	}
}
