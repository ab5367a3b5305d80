package knock

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"daybook/domain/webhook"
)

// However many want to, no second has more calls than Knock takes; and nobody
// waits long for a turn.
func TestNoSecondHasMoreThanATierTakes(t *testing.T) {
	t.Parallel()
	for _, tier := range []tier{tier2, tier3, tier5} {
		synctest.Test(t, func(t *testing.T) {
			p := NewPace()
			begun := time.Now()
			var mu sync.Mutex
			var sent []time.Time
			var running sync.WaitGroup
			for range 64 {
				running.Go(func() {
					for time.Since(begun) < 10*time.Second {
						asked := time.Now()
						outcome, ok := p.take(t.Context(), tier)
						if waited := time.Since(asked); waited > longestWait {
							t.Errorf("it waited %s for its turn", waited)
						}
						if !ok {
							if outcome.Class != webhook.ClassRateLimited || outcome.RetryAfter <= longestWait || outcome.Error == "" {
								t.Errorf("%+v", outcome)
							}
							time.Sleep(outcome.RetryAfter)
							continue
						}
						mu.Lock()
						sent = append(sent, time.Now())
						mu.Unlock()
					}
				})
			}
			running.Wait()
			slices.SortFunc(sent, time.Time.Compare)
			for i := range sent {
				if end := i + int(tier); end < len(sent) && sent[end].Sub(sent[i]) < time.Second-time.Microsecond {
					t.Fatalf("tier %d: %d calls within %s", tier, tier+1, sent[end].Sub(sent[i]))
				}
			}
			if least := 10 * int(tier) * 7 / 10; len(sent) < least {
				t.Errorf("tier %d: %d calls in ten seconds, fewer than %d", tier, len(sent), least)
			}
		})
	}
}

func TestATurnIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPace()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, ok := p.take(ctx, tier2); !ok {
			t.Error("the first has to wait")
		}
		begun := time.Now()
		if outcome, ok := p.take(ctx, tier2); ok || outcome.Class != webhook.ClassNetwork || time.Since(begun) != 10*time.Millisecond {
			t.Errorf("%+v after %s", outcome, time.Since(begun))
		}
		time.Sleep(240 * time.Millisecond)
		if _, ok := p.take(t.Context(), tier2); !ok || time.Since(begun) != 250*time.Millisecond {
			t.Error("a turn that was given up is lost to others")
		}
	})
}
