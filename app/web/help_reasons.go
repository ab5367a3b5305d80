package web

import (
	"daybook/domain/action"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/views"
)

// helpReasons are why a webhook, a mapping or an action came to nothing.
func helpReasons() []views.HelpReason {
	reasons := []struct{ code, means, todo string }{
		{string(rule.NoMapping), "No active mapping is for the event type. Mappings that are switched off count as none.", "Map the type, or let it be: the webhook is in the log."},
		{string(rule.ConditionFalse), "Mappings are for the type, and no condition was true.", "The webhook's page shows the values that decided it. Replay it dry after a change."},
		{string(rule.ConditionFailed), "A condition could not be evaluated: a type that does not fit, or its budget.", "The page shows the place in the condition. Write ?. before a name that may be missing, and ?? for what then holds."},
		{string(rule.MappingPaused), "A mapping that might have matched is paused.", "The mapping says why. Saving it changed resumes it."},
		{string(rule.Inactive), "The mapping is switched off.", "Switch it on."},
		{string(rule.TypeDisabled), "The event type is switched off for the source: logged, and no more.", "Switch the type on in the source's settings."},
		{string(rule.EventTypeMissing), "The event type path leads to nothing in this payload.", "Look at the payload, and correct the path in the source's settings."},
		{string(rule.WrongMode), "body.livemode is not what the environment expects.", "Send test and live events to the environments that expect them, or change the guard in the settings."},
		{string(action.MissingField), "A required field has no value: null and an empty list count as none.", "The page shows the path and what stood there. Give a default, or another path."},
		{string(action.TypeMismatch), "A field holds what it may not hold, such as a number where an object is asked for.", "Compute it: string(…), int(…), or another path."},
		{string(action.TooMany), "A list has more entries than one action takes.", "Take fewer by an expression: take(…, 100)."},
		{string(action.TooLarge), "The request is larger than a request may be.", "Map less into it, such as body.data.object instead of body."},
		{string(action.RuleFailed), "The expression of a field failed.", "The page shows the place in the expression."},
		{string(webhook.ParkNotSupported), "The destination does not carry such actions out. The request was checked and is kept.", "Give the environment a destination that does."},
		{string(webhook.ClassInvalid), "The request breaks a rule of the destination, and was not sent.", "The page names the field. Correct the mapping and replay the webhook."},
		{string(webhook.ClassBlocked), "The address is none to which anything is sent: private, link-local, without TLS, or otherwise not of the public Internet.", "Correct the address, or have an operator allow the host with --allow-private, and retry."},
		{string(webhook.ClassRefused), "The destination answered that it will not do this.", "The page shows what it answered. Correct the mapping or the destination, and retry or replay."},
		{string(webhook.ClassGone), "The destination answered that it wants no more of these (410).", "The mapping is paused. Point it elsewhere; saving it changed resumes it."},
		{string(webhook.ParkChanged), "A large request was rendered again, and is not the one that was planned.", "Replay the webhook to plan it anew."},
		{string(webhook.ParkInterrupted), "The rules took longer than anything they may do takes.", "Replay the webhook, and report it if it happens again."},
		{string(webhook.ParkNoRules), "The rules that were in force cannot be used by this version.", "Save the mappings again, and replay the webhook."},
		{string(webhook.ParkUnreadable), "The stored body cannot be read as JSON.", "Look at the raw body on the webhook's page."},
		{string(webhook.ParkTooLarge), "The plan is larger than the store can append.", "Map less into the actions."},
	}
	all := make([]views.HelpReason, len(reasons))
	for i, r := range reasons {
		all[i] = views.HelpReason{Code: r.code, Means: r.means, Todo: r.todo}
	}
	return all
}
