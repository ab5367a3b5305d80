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
// # How actions are carried out
//
// In the order of the catalogue. What takes effect by being recorded (the local
// directory) is recorded in one append for all actions. What goes over a
// network is sent in lanes, one for each destination, with goroutines of their
// own: so one that is slow or dead holds up neither another nor what is
// planned. A lane has a limit of what is sent at once and a breaker; while that
// is open an action is deferred, which costs no attempt.
//
// An action that failed waits for another try, longer each time. Nothing is
// held for it here: when it is due is in the log, the worklist knows it, and
// then a new round begins, with a claim of its own. An action that needs
// another (a trigger, the identifying of its recipient) waits for that one's
// next try, or is parked with it; no other action waits.
//
// # What can be relied on
//
//   - A webhook has one plan and at most one claim that counts. An outcome is
//     appended at the exact revision under the newest claim, or not at all
//     ([webhook.ErrFenced]). So at the local destination, where the outcome is
//     the effect, it happens once.
//   - Over a network an action is sent at least once, always under the same key
//     and with the same bytes. Where the destination does not do the same for a
//     repeated request, that an attempt begins is in the log before it is sent;
//     if then nobody can say how it ended, the action is uncertain and is not
//     sent again by itself. So such a destination sees it at most once, unless
//     a person takes that on.
//   - Whatever is sent ends before half of the lease of the claim.
//   - A conflict is no lost race: the stream is read again and decided again.
//   - A webhook that cannot be worked (a later version wrote to its stream) is
//     left alone, does not stop others, and is tried again ever more seldom.
//   - An idle worker sleeps: it is woken by the projections, or by the one
//     timer that is set for what is due first.
//
// A simulation (TestSimulation) lives through days in which instances crash and
// take over from one another, stores and destinations are slow and lose
// answers, and clocks differ, and checks this after each fact.
package worker
