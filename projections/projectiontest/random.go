package projectiontest

import (
	"fmt"
	"time"

	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
)

// Chooser makes the choices of a history.
type Chooser interface {
	// IntN returns a number from 0 to n-1.
	IntN(n int) int
}

// EventTypes returns the event types of a [Log.Step].
func EventTypes() []string {
	return []string{
		"customer.created", "invoice.created", "invoice.paid", "invoice.payment_failed", "customer.deleted",
		"checkout.session.completed", "",
	}
}

// Step lets one thing happen: often something to a webhook that there is.
func (l *Log) Step(c Chooser) {
	l.tb.Helper()
	l.At += es.Time(c.IntN(90_000))
	switch n := c.IntN(20); {
	case n < 6 || len(l.began) == 0:
		l.Receive(randomRef(c), pick(c, EventTypes()...), pick(c, "in_1", "in_2", "cus_1", ""), pick(c, "cus_1", "cus_2", "sub_1"))
	case n < 8:
		l.reject(c)
	case n == 8 && c.IntN(4) == 0:
		l.Delete(l.some(c).Stream())
		l.forget()
	default:
		l.advance(c, l.some(c))
	}
}

func randomRef(c Chooser) webhook.Ref {
	return webhook.Ref{
		Environment: pick(c, "development", "production"), Source: pick(c, "stripe", "shop"),
		Key: fmt.Sprintf("evt_%d", c.IntN(1_000_000)), Generation: 1,
	}
}

func pick[T any](c Chooser, among ...T) T { return among[c.IntN(len(among))] }

// some returns the newest generation of a webhook that was received before.
func (l *Log) some(c Chooser) webhook.Ref {
	ref := l.began[max(0, len(l.began)-1-c.IntN(min(len(l.began), 12)))]
	ref.Generation = max(1, len(l.States[ref.Stream()].Generations)-c.IntN(2))
	return ref
}

// forget lets go of webhooks whose stream is deleted.
func (l *Log) forget() {
	kept := l.began[:0]
	for _, ref := range l.began {
		if _, known := l.States[ref.Stream()]; known {
			kept = append(kept, ref)
		}
	}
	l.began = kept
}

func (l *Log) reject(c Chooser) {
	n := 1
	if c.IntN(5) == 0 {
		n = 2 + c.IntN(400)
	}
	l.Reject(pick(c, "development", "production"), "stripe", pick(c, "signature_mismatch", "malformed_json", "signature_expired"), n)
}

// advance lets something happen to a webhook.
func (l *Log) advance(c Chooser, ref webhook.Ref) {
	switch c.IntN(10) {
	case 0, 1:
		g := l.States[ref.Stream()].Generation(1)
		if c.IntN(6) == 0 {
			l.At = l.At.Add(25 * time.Hour) // past the window: the next generation
		}
		l.Receive(ref, g.Received.Receipt.EventType, g.Received.Receipt.ObjectID, g.Received.Receipt.Related...)
	case 2:
		l.Do(ref, webhook.CountDuplicates{N: c.IntN(40) - 2, LastAt: l.At})
	case 3, 4, 5:
		l.RandomPlan(c, ref)
	case 6:
		l.Do(ref, webhook.ParkPlan{Generation: ref.Generation, Reason: webhook.ParkInterrupted, Error: "the rules took too long"})
	case 7:
		if c.IntN(2) == 0 {
			l.takeOver(ref)
		} else {
			l.decide(c, ref)
		}
	default:
		l.settle(ref, func(webhook.Action) webhook.ActionOutcome { return randomOutcome(c) })
	}
}

func (l *Log) takeOver(ref webhook.Ref) {
	g := l.States[ref.Stream()].Generation(ref.Generation)
	if g.Claim == nil {
		return
	}
	if due, _ := g.DueAt(); due > l.At {
		l.At = due
	}
	l.Do(ref, webhook.TakeOver{
		Generation: ref.Generation, At: l.At, Lapsed: &g.Claim.Revision,
		Claim: webhook.Claimant{Instance: "two", Start: "s2", Lease: 20 * time.Second},
	})
}

// decide lets a person do something about a webhook.
func (l *Log) decide(c Chooser, ref webhook.Ref) {
	var some []string
	for _, a := range l.States[ref.Stream()].Generation(ref.Generation).Actions {
		if c.IntN(2) == 0 {
			some = append(some, a.ID)
		}
	}
	switch c.IntN(4) {
	case 0:
		l.Do(ref, webhook.Replan{Generation: ref.Generation})
	case 1:
		l.Do(ref, webhook.Skip{Generation: ref.Generation, Actions: some, Note: "done by hand"})
	default:
		l.Do(ref, webhook.Rearm{Generation: ref.Generation, Actions: some})
	}
}

func randomOutcome(c Chooser) webhook.ActionOutcome {
	switch c.IntN(12) {
	case 0, 1:
		return webhook.ActionOutcome{Class: webhook.ClassNotSupported, Error: "this is not carried out yet"}
	case 2:
		return webhook.ActionOutcome{Class: webhook.ClassTemporary, Error: "it answered 503", Exchange: webhook.Exchange{HTTPStatus: 503}}
	case 3:
		return webhook.ActionOutcome{Class: webhook.ClassUnknown, Error: "no answer came"}
	case 4:
		return webhook.ActionOutcome{Deferred: webhook.DeferDown, Error: "the destination is down"}
	default:
		return webhook.ActionOutcome{}
	}
}

// RandomPlan plans a webhook: nothing, with a reason, or some actions.
func (l *Log) RandomPlan(c Chooser, ref webhook.Ref) {
	switch c.IntN(6) {
	case 0:
		l.Plan(ref, rule.NoMapping, nil)
	case 1:
		l.Plan(ref, rule.ConditionFalse, []rule.Verdict{
			{Key: "dunning", EventType: "invoice.*", Reason: rule.ConditionFalse, Trace: "1200 > 5000 is false"},
		})
	case 2:
		l.Plan(ref, "", []rule.Verdict{{Key: "dunning", EventType: "*", Reason: rule.ConditionFailed, Error: "1:6: amount is null"}})
	default:
		actions := make([]rule.Planned, 1+c.IntN(3))
		verdicts := make([]rule.Verdict, len(actions))
		for i := range actions {
			actions[i] = randomAction(c, i)
			verdicts[i] = rule.Verdict{Key: actions[i].MappingKey, EventType: "*", Matched: true}
		}
		l.Plan(ref, "", verdicts, actions...)
	}
}

func randomAction(c Chooser, i int) rule.Planned {
	mapping := fmt.Sprintf("%s-%d", pick(c, "welcome", "receipt", "dunning"), i)
	user := pick(c, "cus_1", "cus_2", "cus_3")
	actionType, payload := randomRequest(c, user)
	a := Planned(mapping, actionType, payload)
	if c.IntN(8) == 0 {
		a.Problem = &action.Problem{Code: action.MissingField, Field: "recipients", Message: "recipients is missing: body.data.object.customer is null"}
	}
	return a
}

// randomRequest is an action and its request: one of few, so that many touch
// each other.
func randomRequest(c Chooser, user string) (action.Type, string) {
	object := fmt.Sprintf(`"collection":%q,"id":%q`, pick(c, "teams", "$tenants"), pick(c, "red", "blue"))
	tenant := pick(c, "", `,"tenant":"red"`, `,"tenant":{"id":"blue","name":"Blue"}`)
	switch c.IntN(15) {
	case 0:
		return action.UsersIdentify, fmt.Sprintf(`{"id":%q,"name":%q,"properties":{"n":%d}}`, user, pick(c, "Ada", "Grace"), c.IntN(9))
	case 1:
		return action.UsersIdentify, fmt.Sprintf(`{"email":%q,"id":%q,"properties":{"plan":"pro"}}`, user+"@example.com", user)
	case 2:
		return action.UsersDelete, fmt.Sprintf(`{"id":%q}`, user)
	case 3:
		return action.WorkflowsCancel, fmt.Sprintf(`{"cancellation_key":%q,"key":"dunning"}`, pick(c, "in_1", "in_2"))
	case 4:
		return action.ObjectsSet, fmt.Sprintf(`{%s,"name":%q}`, object, pick(c, "Red", "Blue"))
	case 5:
		return action.WorkflowsTrigger, fmt.Sprintf(`{"key":"welcome","recipients":[{"id":%q,"name":"Inline","team":"red"},"cus_9"]%s}`, user, tenant)
	case 6:
		return action.ObjectsDelete, fmt.Sprintf(`{%s}`, object)
	case 7:
		return action.TenantsSet, fmt.Sprintf(`{"id":%q,"properties":{"n":%d}}`, pick(c, "red", "blue"), c.IntN(9))
	case 8:
		return action.TenantsDelete, fmt.Sprintf(`{"id":%q}`, pick(c, "red", "blue"))
	case 9, 10:
		return action.ObjectsSubscribe, fmt.Sprintf(
			`{%s,"properties":{"n":%d},"recipients":[%q,{"id":"cus_2","name":"Inline"},{"collection":"teams","id":"blue","size":%d}]}`,
			object, c.IntN(9), user, c.IntN(9))
	case 11:
		return action.ObjectsUnsubscribe, fmt.Sprintf(`{%s,"recipients":[%q,{"collection":"teams","id":"blue"}]}`, object, user)
	case 12:
		return action.AudiencesAddMember, fmt.Sprintf(`{"key":"beta","members":[%q,{"user":{"id":"cus_2","plan":"pro"},"tenant":"red"}]%s}`, user, tenant)
	case 13:
		return action.AudiencesRemoveMember, fmt.Sprintf(`{"key":"beta","members":[%q]%s}`, user, tenant)
	default:
		return action.WorkflowsTrigger,
			fmt.Sprintf(`{"cancellation_key":%q,"data":{"amount":%d},"key":"dunning","recipients":[%q]}`, pick(c, "in_1", "in_2"), c.IntN(9), user)
	}
}
