// Package es is the event-sourcing kernel: what an event is, how a stream is
// folded into a state, and the port that every event store implements.
//
// # The shape of a decision
//
// Every stream kind (webhook, source, …) has a package beside this one with
// two plain functions. Decide turns a state and a command into new events;
// Evolve turns a state and one recorded fact into the next state. Neither has
// I/O, a clock, or randomness: times and ids arrive in the command. A [Decider]
// pairs them, a [Codec] says how the events look on the wire.
//
// # The shape of the log
//
//   - A stream is an ordered list of events; its first event has revision 0.
//   - All streams together form one log; each event has a [Position] in it.
//     Order is position, never time.
//   - An append names the revision it [Expected]; if the stream has moved on,
//     the append fails with [ErrConflict] and nothing is written. That is the
//     only concurrency control there is.
//   - An append of several events is atomic.
//   - An append of an event id that the stream already holds succeeds and
//     writes nothing, so an append whose outcome is unknown can be repeated.
package es
