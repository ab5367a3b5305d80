// Package ingest answers POST /in/{token}: it takes webhooks in.
//
// A request passes these checks, and the first that fails is its answer:
//
//	method, token, encoding, size, signature, JSON
//
// What passes is appended to the stream that its idempotency key names, and is
// answered when the append is durable: accepted, or duplicate if the key was
// there. There is no table of keys and no read model in between; the store's
// optimistic concurrency is the idempotency. If the store does not say that it
// has the webhook, the answer is 503, and the sender tries again.
//
// # What is bounded
//
// Whoever has no token costs a look-up, and no more than 100 answers a second
// other than 429. Whoever has one can make Daybook read: bodies are limited in
// size, in the time they may take, and in the memory that all of them together
// may fill; it is claimed as their bytes arrive, so that a promise of a large
// body costs nothing.
//
// # What is seen of refused requests
//
// Each refusal of a known source, from the encoding check on, becomes a
// rejection in the log; a flood of them becomes a number. This happens beside
// the answer: rejections wait in a bounded queue, and are dropped (and counted
// as such) before they slow anything down.
package ingest
