package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"daybook/app/store/embedded"
	"daybook/app/store/esdb"
)

// storeCloseTimeout is how long the stop waits for a store elsewhere: nothing
// that was acknowledged depends on it, and its server may be gone.
const storeCloseTimeout = 500 * time.Millisecond

// embedded reports whether the log is in the data directory, so that no other
// process can write to it.
func (c *Config) embedded() bool { return c.Store == DefaultStore }

// validateStore says what is wrong with the store, without its password.
func (c *Config) validateStore() error {
	switch {
	case c.embedded():
		return nil
	case !esdb.IsConnectionString(c.Store):
		return errNoStore(c.Store)
	case c.AdminToken == "":
		return fmt.Errorf("--store %s: give DAYBOOK_ADMIN_TOKEN, the same to all instances (openssl rand -hex 20 makes one)", scheme(c.Store))
	case c.MasterKey == "":
		return fmt.Errorf("--store %s: give DAYBOOK_MASTER_KEY, the same to all instances (openssl rand -base64 32 makes one)", scheme(c.Store))
	}
	return nil
}

func errNoStore(store string) error {
	return fmt.Errorf("--store %s: it is %s, or a connection string that begins with esdb://, esdb+discover:// or kurrentdb://", scheme(store), DefaultStore)
}

// scheme is what may be shown of something that is to be a connection string: it
// can hold a password.
func scheme(store string) string {
	name, _, isURL := strings.Cut(store, "://")
	if isURL {
		name += "://…"
	}
	return name
}

// storeName and storePlace are what people are told of the store.
func (c *Config) storeName() string {
	if c.embedded() {
		return "embedded"
	}
	return "EventStoreDB"
}

func (c *Config) storePlace() string {
	if c.embedded() {
		return c.Data
	}
	place, _, _ := strings.Cut(esdb.Redacted(c.Store), "?")
	return place
}

// openStore opens the log. It keeps other processes out of the data directory,
// wherever the log is: the read models are there.
func (a *App) openStore(ctx context.Context) (err error) {
	c := a.config
	if c.embedded() {
		store, err := embedded.Open(ctx, c.Data, embedded.Options{Now: c.Now})
		if err != nil {
			return err
		}
		a.store = store
		return nil
	}
	if a.unlock, err = embedded.Lock(c.Data); err != nil {
		return err
	}
	c.Logger.Info("connecting to the event store", "at", c.storePlace())
	store, err := esdb.Open(ctx, c.Store, esdb.Options{Logger: c.Logger})
	if err != nil {
		return fmt.Errorf("%w; see that it runs and can be reached from here, and that --store (DAYBOOK_STORE) is right", err)
	}
	a.store = store
	return nil
}

// closeStore closes the log, and then lets others into the data directory.
func (a *App) closeStore() error {
	var err error
	if a.store != nil {
		closed := make(chan error, 1)
		go func() { closed <- a.store.Close() }()
		var late <-chan time.Time
		if !a.config.embedded() {
			late = time.After(storeCloseTimeout)
		}
		select {
		case err = <-closed:
		case <-late:
			a.config.Logger.Warn("the event store did not let go of the connection in time; what was acknowledged is there all the same")
		}
	}
	if a.unlock != nil {
		err = errors.Join(err, a.unlock())
	}
	return err
}
