package views

import (
	"strings"

	"daybook/views/ui"
)

// cause is what a refusal means, and what to do about it.
type cause struct{ short, todo string }

// causeOf explains an ingest code. An unknown code explains itself.
func causeOf(code string) cause {
	switch code {
	case "secret_not_configured":
		return cause{
			"no signing secret is live, so nothing could be verified",
			"Add the provider's signing secret in the source's settings.",
		}
	case "signature_missing":
		return cause{
			"the signature header is absent or empty",
			"If the provider sent this, check that nothing in between removes its signature header. Otherwise somebody else knows the URL: rotate it.",
		}
	case "signature_malformed":
		return cause{
			"the signature header cannot be read",
			"Look at the header below. A proxy may have doubled or cut it.",
		}
	case "signature_mismatch":
		return cause{
			"the signature matches no live secret",
			"Compare the secret in the provider's dashboard with the fingerprints in the source's settings: test and live mode, and each endpoint, have secrets of their own. Or the body was changed on the way.",
		}
	case "signature_expired":
		return cause{
			"the signature is right but too old",
			"Check the clocks, and whether a queue in between holds requests back; or raise the tolerance in the source's settings.",
		}
	case "signature_in_future":
		return cause{
			"the signature is right but from the future",
			"Check the clock of this machine and of the sender.",
		}
	case "body_incomplete":
		return cause{
			"the body was cut off, or came too slowly",
			"The sender, or a proxy in between, gave up or stalled before the whole body was here. Providers send it again; if this recurs, look at the network and the proxy's timeouts.",
		}
	case "malformed_json":
		return cause{"the body is not JSON", "Look at the excerpt: the body may be empty or cut off."}
	case "not_an_object":
		return cause{"the body is JSON but not an object", "Webhooks are JSON objects; check what was sent."}
	case "duplicate_field":
		return cause{"a field that matters stands twice in the body", "Two readers could understand it differently, so it is refused. Check the sender."}
	case "invalid_utf8":
		return cause{"the body is not valid UTF-8", "Check how the sender encodes its text."}
	case "too_deep":
		return cause{"the body is nested over 128 deep", "No provider sends this; check the sender."}
	case "body_too_large":
		return cause{"the body is larger than is accepted", "Raise --max-body if the provider really sends bodies of this size."}
	case "content_encoding_unsupported":
		return cause{"the body is compressed", "Let the sender send it as it is, without Content-Encoding."}
	default:
		return cause{code, ""}
	}
}

// causes are the codes that a rejection can have, for the filter.
func causes() []string {
	return []string{
		"secret_not_configured", "signature_missing", "signature_malformed", "signature_mismatch",
		"signature_expired", "signature_in_future", "body_incomplete", "malformed_json", "not_an_object", "duplicate_field",
		"invalid_utf8", "too_deep", "body_too_large", "content_encoding_unsupported",
	}
}

// statuses are what the log can be filtered by.
func statuses() []string {
	return []string{"processing", "succeeded", "failed", "ignored", "rejected", "duplicate"}
}

// RejectedLine says in one line why a request was refused. The detail is what
// was found, where more is known than the code; it may be empty.
func RejectedLine(code, detail string) ui.Line {
	line := ui.Line{{Text: code, Kind: ui.Code}}
	if detail == "" {
		detail = causeOf(code).short
	}
	if detail != code {
		line = append(line, ui.Span{Text: " " + detail})
	}
	return line
}

// IgnoredLine says in one line why nothing was done. For condition_false,
// mapping and because tell which condition decided and how ("1200 > 5000 is
// false"); for mapping_paused, mapping is the one that is paused.
func IgnoredLine(reason, eventType, mapping, because string) ui.Line {
	switch reason {
	case "no_mapping":
		return ui.Line{{Text: "no mapping for "}, {Text: eventType, Kind: ui.Code}}
	case "condition_false":
		line := ui.Line{{Text: mapping, Kind: ui.Strong}, {Text: " did not match"}}
		if because != "" {
			line = append(line, ui.Span{Text: ": "}, ui.Span{Text: because, Kind: ui.Hit})
		}
		return line
	case "mapping_paused":
		return ui.Line{{Text: mapping, Kind: ui.Strong}, {Text: " is paused"}}
	case "type_disabled":
		return ui.Line{{Text: eventType, Kind: ui.Code}, {Text: " is switched off in the settings"}}
	case "event_type_missing":
		return ui.Text("the event type path leads nowhere in this body")
	case "wrong_mode":
		return ui.Text("test mode and live mode are kept apart, and this is of the other")
	default:
		return ui.Text(reason)
	}
}

// verb is an action type in the words of a log line.
func verb(actionType string) string {
	switch actionType {
	case "workflows_trigger":
		return "trigger"
	case "workflows_cancel":
		return "cancel"
	case "users_identify":
		return "identify"
	case "users_delete":
		return "delete user"
	case "objects_set":
		return "set object"
	case "objects_delete":
		return "delete object"
	case "tenants_set":
		return "set tenant"
	case "tenants_delete":
		return "delete tenant"
	case "http_request":
		return "request"
	default:
		return strings.ReplaceAll(actionType, "_", " ")
	}
}

// ActionLine says in one line what one action does and how it stands:
// "trigger invoice-paid → cus_9f2 ✓". Name is the workflow, audience or
// method, and target whom it reaches; both may be empty. Note follows where
// it did not succeed: "recipients is missing".
func ActionLine(actionType, name, target, status, note string) ui.Line {
	line := ui.Line{{Text: verb(actionType)}}
	if name != "" {
		line = append(line, ui.Span{Text: " "}, ui.Span{Text: name, Kind: ui.Strong})
	}
	if target != "" {
		arrow := " "
		if name != "" {
			arrow = " → "
		}
		line = append(line, ui.Span{Text: arrow}, ui.Span{Text: target, Kind: ui.Code})
	}
	switch {
	case status == "succeeded":
		line = append(line, ui.Span{Text: " ✓"})
	case note != "":
		line = append(line, ui.Span{Text: " " + status + ": " + note})
	case status != "":
		line = append(line, ui.Span{Text: " " + status})
	}
	return line
}

// JoinLines sets several lines as one, with a middle dot between.
func JoinLines(lines ...ui.Line) ui.Line {
	var all ui.Line
	for i, line := range lines {
		if i > 0 {
			all = append(all, ui.Span{Text: " · ", Kind: ui.Faint})
		}
		all = append(all, line...)
	}
	return all
}
