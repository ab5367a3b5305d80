package local

import "daybook/domain/action"

// Effect says what the directory shows once an action has succeeded, for people;
// empty for one that is not carried out here.
func Effect(t action.Type) string {
	switch t {
	case action.UsersIdentify:
		return "The user is there from now on. Only what is given changes, properties key by key; the rest stays as it was."
	case action.UsersDelete:
		return "The user is gone, and so are its subscriptions and its places in audiences. Identified again, it begins anew."
	case action.ObjectsSet:
		return "The object is there from now on. Only what is given changes, properties key by key. The collections $users and $tenants stand for users and tenants."
	case action.ObjectsDelete:
		return "The object is gone, and so are the subscriptions to it and its own. Set again, it begins anew."
	case action.TenantsSet:
		return "The tenant is there from now on. Only what is given changes, properties key by key."
	case action.TenantsDelete:
		return "The tenant is gone, and so are the subscriptions to it. Members keep the tenant's id that they were added with."
	case action.ObjectsSubscribe:
		return "Each recipient follows the object, which becomes known by it. Recipients that are objects with more than an id are identified or set first. Subscribed again, given properties change."
	case action.ObjectsUnsubscribe:
		return "The recipients follow the object no more. Who did not follow it is passed over."
	case action.AudiencesAddMember:
		return "Each user is in the audience, which becomes known by it: once without a tenant, and once for each tenant. A member's own tenant stands before the action's. Users with more than an id are identified first."
	case action.AudiencesRemoveMember:
		return "The users are in the audience no more, for that tenant, or without one. The audience stays, though nobody is left."
	case action.WorkflowsCancel:
		return "Runs of the workflow that were triggered before with that key are cancelled, for the given recipients or for all."
	case action.WorkflowsTrigger:
		return "One run stands in the directory, for all of its recipients; nothing is sent to anybody. Recipients, actor and tenant with more than an id are identified or set first. Recipients that are not known are marked."
	default:
		return ""
	}
}
