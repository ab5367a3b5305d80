// Package rule decides which actions follow from a webhook.
//
// A [Mapping] is configuration: an event type, a condition, an action, and
// where the action's fields come from. [Compile] turns the mappings of a source
// in one environment into [Rules], or says what is wrong with them. Rules are
// then asked once for each webhook: [Rules.Evaluate] returns the actions in the
// order in which they run, and a verdict for every mapping of the event type,
// so that "why did nothing happen?" always has an answer.
//
// # What can be relied on
//
//   - Evaluation is pure. The same rules and the same webhook give the same
//     verdicts, the same requests byte for byte and the same error texts, today,
//     on another machine, and in a replay years later.
//   - Evaluation is bounded by counts, never by time: each mapping has a budget
//     of steps and bytes for its condition and fields (package expression). One
//     that runs out has failed; its neighbours have budgets of their own. All
//     mappings that are asked about one webhook have ten such budgets together,
//     from which the requests that they make are taken too; when that is spent,
//     those that are left have failed.
//   - The preprocess expression of a source has a budget of its own. Where it
//     fails, so has every mapping that is asked.
//   - A condition that fails is failed, not false. A field that cannot be
//     rendered parks its own action and no other.
//   - Rules do not change and may be used by many goroutines at once.
package rule
