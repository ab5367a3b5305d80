// Package nearest finds the name that somebody probably meant.
package nearest

import "iter"

// longest is the length in bytes of the names that are compared; a longer one
// is nobody's typing error. most is how many are compared.
const (
	longest = 64
	most    = 1000
)

// Name returns the candidate that is closest to name by edits (insert, delete,
// replace, swap of neighbours), if one is close enough to be a slip: a third of
// the name, at least one edit and at most three. Of several it is the first in
// the order of the alphabet, so the answer does not depend on the order of the
// candidates.
func Name(name string, candidates iter.Seq[string]) (string, bool) {
	if len(name) > longest {
		return "", false
	}
	best, distance := "", min(max(1, len(name)/3), 3)+1
	n := 0
	for candidate := range candidates {
		if n++; n > most {
			return "", false
		}
		if len(candidate) > longest || candidate == name {
			continue
		}
		d := edits(name, candidate)
		if d < distance || d == distance && best != "" && candidate < best {
			best, distance = candidate, d
		}
	}
	return best, best != ""
}

// edits is the optimal string alignment distance of a and b.
func edits(a, b string) int {
	var rows [3][longest + 1]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, before := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
