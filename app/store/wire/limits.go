package wire

import "time"

// What one server takes on at most.
const (
	maxAppends       = 512  // appends that are being received or written
	maxReads         = 256  // reads; further ones wait
	maxSubscriptions = 256  // further ones are refused
	maxCalls         = 1024 // calls of one connection, of any kind
)

// What one request may hold.
const (
	maxStreamName    = 4096  // bytes
	maxAppendEvents  = 65536 // events in one append
	maxPrefixes      = 256
	maxExpression    = 1024      // bytes of a regular expression
	maxInstructions  = 2048      // of its program, which bound what one match costs
	maxHeaders       = 16384     // bytes of HTTP/2 headers
	appendSlop       = 1 << 20   // bytes of a message beside the events in it
	maxQuestion      = 128 << 10 // bytes of a message to a server that is read-only
	maxBatchesOpen   = 64        // appends of one BatchAppend that lack their last part
	maxBatchesAtOnce = 64        // appends of one BatchAppend that are being written
	batchBytesFactor = 4         // what they may hold together, in largest appends
)

// Times.
const (
	maxWrite         = 30 * time.Second // for one append of a BatchAppend
	handshakeTimeout = 10 * time.Second
	keepaliveTime    = 20 * time.Second // of silence, then the client is asked
	keepaliveTimeout = 10 * time.Second // for its answer
	minPing          = time.Second      // between a client's own questions (10 s by default)
)

// slots bounds how many do something at once.
type slots chan struct{}

func newSlots(n int) slots { return make(slots, n) }

// take takes a slot if there is one.
func (s slots) take() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

// wait waits for a slot, or for done.
func (s slots) wait(done <-chan struct{}) bool {
	select {
	case s <- struct{}{}:
		return true
	case <-done:
		return false
	}
}

func (s slots) give() { <-s }
