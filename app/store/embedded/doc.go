// Package embedded is the event store that needs nothing installed: one SQLite
// file, <data>/log.db, for one process.
//
// # Writing
//
// Callers queue their appends; one goroutine, the writer, takes all that are
// waiting, up to a bound, and commits them as one transaction (group commit:
// while one batch is being synced, the next one gathers, so there is no timer).
// SQLite syncs its write-ahead log before a commit returns, so what was
// acknowledged survives a crash of the process, the system, or the power.
// Within a batch each append stands or falls alone: a conflict is the answer to
// one append, and if the transaction itself fails (a full disk), each append is
// tried in a transaction of its own, so that the failure of one is not the
// failure of all. Such a failure is [es.ErrUnavailable]; the store works again
// as soon as the disk does.
//
// # Reading
//
// A pool of connections reads pages, bounded in events and bytes. A page is
// read whole before the first of its events is yielded: a slow reader holds up
// neither the writer nor a checkpoint, and costs one page of memory. A
// subscription reads pages up to the head, then waits for the writer to say
// that the head moved; nothing polls.
//
// # Retention and tombstones
//
// $maxCount and $maxAge are enforced in the transaction that appends: what is
// cut is deleted, except that the newest event of a stream always stays, hidden
// if it is too old, because it holds the stream's revision. The age of an event
// is counted from when this store recorded it, as in EventStoreDB, and reads
// hide what is too old but not yet deleted. A stream that nobody appends to is
// trimmed when the store is opened. The retentions in force are kept in memory,
// about 200 bytes each: they are meant for thousands of streams, not millions.
//
// A tombstone deletes the events of its stream in the same transaction, and
// SQLite overwrites what was deleted (secure_delete), so erased is erased once
// the write-ahead log has been written over. A stream of a million events
// holds up the other writers for seconds.
//
// # One process
//
// <data>/lock is held (flock) while the store is open; the system lets go of
// it when the process ends, however it ends. Systems without flock, Windows
// among them, cannot open this store.
package embedded
