package nearest_test

import (
	"slices"
	"strings"
	"testing"

	"daybook/domain/nearest"
)

func TestName(t *testing.T) {
	t.Parallel()
	candidates := []string{"account", "amount", "amount_due", "customer", "id", "recipients", "tenant"}
	tests := map[string]string{
		"acount": "account", "accuont": "account", "amount_deu": "amount_due", "Customer": "customer", "recipient": "recipients",
		"di": "id", "ids": "id", "tenants": "tenant", "customer": "", "nothing": "", "zz": "", "": "",
		strings.Repeat("a", 1000): "",
	}
	for name, want := range tests {
		got, ok := nearest.Name(name, slices.Values(candidates))
		if got != want || ok != (want != "") {
			t.Errorf("Name(%.20q) = %q, %t; want %q", name, got, ok, want)
		}
		slices.Reverse(candidates)
		if again, _ := nearest.Name(name, slices.Values(candidates)); again != got {
			t.Errorf("Name(%.20q) depends on the order: %q and %q", name, got, again)
		}
	}
}

func TestOfSeveralTheFirstInTheAlphabet(t *testing.T) {
	t.Parallel()
	if got, _ := nearest.Name("bat", slices.Values([]string{"hat", "cat", "rat"})); got != "cat" {
		t.Errorf("got %q", got)
	}
}

func TestTooManyCandidatesAreNotSearched(t *testing.T) {
	t.Parallel()
	many := func(yield func(string) bool) {
		for yield("account") {
		}
	}
	if got, ok := nearest.Name("acount", many); ok {
		t.Errorf("got %q", got)
	}
}
