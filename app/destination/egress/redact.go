package egress

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const redacted = "[redacted]"

// minSecret is the length below which a text is not looked for: it would be
// found where it means nothing.
const minSecret = 6

// tokens are what credentials look like.
var tokens = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(?:whsec|whsk|sk|rk|ghp|gho|ghs)_[A-Za-z0-9+/_-]{12,}=*` +
		`|\bxox[bp]-[A-Za-z0-9-]{12,}|\bAKIA[A-Z0-9]{12,}` +
		`|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*` +
		`|(?i:\b(?:bearer|basic))\s+[A-Za-z0-9+/._~-]{16,}=*`)
})

// Redact returns what was sent or answered as text to be kept and shown, without
// the given secrets and without what looks like one.
func Redact(body []byte, secrets ...string) string {
	text := strings.ToValidUTF8(string(body), "\uFFFD")
	for _, secret := range spellings(secrets) {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	return tokens().ReplaceAllString(text, redacted)
}

// spellings are the ways in which an answer may repeat secrets, the longest
// first: one may be part of another.
func spellings(secrets []string) []string {
	var all []string
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		all = append(all, secret, url.QueryEscape(secret), url.PathEscape(secret))
		if quoted, err := json.Marshal(secret); err == nil {
			all = append(all, string(quoted[1:len(quoted)-1]))
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all)
}
