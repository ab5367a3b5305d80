// Package bench measures Daybook, whole: how many events the store appends, and
// how many webhooks come in over HTTP, beside a handler that does nothing but
// check the signature. Then what a store costs that is reached over TCP: the
// same webhooks to a Daybook on the embedded store and to one through esdb and
// wire, subscriptions that catch up, and how soon all goes on after an outage.
// The server there is our own, on the embedded store: it tells what the adapter
// and the protocol cost, and nothing of the speed of KurrentDB. Last, how many
// actions are sent over HTTP, and what a dead destination does to the others.
//
//	go test ./app/bench -bench . -run '^$'
//
// Figures of one machine say little about another; the ratio to the bare
// handler says what Daybook itself costs. So both are measured in one run, in
// turns, under the same requests, and the load comes from the same process: on
// two cores it takes its part of them, of either handler.
//
// A run takes about two minutes and ends with a table. Nothing here
// fails for being slow, but it does if an answer is wrong, or if at the end the
// log does not hold every webhook with its action carried out.
package bench
