// Package transfer moves a whole log from one event store to another, through
// a file: [Export] writes it, [Import] appends what it holds.
//
// # What stays, and what does not
//
// Streams, revisions, event ids, types and the bytes of data and metadata stay
// as they are, and so does the order of all events. Positions do not: each
// store has its own. What a store makes itself is made anew: the ids of
// tombstones, and the time from which $maxAge counts, which begins again with
// the import. Secrets are ciphertext and move as such; the master key is not in
// the log, and has to move too.
//
// # What a log holds
//
// Stores differ in when they really delete what was cut, so a log is taken for
// what its streams still show (snapshot.go): nothing that $maxCount cut; of a
// stream with a tombstone, the tombstone alone; of a metadata stream, the
// newest $metadata event, which is the one in force. What belongs to a server
// ($stats, $projections, …) stays there. So two exports of the same log are the
// same file, byte for byte, wherever it lies, as long as nobody appends.
//
// # Placeholders
//
// No store lets an append skip revisions. Where the first events of a stream
// were cut, Import appends [es.TypePlaceholder] events in their place, so that the
// rest get their revisions back. $maxCount cuts them again as the rest come;
// where it does not, they stay to be seen in their stream, and nowhere count as
// part of the log. (A server's disk holds them until it is scavenged.)
//
// # The file
//
// A line, then events and tombstones in the order of the log, then a line:
//
//	daybook-log 1 <log id>
//	event <revision> <id> <n> <n> <n> <n>
//	<stream> <type>
//	<data>
//	<metadata>
//	tombstone <n>
//	<stream>
//	end <number of events and tombstones> <SHA-256 of all before this line>
//
// Each <n> is the length in bytes of what follows: stream, type, data,
// metadata. What follows is written as it is, whatever bytes it has; numbers
// are decimal, ids and the sum in lower-case hexadecimal; every line ends with
// \n. There is one way to write a log, and any other is refused.
package transfer
