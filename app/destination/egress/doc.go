// Package egress is the one HTTP client that goes out on behalf of actions. It
// cannot be turned against the network it stands in:
//
//   - An address is judged after its name was resolved, when it is dialled, so
//     that a name which says another address each time gains nothing. Only
//     addresses of the public Internet are dialled, and those that an operator
//     has allowed by --allow-private.
//   - It follows no redirect and asks no proxy.
//   - It sends by http and https only, to a host that is written plainly, and
//     no header that would change how a request is framed or where it goes.
//   - Each step has its time, and of an answer 64 KiB are read.
//
// What failed says whether the request can have arrived: a [RefusedError] never
// left, a [NotSentError] did not leave this time, and of an [UnansweredError]
// nobody knows.
package egress
