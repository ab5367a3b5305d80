// Package directory is the read model of what the local destination holds: the
// users that were identified and the workflow runs that were triggered, per
// environment. Nothing is sent anywhere: an action on the local destination has
// succeeded as soon as the log says so, and this is what it then comes to.
//
// # What is kept
//
// What succeeded actions said is kept as it was said: changes to users, runs,
// cancellations, each with the stream that it came from and the position of
// the event. A user's row is folded from its changes; whether a run was
// cancelled, and which of its recipients were no users when it began, is found
// by positions when somebody asks. So when a stream gets a tombstone, what came
// from it can be taken out as if it had never been.
//
// A run's data is not copied: it may be the whole body of the webhook. The run
// says which recorded event holds it ([Run.Plan]).
//
// A request that its plan left out for its size is not known here. What the
// action's result repeats of it is: the destination says there at least id, key,
// recipients and cancellation_key.
package directory
