// Package webhook is the life of one webhook: one idempotency key's stream,
// from the accepted request to the last outcome of what followed from it.
//
// The stream is webhook-{environment}.{source}.{key}. It begins with
// WebhookReceived, whose data is the request body as it came. What follows:
//
//   - DuplicateReceived for each further delivery inside the idempotency
//     window (DuplicatesCounted once there are many);
//   - ActionsPlanned, once per generation: what the rules said, mapping by
//     mapping, and the actions that follow (PlanParked where that could not be
//     found out);
//   - WorkClaimed, when an instance begins to carry the actions out, and
//     ActionSucceeded or ActionParked for each of them;
//   - another WebhookReceived, when the key arrives again after the window:
//     the next generation, an item of its own in the log.
//
// The stream is also the outbox: what is left to do is folded from it, so it
// cannot be forgotten, and an append at the exact revision makes sure that
// only one instance does it.
package webhook
