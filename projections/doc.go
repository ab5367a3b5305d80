// Package projections keeps the read models: what the log says, arranged for
// the questions that pages and programs ask. They hold nothing of their own.
// The folder they lie in may be deleted whenever no process uses it; they are
// then made again from the log, row for row as they were.
//
// # How they are kept
//
// One [Runner] follows the log with one subscription. It decodes each event
// once ([Event]) and gives every batch to all projections inside one
// transaction, together with the checkpoint: how far the read models are is
// always exactly what they show. There is one writer; readers ([Runner.View])
// see a consistent picture and never wait for it.
//
// A read model's file says which log and which versions of the projections it
// was made from. If the log is another one, or has moved to another store (the
// same events at other positions), if the checkpoint lies beyond the log's end,
// or if a version differs, an empty file is begun and filled.
//
// # What can be relied on
//
//   - Rebuilt equals grown: whatever the batches were, the rows are the same
//     ([Runner.Digest]). So a projection keeps nothing between batches but in
//     its tables, and applies the same cuts (tombstones, the newest 1,000
//     rejections) as the store.
//   - An event that this version cannot decode stops nothing. It is logged,
//     counted ([Runner.Skipped]), and given to the projections without its
//     meaning.
//   - [Runner.Rebuild] fills a new file beside the one in use and then swaps
//     them. Queries under way end on the file on which they began. A file that
//     was not finished is deleted at the next start.
//   - Nobody slows the runner down: who follows it ([Runner.Changed]) is told
//     that there is something new, and asks.
package projections
