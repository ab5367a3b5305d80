// Package worker does what follows from webhooks: it asks the rules about each
// one, records the plan and claims it, carries the actions out in their order,
// and records how they ended. All of it is in the webhook's own stream, which
// is the outbox: nothing is remembered here that could be lost.
//
// # Who does it
//
// The instance that took a webhook hands it to its own worker ([Worker.Hand]),
// which begins at once. Whatever is left over (no room in the queue, a crash,
// an instance that is gone) is found in the worklist, a projection of what is
// still to be done, and taken over:
//
//   - where this process is alone on its store, at once: a claim of an earlier
//     start is void, since whoever made it is dead;
//   - where there are others, when nothing has moved for ten seconds, give or
//     take one, and the lease of a claim is over. Both are measured on this
//     observer's own monotonic clock from when it first saw things as they
//     are; no two clocks are compared.
//
// # What can be relied on
//
//   - A webhook has one plan and at most one claim that counts. An outcome is
//     appended at the exact revision under the newest claim, or not at all
//     ([webhook.ErrFenced]). So however many workers try, each action has one
//     outcome; and since at the local destination the outcome is the effect,
//     it happens once.
//   - A conflict is no lost race: the stream is read again and decided again.
//   - A webhook that cannot be worked (a later version wrote to its stream) is
//     left alone, does not stop others, and is tried again ever more seldom.
//   - An idle worker sleeps: it is woken by the projections, or by the one
//     timer that is set when something is pending.
package worker
