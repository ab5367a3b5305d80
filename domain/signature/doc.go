// Package signature decides whether a request came from who it says it came
// from.
//
// Each provider signs in its own way; a [Scheme] knows one way. It is given a
// request as it came (the body byte for byte: a body that was parsed and
// written again has another signature), the secrets that are live, and the
// time, and answers with a [Verification] or with a [Failure] that says what
// is wrong and what to do about it. Whether a failure refuses the request is
// for the source to say: where verification is not enforced,
// [Failure.Verification] is what the log shows.
//
// Secrets are of type [Secret], which does not print.
package signature
