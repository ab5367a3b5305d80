package worker

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"daybook/app/destination"
	"daybook/domain/webhook"
)

// Limits of what is sent at once.
const (
	// sendsAtOnce is how many actions of one lane are sent at once.
	sendsAtOnce = 32
	// maxWarm is how many webhooks wait for a lane with all that is known of
	// them, in no more than maxWarmBytes of bodies. Of the others, up to
	// maxInLane, only the name is kept, and they are read again.
	maxWarm      = 128
	maxWarmBytes = 1 << 20
	maxInLane    = 64 << 10
	// maxLanes is how many lanes there are at once. What does not fit in, which
	// takes more destinations than people set up, shares one.
	maxLanes   = 256
	sharedLane = "other destinations"
)

// When a destination is left alone.
const (
	// A breaker opens when so many attempts failed in a row, or half of so many
	// within a minute; then nothing is sent for half a minute, and then one
	// attempt decides.
	failuresInRow  = 5
	failuresOf     = 20
	breakerWindow  = time.Minute
	breakerOpenFor = 30 * time.Second
	// maxLanePause is for how long, at most, a destination that asks to be left
	// alone is sent nothing at all.
	maxLanePause = time.Minute
	// afterPause is how far apart what waited for that begins again.
	afterPause = 10 * time.Second
)

// lane is a destination as far as it is slow or down as one. What waits for it
// waits here, and keeps nothing else from going on.
type lane struct {
	name    string
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]

	mu      sync.Mutex
	sending int    // goroutines that work for it
	waiting []*job // in the order in which they came
	warm    int    // of those waiting, how many are warm,
	bytes   int    // with so many bytes of bodies
	pausing time.Time
	opened  time.Time
	tally   tally
}

// tally is what a lane's attempts came to since this process began.
type tally struct {
	sent, failed int64
	lastError    string
	lastErrorAt  time.Time
	lastSuccess  time.Time
	took         [128]time.Duration // of the newest attempts
}

func newLane(name string) *lane {
	l := &lane{name: name}
	l.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name: name, Interval: breakerWindow, Timeout: breakerOpenFor, MaxRequests: 1,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return c.ConsecutiveFailures >= failuresInRow || c.Requests >= failuresOf && 2*c.TotalFailures >= c.Requests
		},
		IsExcluded: func(err error) bool { return errors.Is(err, errNothingSent) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.opened = time.Now()
			}
		},
	})
	return l
}

// enter has a job wait for the lane. It reports whether the job has a place,
// and whether that is one to work at once: then the caller has it worked.
func (l *lane) enter(j *job) (taken, now bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sending < sendsAtOnce {
		l.sending++
		return true, true
	}
	if len(l.waiting) >= maxInLane {
		return false, false
	}
	if size := j.bytes(); l.warm < maxWarm && l.bytes+size <= maxWarmBytes {
		l.warm++
		l.bytes += size
		j.warm = true
	} else {
		j.cool()
	}
	l.waiting = append(l.waiting, j)
	return true, false
}

// next returns the job whose turn it is; nil if none waits: then one goroutine
// less works for the lane.
func (l *lane) next() *job {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.sending--
		return nil
	}
	j := l.waiting[0]
	l.waiting[0] = nil
	l.waiting = l.waiting[1:]
	if j.warm {
		j.warm = false
		l.warm--
		l.bytes -= j.bytes()
	}
	return j
}

// Why a breaker is told that all is not well, or nothing.
var (
	errUnwell      = errors.New("the destination is not well")
	errNothingSent = errors.New("nothing was sent")
)

// allow says whether an action may be sent now. If so, done is to be told how
// that ended, or nil if nothing was sent after all; if not, until is a time
// before which it is of no use, if known.
func (l *lane) allow() (done func(*destination.Outcome, time.Duration), until time.Time, ok bool) {
	l.mu.Lock()
	pausing := l.pausing
	l.mu.Unlock()
	if pausing.After(time.Now()) {
		return nil, pausing, false
	}
	settle, err := l.breaker.Allow()
	if err != nil {
		return nil, time.Time{}, false
	}
	return func(o *destination.Outcome, took time.Duration) {
		if o == nil {
			settle(errNothingSent)
			return
		}
		settle(verdict(*o))
		l.count(*o, took)
	}, time.Time{}, true
}

// verdict is what an outcome says of the destination; nil if it is well.
func verdict(o destination.Outcome) error {
	switch o.Class {
	case webhook.ClassNetwork, webhook.ClassUnknown:
		return errUnwell
	case webhook.ClassTemporary:
		if o.HTTPStatus == 0 || o.HTTPStatus >= 500 {
			return errUnwell
		}
	default: // it answered
	}
	return nil
}

func (l *lane) count(o destination.Outcome, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.tally.took[l.tally.sent%int64(len(l.tally.took))] = took
	l.tally.sent++
	if o.Class == "" {
		l.tally.lastSuccess = now
	} else {
		l.tally.failed++
		l.tally.lastError, l.tally.lastErrorAt = o.Error, now
	}
	if o.RetryAfter > 0 && o.Class.Retried() {
		l.pausing = now.Add(min(o.RetryAfter, maxLanePause))
	}
}

// idle reports whether nothing would be lost by forgetting the lane.
func (l *lane) idle() bool {
	if l.breaker.State() != gobreaker.StateClosed {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sending == 0
}

// lanes are those in use, by name.
type lanes struct {
	mu     sync.Mutex
	byName map[string]*lane
}

func newLanes() *lanes { return &lanes{byName: map[string]*lane{}} }

func (s *lanes) find(name string) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.byName[name]; ok {
		return l
	}
	if len(s.byName) >= maxLanes {
		s.forgetIdle()
	}
	if len(s.byName) >= maxLanes {
		name = sharedLane
		if l, ok := s.byName[name]; ok {
			return l
		}
	}
	l := newLane(name)
	s.byName[name] = l
	return l
}

func (s *lanes) forgetIdle() {
	for name, l := range s.byName {
		if l.idle() {
			delete(s.byName, name)
		}
	}
}

// Lane is how it stands with a destination, for people.
type Lane struct {
	Name    string
	Sending int // attempts under way, at most
	Waiting int // webhooks that wait for their turn
	// State is closed, open (nothing is sent) or half-open (one attempt
	// decides), and OpenedAt when it opened the last time.
	State    string
	OpenedAt time.Time
	// PausedUntil is until when the destination asked to be left alone.
	PausedUntil time.Time
	// Sent and Failed count attempts since this process began.
	Sent, Failed  int64
	LastError     string
	LastErrorAt   time.Time
	LastSuccessAt time.Time
	// Median and Slowest are of the newest attempts.
	Median, Slowest time.Duration
}

// Lanes returns how it stands with each destination that something was sent to
// of late, by name.
func (w *Worker) Lanes() []Lane {
	w.lanes.mu.Lock()
	all := make([]*lane, 0, len(w.lanes.byName))
	for _, l := range w.lanes.byName {
		all = append(all, l)
	}
	w.lanes.mu.Unlock()
	shown := make([]Lane, len(all))
	for i, l := range all {
		shown[i] = l.shown()
	}
	slices.SortFunc(shown, func(a, b Lane) int { return cmp.Compare(a.Name, b.Name) })
	return shown
}

func (l *lane) shown() Lane {
	state := l.breaker.State().String()
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &l.tally
	took := slices.Clone(t.took[:min(t.sent, int64(len(t.took)))])
	slices.Sort(took)
	shown := Lane{
		Name: l.name, Sending: l.sending, Waiting: len(l.waiting), State: state, OpenedAt: l.opened, PausedUntil: l.pausing,
		Sent: t.sent, Failed: t.failed, LastError: t.lastError, LastErrorAt: t.lastErrorAt, LastSuccessAt: t.lastSuccess,
	}
	if n := len(took); n > 0 {
		shown.Median, shown.Slowest = took[n/2], took[n-1]
	}
	return shown
}

// runLane works for a lane, beginning with a job, until none waits.
func (w *Worker) runLane(ctx, finishing context.Context, l *lane, j *job) {
	for j != nil {
		if ctx.Err() != nil {
			return // what waits is in the log
		}
		w.drive(ctx, finishing, j, l)
		j = l.next()
	}
}
