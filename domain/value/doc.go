// Package value is the one representation of JSON in Daybook's rules: what
// paths walk through, what expressions compute with, and what requests are
// rendered from.
//
//	JSON                         Go
//	null, true, "text"           nil, bool, string
//	a whole number               int64
//	any other number             float64
//	a number that neither holds  Unrepresentable
//	a list                       []any
//	an object                    map[string]any
//
// A webhook is decoded once ([Decode]) and then shared: a decoded value is
// never changed. Rendering ([AppendCanonical]) sorts the keys, so equal values
// are equal bytes. Who wants only some members of a rendered object reads them
// without decoding the rest ([Members]).
package value
