package esdb

import (
	"math/rand/v2"
	"time"
)

const (
	// patience is how long a call waits where its context sets no sooner end.
	patience = 30 * time.Second
	// maxCalls is how many calls may be inside the client at once, those that
	// were left behind included. Further ones wait.
	maxCalls = 1024

	pageEvents = 512     // in one page of a read, or one batch of a subscription
	pageBytes  = 4 << 20 // beyond which a page takes no further event
	// searchWindow is after how many events that the filter leaves out the
	// server says how far it is.
	searchWindow = 512
)

// timing is what tests shorten.
type timing struct {
	attempt time.Duration // the longest one attempt may take; then the connection counts as dead
	overdue time.Duration // how long after its end a call may still be inside the client; then likewise
	first   time.Duration // the wait before the second attempt; it doubles
	longest time.Duration // the longest wait between attempts
	gather  time.Duration // how long a subscription that is catching up waits to fill a batch
}

func defaultTiming() timing {
	return timing{
		attempt: 10 * time.Second,
		overdue: time.Second,
		first:   20 * time.Millisecond,
		longest: time.Second,
		gather:  5 * time.Millisecond,
	}
}

// longestCall is how long any call may be inside the client: an append twice as
// long as somebody waits for it.
func (t timing) longestCall() time.Duration { return 2*t.attempt + t.overdue }

// wait returns how long to wait after n failures in a row: between half and all
// of a time that doubles, so that many who fail at once do not come back at
// once.
func (t timing) wait(n int) time.Duration {
	longest := t.longest
	if n < 16 {
		longest = min(longest, t.first<<max(0, n-1))
	}
	return longest/2 + rand.N(longest/2+1) //nolint:gosec // nobody gains by guessing a wait
}
