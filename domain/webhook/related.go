package webhook

import (
	"slices"
	"strings"
)

// objectOf returns what a webhook is about: body.data.object, where Stripe and
// others have it, or body.related_object, which a thin event names instead.
func objectOf(envelope map[string]any) map[string]any {
	data, _ := envelope["data"].(map[string]any)
	object, _ := data["object"].(map[string]any)
	if object == nil {
		object, _ = envelope["related_object"].(map[string]any)
	}
	return object
}

// reference is an id that stands in a member.
type reference struct{ member, id string }

// related returns the ids of other objects that a webhook names: the connected
// account that it comes from, and of the direct members of its object those that
// look like an id, or are an object that has one. Where there are too many, the
// first by member's name are kept.
func related(envelope, object map[string]any) []string {
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
	references = append(accountOf(envelope), references...)

	var ids []string
	for _, r := range references {
		if len(ids) < MaxRelated && r.id != object["id"] && !slices.Contains(ids, r.id) {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// accountOf returns the connected account of an envelope: a snapshot event has it
// as account, a thin one as context.
func accountOf(envelope map[string]any) []reference {
	for _, member := range []string{"account", "context"} {
		if id := boundedText(envelope[member]); looksLikeID(id) {
			return []reference{{member, id}}
		}
	}
	return nil
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
