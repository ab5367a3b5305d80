package esdb

import (
	"os"
	"testing"

	"daybook/app/store/embedded"
	"daybook/app/store/storetest"
	"daybook/domain/es"
)

// TestContractOnEmbedded reopens all there is: the adapter, the server, and the
// store it serves.
func TestContractOnEmbedded(t *testing.T) {
	t.Parallel()

	storetest.Run(t, func(t testing.TB) storetest.Harness {
		t.Helper()
		clock, dir := &clock{}, t.TempDir()
		served := openEmbedded(t, dir, embedded.Options{Now: clock.now})
		server := serve(t, served)
		store := connect(t, server.address, Options{})
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
				store = connect(t, server.address, Options{})
				return store
			},
			Advance: clock.advance,
			Disturb: map[string]func(){"the server restarts": restart},
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
