package embedded

import (
	"testing"

	"pgregory.net/rapid"

	"daybook/domain/es"
)

// within reports whether SQLite yields the stream, as it compares.
func (p prefixes) within(stream es.Stream) bool {
	high, bounded := p.high.(string)
	return string(stream) >= p.low && (!bounded || string(stream) < high)
}

// The range must leave out nothing that the filter selects.
func TestPrefixesLeaveOutNothing(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.SampledFrom([]rune{'a', 'b', '-', 0, 0x7f, 0xff, 0x10ffff}), 0, 4, -1)
		filter := es.Filter{StreamPrefixes: rapid.SliceOfN(name, 0, 3).Draw(t, "prefixes")}
		stream := es.Stream(name.Draw(t, "stream"))
		if filter.Matches(stream) && !prefixesOf(filter).within(stream) {
			t.Fatalf("%q leaves out %q", filter.StreamPrefixes, stream)
		}
	})
}

func TestPrefixesLeaveOutTheRest(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		prefixes []string
		low      string
		high     any
	}{
		{[]string{"webhook-"}, "webhook-", "webhook."},
		{[]string{"source-", "environment-"}, "environment-", "source."},
		{[]string{"ab", "a"}, "a", "b"},
		{[]string{"a\xff"}, "a\xff", "b"},
	} {
		p := prefixesOf(es.Filter{StreamPrefixes: c.prefixes})
		if p.low != c.low || p.high != c.high {
			t.Errorf("%q: from %q to %q, want from %q to %q", c.prefixes, p.low, p.high, c.low, c.high)
		}
	}
	for _, all := range [][]string{nil, {""}, {"a", ""}, {"\xff"}} {
		p := prefixesOf(es.Filter{StreamPrefixes: all})
		if _, bounded := p.high.(string); bounded {
			t.Errorf("%q ends at %q", all, p.high)
		}
	}
}
