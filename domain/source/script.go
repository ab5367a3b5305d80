package source

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// knockCustomScript is the [scriptSum] of the script that Knock gives to every
// source of its template Custom. Nothing is lost where it is passed over: it
// compares the header X-Webhook-Secret with the secret, as the scheme of the
// template custom does here, and gives nothing besides.
const knockCustomScript = "4aa15eb28d9c288340e1a0c5f53db2ddb9dab8a19c711f48c70949c24329a653"

// isIdleScript reports whether a preprocess_script of Knock's means nothing
// here, so that it can be left out: there is none, its source is empty, or it
// is the one with the sum known.
func isIdleScript(raw json.RawMessage, known string) bool {
	var script *struct {
		Source *string `json:"source"`
	}
	if json.Unmarshal(raw, &script) != nil {
		return false
	}
	if script == nil {
		return true
	}
	if script.Source == nil {
		return false
	}
	return strings.TrimSpace(*script.Source) == "" || scriptSum(*script.Source) == known
}

// scriptSum is the SHA-256 of a script's text without its white space, which
// editors and exports change.
func scriptSum(text string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(text), "")))
	return hex.EncodeToString(sum[:])
}
