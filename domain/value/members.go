package value

import (
	"bytes"
	"encoding/json"
	"iter"
)

// Members yields the members of a JSON object, names as they stand between the
// quotes and values as they are written, without looking into the values. It
// is for requests that Daybook rendered itself: valid JSON, whose data may be
// large and is of no interest. Of anything else it yields what it can.
func Members(object []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		rest, ok := bytes.CutPrefix(bytes.TrimLeft(object, " \t\r\n"), []byte("{"))
		for ok {
			rest = bytes.TrimLeft(rest, " \t\r\n,")
			end := stringEnd(rest)
			if end < 0 {
				return
			}
			name := string(rest[1 : end-1])
			rest = bytes.TrimLeft(rest[end:], " \t\r\n:")
			end = valueEnd(rest)
			if end <= 0 || !yield(name, bytes.TrimRight(rest[:end], " \t\r\n")) {
				return
			}
			rest = rest[end:]
		}
	}
}

// stringEnd returns the length of the string that text begins with; -1 if it
// begins with none.
func stringEnd(text []byte) int {
	if len(text) == 0 || text[0] != '"' {
		return -1
	}
	for i := 1; ; {
		quote := bytes.IndexByte(text[i:], '"')
		if quote < 0 {
			return -1
		}
		i += quote
		escapes := 0
		for text[i-1-escapes] == '\\' {
			escapes++
		}
		i++
		if escapes%2 == 0 {
			return i
		}
	}
}

// valueEnd returns the length of the value that text begins with; -1 if it
// does not end.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			end := stringEnd(text[i:])
			if end < 0 {
				return -1
			}
			i += end - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // a number or a word ends with what holds it
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}
