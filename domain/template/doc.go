// Package template holds what is known of each provider: how it signs, where
// its webhooks keep their type and key, which mappings make a good beginning,
// what its webhooks look like, and how to set it up.
//
// A [Template] is data, with the name of at most one signature scheme. A new
// provider is a new value in [All] and a folder of samples beside it; nothing
// else in Daybook knows one provider from another.
//
// # Samples
//
// A sample is a webhook as the provider would send it now. The files in the
// provider's folder are its webhooks as JSON, with placeholders for all that is
// fresh each time:
//
//	{{new evt}}                 a new id with that prefix
//	{{customer}}                a value that related samples share, by its name
//	{{int now-2m}}              a time, in seconds since the epoch
//	{{int period_end=now+30d}}  a shared time, and what it is if nobody set it yet
//	{{ms now}}                  a time, in milliseconds since the epoch
//	{{iso now}}, {{utc now}}    a time as text, to the millisecond or the second
//	{{int new number}}          a new id that is a number; {{int customer}} a shared one
//
// A string that begins with int or ms becomes a number. A file has the name of
// the event type, with a dot for what a file's name cannot have. One that differs
// little from another, which is written whole, is a file {type}.like.json: like
// which it is, and with what, by path. The headers of
// a template may have placeholders too.
package template
