package esdb

import (
	"testing"
	"time"

	"daybook/app/store/memory"
	"daybook/app/store/storetest"
)

// impatient is a timing under which a dead connection is noticed soon.
func impatient() timing {
	t := defaultTiming()
	t.attempt, t.longest = 400*time.Millisecond, 50*time.Millisecond
	return t
}

// TestContractOverABadNetwork runs the suite through a proxy that can do to the
// connection what networks do.
func TestContractOverABadNetwork(t *testing.T) {
	t.Parallel()

	storetest.Run(t, func(t testing.TB) storetest.Harness {
		t.Helper()
		clock := &clock{}
		server := serve(t, newMemory(t, memory.Options{Now: clock.now}))
		proxy := newProxy(t, server.address)
		return storetest.Harness{
			Store:   connect(t, proxy.address, Options{timing: impatient()}),
			Advance: clock.advance,
			Disturb: map[string]func(){
				"the server restarts":                server.restart,
				"the connections are cut":            proxy.cut,
				"the server's side half-closes":      proxy.halfClose,
				"the client's side half-closes":      proxy.halfCloseServer,
				"the connections freeze":             proxy.freeze,
				"everything comes late for a moment": func() { proxy.delay(20 * time.Millisecond); <-time.After(200 * time.Millisecond); proxy.delay(0) },
			},
		}
	})
}

func (s *server) restart() {
	s.stop()
	s.start()
}
