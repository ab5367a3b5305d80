// Package esdb is the event store port on EventStoreDB and KurrentDB, through
// EventStore's own Go client: for several instances, on several machines.
//
//	store, err := esdb.Open(ctx, "esdb://admin:changeit@db:2113", esdb.Options{})
//
// # What is guaranteed beyond the port
//
//   - A call returns within its context's deadline whatever the client, the
//     network and the server do, and after [patience] where its context sets no
//     sooner end.
//   - An outage of any length is survived: while there is no connection, calls
//     wait for one as long as their contexts allow, and the first after the
//     outage finds one. Subscriptions go on where they were.
//   - An append is repeated, with the same event ids, until it is settled. Where
//     the server cannot know a repeat by itself (any revision expected), the
//     stream is read first. What could not be settled within the context is
//     [es.ErrUnavailable], and the next append of the same ids begins by looking.
//
// # Living with the client
//
// The client cannot look after its connection. It stops for good when it finds
// no server for a second; those who call it meanwhile hang, whatever their
// contexts say; looking for another node, it forgets to close the connection it
// had; on some messages it panics; in an append that is cut off while it is being
// sent, it races with gRPC. So
//
//   - each connection is a client of its own, which is asked for one thing only
//     until it has found its node (connection.go), and given up at the first
//     sign that something is wrong with it;
//   - the client is kept from looking for another node by itself (client.go);
//   - no caller waits inside the client: each call is made by a goroutine that
//     can be left behind, at most [maxCalls] of them (call.go).
//
// Only client.go, failure.go and connectionstring.go know the client's package.
//
// # Positions
//
// A position is the server's commit position plus one, because a server may hold
// an event at 0, which is [es.Start] here. Commit and prepare position are the
// same for every event that was not written in an explicit transaction of the
// TCP protocol, which no server of this decade takes.
//
// # Where a real server is less strict than the port
//
// A repeat is known however old it is where the append expected no stream or a
// revision. Where it expected any, the server knows the ids of the last 8 MB of
// events; for appends that this Store gave up on, or attempts again, the stream
// is read. And an append at the right revision is written even if the stream
// holds one of its ids already. Ids are random, and reused only for the same
// append, so neither matters to Daybook. The server must be 23.10 or newer:
// older ones do not say when a subscription caught up.
//
// # What cannot be mended here
//
// The client ends the process if a server sends an event without a time of
// creation. No server of EventStore's does; a hostile one can.
//
// Where a node refuses an append because it is not the leader, and the leader
// that it names cannot be reached, the client forgets to close the connection
// that it tried: one for each attempt, less and less often, until there is a
// leader. It is at rest after half an hour. Nodes refuse so only what is said to
// be for the leader, which this client never says: they pass appends on.
package esdb
