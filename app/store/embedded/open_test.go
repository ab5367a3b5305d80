package embedded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"daybook/domain/es"
)

func TestSecondProcessIsKeptOut(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	store := openStore(t, dir, Options{})
	out, err := child(t, jobOpen, dir).Output()
	if err != nil {
		t.Fatalf("the child got in, or failed: %v", err)
	}
	if text := string(out); !strings.Contains(text, dir) || !strings.Contains(text, "--data") {
		t.Errorf("the message does not say where, or what to do: %s", text)
	}
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("a second store in this process: %v", err)
	}
	appendOne(t, store, "a-1", es.NoStream())

	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	again := openStore(t, dir, Options{})
	if n := len(readAll(t, again)); n != 1 {
		t.Errorf("the reopened store holds %d events, want 1", n)
	}
}

func TestFilesAreTheOwnersOnly(t *testing.T) {
	t.Parallel()

	dir := filepath.Join(t.TempDir(), "made", "by #open?")
	store := openStore(t, dir, Options{})
	appendOne(t, store, "a-1", es.NoStream())

	modes := make(map[string]fs.FileMode)
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		modes[filepath.Base(path)] = info.Mode().Perm()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]fs.FileMode{
		"by #open?": 0o700, "lock": 0o600, "log.db": 0o600, "log.db-wal": 0o600, "log.db-shm": 0o600,
	}
	if diff := cmp.Diff(want, modes); diff != "" {
		t.Errorf("files and modes (-want +got):\n%s", diff)
	}
}

func TestCloseLeavesOneFile(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	store := openStore(t, dir, Options{})
	appendOne(t, store, "a-1", es.NoStream())
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if diff := cmp.Diff([]string{"lock", "log.db"}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestEngineIsSetUp(t *testing.T) {
	t.Parallel()

	store := openStore(t, t.TempDir(), Options{})
	got := make(map[string]string)
	for _, pragma := range []string{
		"journal_mode", "synchronous", "page_size", "wal_autocheckpoint", "secure_delete", "user_version",
	} {
		var value string
		if err := store.writer.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&value); err != nil {
			t.Fatal(err)
		}
		got[pragma] = value
	}
	want := map[string]string{
		"journal_mode": "wal", "synchronous": "2", "page_size": "16384",
		"wal_autocheckpoint": "1000", "secure_delete": "1", "user_version": "1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pragmas (-want +got):\n%s", diff)
	}
}

func TestOpenRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()

	t.Run("a newer file", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		store := openStore(t, dir, Options{})
		if _, err := store.writer.conn.ExecContext(t.Context(), "PRAGMA user_version = 2"); err != nil {
			t.Fatal(err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dir, Options{}); err == nil || !strings.Contains(err.Error(), "newer Daybook") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("another file", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		path := filepath.Join(dir, FileName)
		if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dir, Options{}); err == nil {
			t.Error("it was opened")
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		openStore(t, dir, Options{}) // the lock was let go of
	})
	t.Run("a directory that cannot be", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), path, Options{}); err == nil {
			t.Error("it was opened")
		}
	})
}

func TestPositionsBeginAtOne(t *testing.T) {
	t.Parallel()

	store := openStore(t, t.TempDir(), Options{})
	for i := range es.Position(3) {
		if at := appendOne(t, store, "a-1", es.Any()); at.Position != i+1 {
			t.Errorf("event %d is at %d", i, at.Position)
		}
	}
}

func newEvent() es.Event {
	return es.Event{ID: uuid.Must(uuid.NewV7()), Type: "Happened", Data: []byte("{}"), Metadata: []byte("{}")}
}

func appendOne(t testing.TB, store es.Store, stream es.Stream, expected es.Expected) es.Appended {
	t.Helper()
	at, err := store.Append(t.Context(), stream, expected, newEvent())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func readAll(t testing.TB, store es.Store) []es.Recorded {
	t.Helper()
	var all []es.Recorded
	for e, err := range store.ReadAll(t.Context(), es.Start, es.Forward) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// A directory is locked for others than stores, and against them.
func TestLock(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made")
	release, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("locked twice: %v", err)
	}
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("a store in a locked directory: %v", err)
	}
	if err := errors.Join(release(), release()); err != nil {
		t.Fatal(err)
	}
	openStore(t, dir, Options{})
	if _, err := Lock(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("locked although a store has it: %v", err)
	}
}
