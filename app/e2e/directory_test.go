//go:build e2e

package e2e

import "testing"

// TestDirectory looks at what the actions made.
func TestDirectory(t *testing.T) {
	t.Parallel()
	h := newHouse(t).tell()
	b := newTab(t, h, wide).logIn()
	b.open("/directory")
	b.shows("tbody tr", "Mara Lindqvist", "mara@lindqvist.example", "Tomás Ferreira")
	b.fill("[type=search]", "Tomás")
	b.pressed(".bar button")
	if n := b.count("tbody tr"); n != 1 {
		t.Errorf("%d users are called Tomás", n)
	}
	b.pressed("tbody .took a")
	b.shows("h1", "customer.created")

	b.open("/directory?tab=runs")
	b.shows("tbody tr", "dunning", "invoice-paid", "unknown")
	b.pressed(".tabs a:last-child")
	b.shows(".empty", "No workflow run here.")
	b.open("/directory?environment=production")
	b.shows(".empty", "No user here.")
}
