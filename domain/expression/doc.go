// Package expression evaluates the expressions of rules: conditions, computed
// fields. The language is that of github.com/expr-lang/expr, whose parser and
// type checker read it; the evaluator is Daybook's own, because expr's limits
// do not cover what a hostile rule or payload can do (a rule of 431 bytes makes
// a gigabyte, a loop in a loop runs for minutes), and a check that has to be
// patched in around every operation is one that can be forgotten. Here every
// operation goes through one place that counts.
//
// # What an expression sees
//
// body, headers, event and preprocess, as in package fieldpath. Whole numbers
// are int64, all others float64. There is no clock, no randomness, and no way
// out: nothing can be called but the functions of the language, and of those
// only the ones that are pure and whose cost can be counted.
//
// # What is bounded
//
//   - Before parsing: the length of the source and the nesting of its brackets.
//     After it: the number of nodes, the size of each regular expression.
//   - While it runs: a [Budget] of steps and bytes, the same for everybody.
//     Every operation, and every round of a loop, is a step; work on long
//     strings and lists is more; and memory is counted before it is taken.
//     Expressions that share a budget share what is left of it. Budgets may
//     belong to a [Total], so that many of them do not add up. An error says
//     whether a budget ran out: [ErrBudget], [ErrTotal].
//   - Results: no number is infinite, no whole number overflows silently.
//
// Running out, a type error, or a number that cannot be held is an [*Error] with
// its place in the source. The same source, document and budget give the same
// value or the same error, on every machine. Expressions do not change and may
// be evaluated by many goroutines at once, each with its own budget.
//
// # Where it differs from expr
//
// Arithmetic that overflows, divides by zero or ends in infinity fails. The
// pattern of matches is a literal. Strings are sliced by characters and have no
// entries. What is no string is in no object, where expr fails. toJSON writes no
// spaces; keys and values are sorted by key. now, date, duration, timezone,
// groupBy, median, toPairs, fromPairs, splitAfter, bytes, $env and the bit
// functions are left out.
package expression
