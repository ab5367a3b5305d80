package template

import (
	"encoding/binary"

	"github.com/google/uuid"
)

// plainID makes the ids that most providers have: a UUID, a number, a hash, or
// else letters after a prefix, as in user_2g7np7Hrk0SN6kj5EDMLDaKNL0S.
func plainID(prefix string, random func() uint64) string {
	switch prefix {
	case "uuid":
		return newUUID(random)
	case "number":
		return draw(1, "123456789", random) + draw(12, "0123456789", random)
	case "sha":
		return draw(40, "0123456789abcdef", random)
	default:
		return prefix + "_" + letters(27, random)
	}
}

// newUUID makes a UUID of version 4.
func newUUID(random func() uint64) string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], random())
	binary.BigEndian.PutUint64(id[8:], random())
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// letters returns n letters and digits.
func letters(n int, random func() uint64) string {
	return draw(n, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", random)
}

// draw returns n letters of an alphabet.
func draw(n int, alphabet string, random func() uint64) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[random()%uint64(len(alphabet))]
	}
	return string(text)
}
