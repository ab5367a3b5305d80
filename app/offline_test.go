package app_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"daybook/app"
	"daybook/app/identity"
	"daybook/app/store/embedded"
	"daybook/domain/es"
)

// An instance whose log is elsewhere: what it shows is made anew from that log,
// in its own directory, while others work on the store.
func TestRebuildFromAStoreElsewhere(t *testing.T) {
	t.Parallel()
	shared := share(t)
	here, there := shared.config(t), shared.config(t)
	other := run(t, there)
	r := run(t, here)
	client := newClient(t)
	path := connect(t, r.LocalURL())
	for range 3 {
		send(t, client, r.LocalURL()+path, "invoice.paid")
	}
	waitUntilDone(t, r.LocalURL())
	var reached es.Position
	rebuild := func() error {
		return app.RebuildOffline(t.Context(), here.Store, here.Data, masterKey, slog.New(slog.DiscardHandler),
			func(done, _ es.Position) { reached = done })
	}
	if err := rebuild(); !errors.Is(err, embedded.ErrLocked) {
		t.Errorf("while it runs: %v", err)
	}
	r.end(t)
	if err := os.RemoveAll(filepath.Join(here.Data, "readmodels")); err != nil {
		t.Fatal(err)
	}
	if err := rebuild(); err != nil {
		t.Fatal(err)
	}
	other.end(t)
	if head, err := shared.openThere(t).Head(t.Context()); err != nil || reached != head {
		t.Errorf("the log was read to %d of %d, %v", reached, head, err)
	}
	checkSame(t, shared, []string{here.Data, there.Data})
}

// A store that holds no log is left as it is.
func TestNothingToRebuildFrom(t *testing.T) {
	t.Parallel()
	shared := share(t)
	data := t.TempDir()
	rebuild := func(data string) error {
		return app.RebuildOffline(t.Context(), shared.connection(), data, masterKey, slog.New(slog.DiscardHandler), func(_, _ es.Position) {})
	}
	if err := rebuild(filepath.Join(data, "misspelt")); !errors.Is(err, app.ErrNoInstance) {
		t.Errorf("a directory that is not there: %v", err)
	}
	if err := rebuild(data); !errors.Is(err, identity.ErrNoLog) {
		t.Errorf("an empty store: %v", err)
	}
	foreign, err := shared.Append(t.Context(), "somebody-else", es.NoStream(), es.Event{ID: uuid.New(), Type: "Happened"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rebuild(data); !errors.Is(err, identity.ErrNoLog) {
		t.Errorf("a store of somebody else's: %v", err)
	}
	if head, err := shared.Head(t.Context()); err != nil || head != foreign.Position {
		t.Errorf("something was appended: %d, %v", head, err)
	}
}
