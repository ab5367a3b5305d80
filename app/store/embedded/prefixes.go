package embedded

import "daybook/domain/es"

// prefixes is a filter as SQLite can apply it: low <= stream < high leaves out
// most of what does not match, the filter itself the rest.
type prefixes struct {
	filter es.Filter
	low    string
	high   any // a string; or bytes, which SQLite sorts after every string
}

func prefixesOf(filter es.Filter) prefixes {
	p := prefixes{filter: filter, high: []byte{}}
	var low, high string
	for i, prefix := range filter.StreamPrefixes {
		end, ok := after(prefix)
		if !ok {
			return p
		}
		if i == 0 {
			low, high = prefix, end
		}
		low, high = min(low, prefix), max(high, end)
	}
	if high != "" {
		p.low, p.high = low, high
	}
	return p
}

// after returns the least string that is greater than all that begin with
// prefix; ok is false if there is none.
func after(prefix string) (string, bool) {
	b := []byte(prefix)
	for len(b) > 0 {
		if b[len(b)-1] < 0xff {
			b[len(b)-1]++
			return string(b), true
		}
		b = b[:len(b)-1]
	}
	return "", false
}
