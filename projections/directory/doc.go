// Package directory is the read model of what the local destination holds: users,
// objects, tenants, audiences, who follows and is in which of them, and the
// workflow runs that were triggered, per environment. Nothing is sent anywhere:
// an action on the local destination has succeeded as soon as the log says so,
// and this is what it then comes to.
//
// # What an action comes to
//
//   - To set is to merge: only what a request includes changes, properties key by
//     key. The collections $users and $tenants stand for users and tenants.
//   - Recipients, members, actors and tenants that come with more than their id
//     are set by it first. Those that are ids alone may be unknown.
//   - Who subscribes to an object, and an audience that somebody is added to or
//     removed from, makes that object or audience known.
//   - To delete a user, an object or a tenant ends its subscriptions, those to it,
//     and its memberships. It begins anew if it is set again; they do not.
//   - A member is in an audience once without a tenant, and once for each tenant.
//
// # What is kept
//
// What succeeded actions said is kept as it was said: changes to entries and to
// the links between them, runs, cancellations, each with the stream that it came
// from and the position of the event. Rows of entries and links are folded from
// their changes; whether a run was cancelled, and which of its recipients were
// not known when it began, is found by positions when somebody asks. So when a
// stream gets a tombstone, what came from it can be taken out as if it had never
// been.
//
// A run's data is not copied: it may be the whole body of the webhook. The run
// says which recorded event holds it ([Run.Plan]).
//
// A request that its plan left out for its size is not known here. What the
// action's result repeats of it is: all but its data, as far as there is room.
package directory
