package action

import (
	"crypto/sha256"
	"encoding/hex"
)

// SHA256 returns the hash of a rendered request, in hex.
func SHA256(payload []byte) string {
	sum := sha256.Sum256(payload)
	return hex.EncodeToString(sum[:])
}
