package directory

import (
	"encoding/json"

	"daybook/domain/action"
	"daybook/domain/value"
	"daybook/projections"
)

// outcome is a succeeded action: its request, as far as it is known, and its
// result.
type outcome struct {
	request
	planned *planned
	result  json.RawMessage
}

// effect is what a succeeded action comes to.
type effect func(b *batch, e projections.Event, o outcome) error

// effectOf says what the directory shows of an action that succeeded; nil for
// those that the local destination does not carry out.
func effectOf(t action.Type) effect {
	switch t {
	case action.UsersIdentify:
		return set(kindUser)
	case action.UsersDelete:
		return remove(kindUser)
	case action.ObjectsSet:
		return set(kindObject)
	case action.ObjectsDelete:
		return remove(kindObject)
	case action.TenantsSet:
		return set(kindTenant)
	case action.TenantsDelete:
		return remove(kindTenant)
	case action.ObjectsSubscribe:
		return (*batch).subscribe
	case action.ObjectsUnsubscribe:
		return (*batch).unsubscribe
	case action.AudiencesAddMember:
		return (*batch).addMembers
	case action.AudiencesRemoveMember:
		return (*batch).removeMembers
	case action.WorkflowsTrigger:
		return (*batch).trigger
	case action.WorkflowsCancel:
		return (*batch).cancel
	default:
		return nil
	}
}

// subject names what a request is about.
func (o outcome) subject(e projections.Event, k kind) key {
	if k == kindObject {
		return keyIn(e.Ref.Environment, o.Collection, o.ID)
	}
	return key{environment: e.Ref.Environment, kind: k, id: o.ID}
}

func set(k kind) effect {
	return func(b *batch, e projections.Event, o outcome) error { return b.say(e, o.subject(e, k), o.said) }
}

func remove(k kind) effect {
	return func(b *batch, e projections.Event, o outcome) error { return b.remove(e, o.subject(e, k)) }
}

// recipients reads those of a request.
func (o outcome) recipients(e projections.Event) []party {
	read := make([]party, len(o.Recipients))
	for i, raw := range o.Recipients {
		read[i] = readRecipient(e.Ref.Environment, raw)
	}
	return read
}

// subscribe lets recipients follow an object, which becomes known by it.
func (b *batch) subscribe(e projections.Event, o outcome) error {
	object := o.subject(e, kindObject)
	if err := b.say(e, object, traits{}); err != nil {
		return err
	}
	said := traits{Properties: o.said.Properties}
	for _, to := range o.recipients(e) {
		if err := b.sayInline(e, to); err != nil {
			return err
		}
		if err := b.link(e, linkKey{of: object, to: to.key}, &said); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) unsubscribe(e projections.Event, o outcome) error {
	for _, to := range o.recipients(e) {
		if err := b.link(e, linkKey{of: o.subject(e, kindObject), to: to.key}, nil); err != nil {
			return err
		}
	}
	return nil
}

// addMembers puts users into an audience, which becomes known by it.
func (b *batch) addMembers(e projections.Event, o outcome) error {
	tenant := readTenant(e.Ref.Environment, o.Tenant)
	if err := b.sayInline(e, tenant); err != nil {
		return err
	}
	return b.eachMember(e, o, tenant, func(l linkKey, m member, of party) error {
		if err := b.sayInline(e, m.party, of); err != nil {
			return err
		}
		return b.link(e, l, &traits{})
	})
}

// removeMembers takes users out of an audience. It stays, though nobody is left.
func (b *batch) removeMembers(e projections.Event, o outcome) error {
	return b.eachMember(e, o, readTenant(e.Ref.Environment, o.Tenant), func(l linkKey, _ member, _ party) error {
		return b.link(e, l, nil)
	})
}

// eachMember changes an audience, and calls do for each of the members that a
// request names, with the tenant that it names for that one alone.
func (b *batch) eachMember(e projections.Event, o outcome, tenant party, do func(linkKey, member, party) error) error {
	audience := key{environment: e.Ref.Environment, kind: kindAudience, id: o.Key}
	if err := b.say(e, audience, traits{}); err != nil {
		return err
	}
	for _, raw := range o.Members {
		m, own := readMember(e.Ref.Environment, raw), party{}
		l := linkKey{of: audience, to: m.key, tenant: tenant.id}
		if m.tenant != nil {
			own = readTenant(e.Ref.Environment, m.tenant)
			l.tenant = own.id
		}
		if err := do(l, m, own); err != nil {
			return err
		}
	}
	return nil
}

// trigger begins a run. Whoever comes with traits is made known first.
func (b *batch) trigger(e projections.Event, o outcome) error {
	named := append(o.recipients(e), readRecipient(e.Ref.Environment, o.Actor), readTenant(e.Ref.Environment, o.Tenant))
	if err := b.sayInline(e, named...); err != nil {
		return err
	}
	return b.w.run(b.ctx, e, o.planned, o.request, runID(o.planned.action, o.result))
}

// runID is the id that the destination gave to a run: the action's, if it gave
// none.
func runID(actionID string, result json.RawMessage) string {
	for member, given := range value.Members(result) {
		var id string
		if member == "workflow_run_id" && json.Unmarshal(given, &id) == nil && id != "" {
			return id
		}
	}
	return actionID
}

func (b *batch) cancel(e projections.Event, o outcome) error {
	if o.Key == "" || o.CancellationKey == "" {
		return nil
	}
	return b.w.cancel(b.ctx, e, o.request)
}
