//go:build e2e

package e2e

import "testing"

// TestSystem rebuilds the read models under the eyes of the reader.
func TestSystem(t *testing.T) {
	t.Parallel()
	h := newHouse(t).tell()
	b := newTab(t, h, wide).logIn()
	b.open("/system")
	b.shows("[aria-labelledby=h-projections]", "eventlog", "directory", "worklist", "level")
	b.shows(".tally", "21 webhooks", "1 rejection")
	before := h.selected("")
	b.pressed("[action='/system/rebuild'] button")
	b.shows(".notice", "The rebuild has begun.")
	b.until(`document.querySelector('[aria-labelledby=h-work] .st.ok')?.textContent.includes('done')`)
	if after := h.selected(""); len(before) == 0 || len(before) != len(after) {
		t.Errorf("after the rebuild the log holds %d items, before %d", len(after), len(before))
	}
}
