// Package wire serves any event store to any EventStoreDB client: it speaks the
// EventStoreDB protocol (gRPC, in the client's own public messages) and answers
// from an [es.Store]. The esdb adapter is tested through it, and the embedded
// log can be read with every tool that EventStoreDB has.
//
//	server, err := wire.New(wire.Config{Store: store, ReadOnly: true})
//	…
//	err = server.Serve(listener) // until server.Stop(ctx)
//
// # What is served
//
// Streams: Append, BatchAppend, Read (a stream or $all, both ways, from
// anywhere, $all also filtered), subscriptions to a stream and to $all, filtered
// by stream name or event type, by prefixes or a regular expression (RE2), with
// checkpoints; Delete and Tombstone. ServerFeatures, and Gossip for a cluster of
// one. Everything else (persistent subscriptions, projections, users,
// operations) is answered with UNIMPLEMENTED, and ServerFeatures does not list
// it, so that clients know beforehand.
//
// # Positions
//
// commit and prepare are both the [es.Position], as it is. Between the two
// protocols one thing differs: a read of $all that goes forward from a position
// includes the event there, while the port, and every subscription, begins after
// it. A prepare position below the commit position lies before the event at the
// commit position, as in EventStoreDB.
//
// # Where it differs from EventStoreDB
//
//   - A position where no event stands is as good as any other.
//   - There are no links: resolve_links changes nothing.
//   - "created" is the time in the event's id where that is a UUIDv7, else the
//     "at" of its metadata, else 1970: the port does not tell when it recorded.
//   - "content-type" is found by looking: application/json if the data is JSON.
//   - A stream whose events were all cut by $maxAge is not found, rather than
//     empty.
//   - Checks against "stream exists", and those of Delete and Tombstone, are
//     made just before the write, not with it. Those of appends are atomic.
//   - Delete marks the stream in its metadata ($tb), as EventStoreDB does. What
//     it hides is what lies before that mark in the log; reads through this
//     server apply $tb, the store itself does not know it.
//   - Checkpoint intervals are counted in positions.
//   - $acl is kept and not applied: there is one user, who may do everything
//     that Config allows.
//
// # Safety
//
// Without TLS and a password the server refuses every address but loopback
// ([Server.Serve]). Requests are bounded in size and number (limits.go), a
// subscriber that does not read holds one page of the log and nothing that
// others need, and a mistake in a handler ends one call, not the process.
// What the log holds of secrets is ciphertext; nothing that was sent is logged.
package wire
