package web

import (
	"daybook/domain/action"
	"daybook/views"
	"daybook/views/ui"
)

// actionLine says in one line what an action does, as far as its request says:
// "trigger invoice-paid → cus_9f2".
func actionLine(actionType action.Type, payload []byte) ui.Line {
	return subjectLine(actionType, action.SubjectOf(payload))
}

func subjectLine(actionType action.Type, about action.Subject) ui.Line {
	line := views.ActionLine(string(actionType), about.Name, about.Target, "", "")
	if about.More > 0 {
		line = append(line, ui.Span{Text: " and " + ui.Count(about.More) + " more", Kind: ui.Faint})
	}
	return line
}
