// Package source is the configuration of one source: what it is called, and
// for each environment its settings, its mappings, its secrets and the tokens
// of its ingest URL.
//
// The stream is source-{key}. Every change is an event with its author, so
// the configuration can be seen as of any moment: a webhook notes the revision
// that was in force when it came, and folding the stream up to there gives the
// rules that applied.
//
// Secrets and tokens are sealed before they come here: the events hold
// ciphertext only ([Sealed]), and this package neither opens nor makes it.
package source
