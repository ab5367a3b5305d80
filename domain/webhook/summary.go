package webhook

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/signature"
)

// maxSummaryVerdicts bounds how many mappings the summary of a plan goes into.
const maxSummaryVerdicts = 3

// Summarise says in one sentence, for the timeline, what the fact says that
// follows on s: knowing what came before, it counts deliveries and calls
// actions by their names.
func (s State) Summarise(fact es.Fact[Event]) string {
	switch e := fact.Event.(type) {
	case Received:
		return e.summary()
	case DuplicateReceived:
		return s.delivery(e.Generation) + ", " + e.bodySummary()
	case DuplicatesCounted:
		return count(e.N, "more delivery", "more deliveries") + ", the last at " + e.LastAt.String()
	case ActionsPlanned:
		return e.summary()
	case PlanParked:
		return fmt.Sprintf("not planned (%s): %s", e.Reason, e.Error)
	case PlanRearmed:
		return "to be planned after all"
	case WorkClaimed:
		return fmt.Sprintf("claimed by %s for %s", short(e.Instance, 8), time.Duration(e.LeaseMS)*time.Millisecond)
	case AttemptBegun:
		return fmt.Sprintf("%s is being sent to %s%s", s.actionName(e.Generation, e.Action), e.Destination, attemptSummary(e.Attempt))
	case ActionSucceeded:
		return s.actionName(e.Generation, e.Action) + " succeeded" + attemptSummary(e.Attempt)
	case ActionFailed:
		return fmt.Sprintf("%s failed (%s)%s, the next try is at %s: %s",
			s.actionName(e.Generation, e.Action), e.Class, attemptSummary(e.Attempt), e.RetryAt, e.Error)
	case ActionDeferred:
		return fmt.Sprintf("%s waits until %s (%s): %s", s.actionName(e.Generation, e.Action), e.RetryAt, e.Reason, e.Error)
	case ActionParked:
		return fmt.Sprintf("%s parked (%s)%s: %s", s.actionName(e.Generation, e.Action), e.Reason, attemptSummary(e.Attempt), e.Error)
	case ActionUncertain:
		return fmt.Sprintf("%s is uncertain%s: %s", s.actionName(e.Generation, e.Action), attemptSummary(e.Attempt), e.Error)
	case ActionSkipped:
		return s.actionName(e.Generation, e.Action) + " was given up" + noteSummary(e.Note)
	case ActionsRearmed:
		return s.rearmSummary(e)
	}
	return ""
}

func noteSummary(note string) string {
	if note == "" {
		return ""
	}
	return ": " + note
}

func (s State) rearmSummary(e ActionsRearmed) string {
	what := count(len(e.Actions), "action", "actions")
	if len(e.Actions) == 1 {
		what = s.actionName(e.Generation, e.Actions[0])
	}
	if e.By == ByDuplicate {
		return what + " to be tried again, because the webhook was delivered again"
	}
	return what + " to be tried again"
}

func (e Received) summary() string {
	var text strings.Builder
	text.WriteString("received")
	if e.Receipt.Generation > 1 {
		text.WriteString(" again after the idempotency window")
	}
	text.WriteString(", " + thousands(len(e.Body)) + " bytes, " + verificationSummary(e.Receipt.Verification))
	switch e.Receipt.KeyProblem {
	case "":
	case KeyOff:
		text.WriteString("; idempotency is off, the key was generated")
	default:
		fmt.Fprintf(&text, "; there was no idempotency key to use (%s), one was generated", strings.ReplaceAll(string(e.Receipt.KeyProblem), "_", " "))
	}
	return text.String()
}

func verificationSummary(v signature.Verification) string {
	if v.Status == signature.Verified {
		return "verified with secret " + short(v.SecretFingerprint, 4)
	}
	if v.Cause == "" {
		return "not verified"
	}
	return "not verified (" + string(v.Cause) + ")"
}

func (e DuplicateReceived) bodySummary() string {
	if e.SameBody {
		return "same body"
	}
	text := "another body, SHA-256 " + short(e.SHA256, 8)
	switch d := e.Difference; {
	case d == nil:
		return text
	case d.Offset != nil:
		return text + ", other from byte " + thousands(*d.Offset) + " on"
	case len(d.Changes) == 0 && !d.More:
		return text + ", the same values written differently"
	case d.More:
		return text + ", " + count(len(d.Changes), "value", "values") + " and more differ"
	default:
		return text + ", " + count(len(d.Changes), "value differs", "values differ")
	}
}

// delivery names the delivery that follows on s.
func (s State) delivery(generation int) string {
	words := [...]string{"second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}
	g := s.Generation(generation)
	switch {
	case g == nil:
		return "another delivery"
	case g.Deliveries-1 < len(words):
		return words[g.Deliveries-1] + " delivery"
	default:
		return "delivery " + thousands(g.Deliveries+1)
	}
}

func (e ActionsPlanned) summary() string {
	var parts []string
	for _, v := range e.Mappings {
		if !v.Matched {
			parts = append(parts, verdictSummary(v))
		}
	}
	if more := len(parts) - maxSummaryVerdicts; more > 0 {
		parts = append(parts[:maxSummaryVerdicts], count(more, "other mapping", "other mappings")+" did not match")
	}
	if len(parts) == 0 && e.Reason != "" {
		parts = append(parts, e.reasonSummary())
	}
	parts = append(parts, actionsSummary(e.Actions))
	return fmt.Sprintf("rules of revision %d: %s", e.ConfigurationRevision, strings.Join(parts, "; "))
}

func verdictSummary(v rule.Verdict) string {
	switch {
	case v.Error != "":
		return v.Key + " failed: " + v.Error
	case v.Reason == rule.Inactive:
		return v.Key + " is switched off"
	case v.Trace != "":
		return v.Key + " did not match: " + v.Trace
	default:
		return v.Key + " did not match"
	}
}

func (e ActionsPlanned) reasonSummary() string {
	if e.Explanation != "" {
		return strings.TrimSuffix(e.Explanation, ".")
	}
	return strings.ReplaceAll(string(e.Reason), "_", " ")
}

func actionsSummary(actions []PlannedAction) string {
	if len(actions) == 0 {
		return "nothing to do"
	}
	parked := 0
	var problem *action.Problem
	for _, a := range actions {
		if a.Problem != nil {
			parked++
			problem = a.Problem
		}
	}
	text := count(len(actions), "action", "actions") + " planned"
	switch {
	case len(actions) == 1:
		text += ", " + actions[0].name()
	case parked > 0:
		text += fmt.Sprintf(", %d of them parked", parked)
	}
	if parked == 1 && len(actions) == 1 {
		text += ", parked: " + problem.Message
	}
	return text
}

// name calls an action by its type and its mapping.
func (p PlannedAction) name() string {
	return string(p.ActionType) + " (" + p.MappingKey + ")"
}

func (s State) actionName(generation int, id string) string {
	if g := s.Generation(generation); g != nil {
		for _, a := range g.Actions {
			if a.ID == id {
				return a.name()
			}
		}
	}
	return "action " + short(id, 8)
}

func attemptSummary(attempt int) string {
	if attempt <= 1 {
		return ""
	}
	return " at attempt " + strconv.Itoa(attempt)
}

// short cuts an id or a hash to its beginning.
func short(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return text[:n] + "…"
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// thousands writes n with a comma between groups of three digits.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		if text[i-1] == '-' {
			break
		}
		text = text[:i] + "," + text[i:]
	}
	return text
}
