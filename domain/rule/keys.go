package rule

import (
	"slices"
	"strconv"
	"strings"
)

const maxKey = 63

// DeriveKeys returns the mappings with a key for each that has none: its event
// type and action, as in invoice-paid-workflows-trigger, numbered where that is
// taken. Keys that are there stay. The same mappings always get the same keys.
func DeriveKeys(mappings []Mapping) []Mapping {
	keyed := slices.Clone(mappings)
	taken := make(map[string]bool, len(mappings))
	for _, m := range mappings {
		taken[m.Key] = true
	}
	for i := range keyed {
		if keyed[i].Key != "" {
			continue
		}
		key := derive(keyed[i])
		for n := 2; taken[key]; n++ {
			key = number(derive(keyed[i]), n)
		}
		keyed[i].Key, taken[key] = key, true
	}
	return keyed
}

func derive(m Mapping) string {
	eventType := strings.ReplaceAll(m.EventType, "*", "any")
	action := slug(string(m.ActionType))
	key := slug(eventType)
	if len(key)+1+len(action) > maxKey {
		key = key[:max(0, min(len(key), maxKey-1-len(action)))]
	}
	key = strings.Trim(key+"-"+action, "-")
	if key == "" {
		return "mapping"
	}
	return key[:min(len(key), maxKey)]
}

func number(key string, n int) string {
	suffix := "-" + strconv.Itoa(n)
	return key[:min(len(key), maxKey-len(suffix))] + suffix
}

// slug keeps letters and digits, in lower case, and puts dashes between them.
func slug(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}

// isKey reports whether key is [a-z0-9][a-z0-9_-]{0,62}.
func isKey(key string) bool {
	if key == "" || len(key) > maxKey || key[0] == '-' || key[0] == '_' {
		return false
	}
	return strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}
