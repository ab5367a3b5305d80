package webhook

import "time"

// Repeats says what a destination makes of an action that is sent to it again
// under the same key. The zero value is the worst: each time it is done again.
type Repeats struct {
	// Always: however often it is sent, it has one effect.
	Always bool
	// Within is for how long from when it was first sent it has one effect.
	Within time.Duration
}
