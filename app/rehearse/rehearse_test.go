package rehearse

import (
	"context"
	"errors"
	"testing"
	"time"

	"daybook/app/configuration"
	"daybook/app/sources"
	"daybook/app/store/memory"
	"daybook/domain/es"
)

// nowhere is a configuration without sources.
type nowhere struct{ Configuration }

func (nowhere) Endpoint(string, string) (*configuration.Endpoint, bool) { return nil, false }

// Who asks for many rehearsals waits, so that webhooks are not slowed.
func TestOnlySoManyRunAtOnce(t *testing.T) {
	t.Parallel()
	r := New(Config{Store: memory.New(memory.Options{}), Configuration: nowhere{}, Now: time.Now})
	rehearse := func(ctx context.Context) error {
		_, err := r.Rehearse(ctx, sources.Place{Key: "stripe", Environment: "development"}, Rehearsal{})
		return err
	}
	for range 2 * atOnce { // each gives its place back
		if err := rehearse(t.Context()); len(es.RefusalsOf(err)) != 1 {
			t.Fatal(err)
		}
	}
	for range atOnce {
		r.running <- struct{}{}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := rehearse(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("one too many ran: %v", err)
	}
}
