package projections

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"daybook/domain/es"
)

// ErrInvalidCursor is returned for a cursor that was not given out for this
// log, or by another version.
var ErrInvalidCursor = errors.New("the cursor is not valid here; begin again without after")

// cursorVersion is the first byte of a cursor.
const cursorVersion = 1

// logMark is how many bytes of the log's identity are in a cursor.
const logMark = 8

// maxTie bounds what follows the position, in bytes.
const maxTie = 1 << 10

// Cursor says where a list goes on: after the item at a position, and where
// several items share one, after the one that tie names. It is good for any
// filter of the same list, in the log that it was made for only.
func (v *View) Cursor(p es.Position, tie string) string {
	text := append([]byte{cursorVersion}, markOf(v.LogID)...)
	text = binary.AppendUvarint(text, uint64(p))
	return base64.RawURLEncoding.EncodeToString(append(text, tie...))
}

// ParseCursor reads what [View.Cursor] wrote. It returns [ErrInvalidCursor]
// for anything else.
func (v *View) ParseCursor(text string) (p es.Position, tie string, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) <= 1+logMark || raw[0] != cursorVersion || string(raw[1:1+logMark]) != string(markOf(v.LogID)) {
		return 0, "", ErrInvalidCursor
	}
	position, n := binary.Uvarint(raw[1+logMark:])
	if n <= 0 || position > 1<<63-1 || len(raw)-1-logMark-n > maxTie {
		return 0, "", ErrInvalidCursor
	}
	return es.Position(position), string(raw[1+logMark+n:]), nil
}

func markOf(logID string) []byte {
	sum := sha256.Sum256([]byte(logID))
	return sum[:logMark]
}
