package knock

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"daybook/app/destination"
	"daybook/domain/webhook"
)

// tier is a class of calls that Knock counts together, by its limit in calls a
// second.
type tier int

// Knock's tiers that are used here.
const (
	tier2 tier = 5
	tier3 tier = 60
	tier5 tier = 1000
)

// longestWait is how long a call waits for its turn. Beyond, it is better that
// others are sent meanwhile.
const longestWait = 2 * time.Second

// burstShare is the part of a second's calls that may go at once.
const burstShare = 10

// Pace keeps Knock's limits of rate for one API key. Make one with [NewPace].
type Pace struct {
	mu    sync.Mutex
	tiers map[tier]*paced
}

type paced struct {
	limiter *rate.Limiter
	// rests is until when Knock has asked to be left alone.
	rests time.Time
}

// NewPace returns a pace at which nothing was sent yet.
func NewPace() *Pace {
	p := &Pace{tiers: map[tier]*paced{}}
	for _, t := range []tier{tier2, tier3, tier5} {
		// What may go at once and what comes up within a second are the limit
		// together, so that no second has more than that.
		burst := max(1, int(t)/burstShare)
		p.tiers[t] = &paced{limiter: rate.NewLimiter(rate.Limit(int(t)-burst), burst)}
	}
	return p
}

// take returns when it is a call's turn; or false and why it was not sent, if
// that would take too long.
func (p *Pace) take(ctx context.Context, t tier) (destination.Outcome, bool) {
	now := time.Now()
	p.mu.Lock()
	paced := p.tiers[t]
	rests := paced.rests.Sub(now)
	p.mu.Unlock()
	if rests > 0 {
		return destination.Outcome{
			Class: webhook.ClassRateLimited, RetryAfter: rests,
			Error: "Knock asked to be left alone for a while; nothing was sent",
		}, false
	}
	turn := paced.limiter.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > longestWait {
		turn.CancelAt(now)
		return destination.Outcome{
			Class: webhook.ClassRateLimited, RetryAfter: wait,
			Error: fmt.Sprintf("Knock takes %d such calls a second, and more are waiting; nothing was sent", t),
		}, false
	}
	select {
	case <-time.After(wait):
		return destination.Outcome{}, true
	case <-ctx.Done():
		turn.Cancel()
		return destination.Outcome{Class: webhook.ClassNetwork, Error: "Daybook was stopped before it was sent"}, false
	}
}

// rest leaves Knock alone with calls of a tier.
func (p *Pace) rest(t tier, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(max(d, time.Second)); until.After(p.tiers[t].rests) {
		p.tiers[t].rests = until
	}
}
