package esdb

import (
	"os"
	"testing"
	"time"

	"daybook/app/store/embedded"
	"daybook/app/store/storetest"
	"daybook/domain/es"
)

// TestContract runs the suite on the embedded store behind its server, behind a
// proxy that can do to a connection what networks do. To reopen is to reopen all
// there is.
func TestContract(t *testing.T) {
	t.Parallel()

	storetest.Run(t, func(t testing.TB) storetest.Harness {
		t.Helper()
		clock, dir := &clock{}, t.TempDir()
		served := openEmbedded(t, dir, embedded.Options{Now: clock.now})
		server := serve(t, served)
		proxy := newProxy(t, server.address)
		timing := defaultTiming()
		timing.attempt = 3 * time.Second // after which a frozen connection is left
		store := connect(t, proxy.address, Options{timing: timing})
		restart := func() {
			server.stop()
			if err := served.Close(); err != nil {
				t.Fatal(err)
			}
			served = openEmbedded(t, dir, embedded.Options{Now: clock.now})
			server.config.Store = served
			server.start()
		}
		return storetest.Harness{
			Store: store,
			Reopen: func() es.Store {
				_ = store.Close()
				restart()
				store = connect(t, proxy.address, Options{timing: timing})
				return store
			},
			Advance: clock.advance,
			Disturb: map[string]func(){
				"the server restarts":           restart,
				"the connections are cut":       proxy.cut,
				"the server's side half-closes": proxy.halfClose,
				"the client's side half-closes": proxy.halfCloseServer,
				"the connections freeze":        proxy.freeze,
				"everything comes late": func() {
					proxy.delay(20 * time.Millisecond)
					<-time.After(200 * time.Millisecond)
					proxy.delay(0)
				},
			},
		}
	})
}

// realServer names the variable that holds the connection string of a server
// for tests. What they write stays there.
const realServer = "DAYBOOK_TEST_ESDB"

func TestContractOnRealServer(t *testing.T) {
	t.Parallel()

	connectionString := os.Getenv(realServer)
	if connectionString == "" {
		t.Skip("set " + realServer + " to the connection string of an EventStoreDB for tests; `task up` starts one: esdb://127.0.0.1:2113?tls=false")
	}
	storetest.Run(t, func(t testing.TB) storetest.Harness {
		t.Helper()
		open := func() *Store {
			store, err := Open(t.Context(), connectionString, Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			return store
		}
		store := open()
		return storetest.Harness{
			Store: store,
			Reopen: func() es.Store {
				_ = store.Close()
				store = open()
				return store
			},
		}
	})
}
