package webhook

import (
	"crypto/subtle"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"daybook/domain/fieldpath"
	"daybook/domain/signature"
	"daybook/domain/value"
)

// Limits of the headers that are kept.
const (
	maxHeaders     = 128
	maxHeaderBytes = 16 << 10 // of all names and values together
)

// KeptHeaders returns the headers of a request that the log keeps, with
// lower-case names: all but those that authorize, identify, or say which way
// the request came (Authorization, Cookie, Proxy-*, X-Forwarded-*), and none
// that holds a secret. Several lines of one header become one, with commas.
func KeptHeaders(header map[string][]string, secrets []signature.Secret) map[string]string {
	kept := make(map[string]string, len(header))
	size := 0
	for name, lines := range header {
		name = strings.ToLower(name)
		if isWithheld(name) {
			continue
		}
		text := strings.ToValidUTF8(strings.Join(lines, ", "), string(utf8.RuneError))
		if holdsSecret(text, secrets) {
			continue
		}
		kept[name] = text
		size += len(name) + len(text)
	}
	if len(kept) > maxHeaders || size > maxHeaderBytes {
		return bounded(kept)
	}
	return kept
}

// bounded keeps the first headers by name, as many as may be kept.
func bounded(headers map[string]string) map[string]string {
	kept := map[string]string{}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		size += len(name) + len(headers[name])
		if len(kept) == maxHeaders || size > maxHeaderBytes {
			return kept
		}
		kept[name] = headers[name]
	}
	return kept
}

func isWithheld(name string) bool {
	switch name {
	case "authorization", "cookie", "cookie2", "set-cookie", "host", "forwarded":
		return true
	}
	if strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "x-forwarded-") {
		return true
	}
	for _, word := range [...]string{"token", "secret", "password", "api-key", "apikey", "authorization"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// holdsSecret reports whether text is one of the secrets, also after a word such
// as Bearer, or has a part that looks like a key of Stripe's or of Standard
// Webhooks.
func holdsSecret(text string, secrets []signature.Secret) bool {
	for _, prefix := range [...]string{"whsec_", "sk_live_", "sk_test_", "rk_live_", "rk_test_"} {
		if strings.Contains(text, prefix) {
			return true
		}
	}
	_, afterWord, _ := strings.Cut(text, " ")
	for _, secret := range secrets {
		if !secret.IsZero() && (isSecret(text, secret) || isSecret(afterWord, secret)) {
			return true
		}
	}
	return false
}

func isSecret(text string, secret signature.Secret) bool {
	return subtle.ConstantTimeCompare([]byte(text), []byte(secret.Reveal())) == 1
}

// HeaderFlaw returns what is wrong with a header that p leads to: it is there
// twice, or it is no text. Other headers may be as they like.
func (p *Paths) HeaderFlaw(header map[string][]string) (value.Flaw, bool) {
	for _, path := range [...]*fieldpath.Path{&p.EventType, p.Timestamp, p.Key} {
		if path == nil || !path.InHeaders() {
			continue
		}
		if kind := headerFlaw(header, path.String()); kind != "" {
			return value.Flaw{Kind: kind, Path: path.String(), Depth: 1, Guarded: true}, true
		}
	}
	return value.Flaw{}, false
}

func headerFlaw(header map[string][]string, path string) value.FlawKind {
	wanted := strings.TrimPrefix(path, "headers.")
	for name, lines := range header {
		switch {
		case !strings.EqualFold(name, wanted):
		case len(lines) > 1:
			return value.DuplicateName
		case len(lines) == 1 && !utf8.ValidString(lines[0]):
			return value.InvalidUTF8
		}
	}
	return ""
}
