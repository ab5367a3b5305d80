package webhook

import (
	"slices"
	"strings"
)

// objectOf returns what a webhook is about: body.data.object, where Stripe and
// others have it.
func objectOf(envelope map[string]any) map[string]any {
	data, _ := envelope["data"].(map[string]any)
	object, _ := data["object"].(map[string]any)
	return object
}

// related returns the ids of other objects that an object names: of its direct
// members those that look like an id, or are an object that has one. Where
// there are too many, the first by member's name are kept.
func related(object map[string]any) []string {
	type reference struct{ member, id string }
	var references []reference
	for member, v := range object {
		if nested, ok := v.(map[string]any); ok {
			v = nested["id"]
		}
		id := boundedText(v)
		if member != "id" && isReference(member, id) {
			references = append(references, reference{member, id})
		}
	}
	slices.SortFunc(references, func(a, b reference) int { return strings.Compare(a.member, b.member) })

	var ids []string
	for _, r := range references {
		if len(ids) < MaxRelated && r.id != object["id"] && !slices.Contains(ids, r.id) {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// isReference tells an id from other text. Members that always name another
// object may hold ids of any form: their owner chose them.
func isReference(member, text string) bool {
	switch member {
	case "account", "charge", "customer", "invoice", "payment_intent", "subscription":
		return text != ""
	case "client_secret": // it begins with an id, and is none
		return false
	default:
		return looksLikeID(text)
	}
}

// looksLikeID reports whether text is like cus_NffrFeUfNV2Hib: words of small
// letters, and after the last underscore letters and digits that no word would
// have. A status such as past_due is none.
func looksLikeID(text string) bool {
	i := strings.LastIndexByte(text, '_')
	if i <= 0 {
		return false
	}
	prefix, rest := text[:i], text[i+1:]
	for j := range len(prefix) {
		if c := prefix[j]; c != '_' && !isLower(c) {
			return false
		}
	}
	distinct := false
	for j := range len(rest) {
		c := rest[j]
		if !isLower(c) && !isUpper(c) && !isDigit(c) {
			return false
		}
		distinct = distinct || !isLower(c)
	}
	return distinct && isLower(prefix[0])
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
