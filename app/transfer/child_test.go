package transfer

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"daybook/app/store/embedded"
	"daybook/app/store/esdb"
	"daybook/domain/es"
)

// The environment of a process that imports: into a directory, or a server.
const (
	childTarget = "DAYBOOK_TEST_IMPORT_TARGET"
	childFile   = "DAYBOOK_TEST_IMPORT_FILE"
)

func runChild(target, path string) int {
	err := importInto(target, path)
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

// importInto imports, and writes a line for every event that was appended.
func importInto(target, path string) error {
	ctx := context.Background()
	var store es.Store
	var err error
	if esdb.IsConnectionString(target) {
		store, err = esdb.Open(ctx, target, esdb.Options{})
	} else {
		store, err = embedded.Open(ctx, target, embedded.Options{})
	}
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	a := &noticed{Store: store, out: os.Stdout}
	if _, err = Import(ctx, a, file, nil); err != nil {
		return err
	}
	return store.Close()
}

// noticed writes a line before and after each append.
type noticed struct {
	es.Store
	out io.Writer
}

func (n *noticed) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	fmt.Fprintln(n.out, "before", len(events))
	at, err := n.Store.Append(ctx, stream, expected, events...)
	fmt.Fprintln(n.out, "after", len(events))
	return at, err
}

// TestKilled kills imports at random moments. The last one completes what the
// others began.
func TestKilled(t *testing.T) {
	t.Parallel()
	from := newMemory(t)
	h := begin(t, from, "log-1")
	for i := range 150 {
		h.happen(es.Stream(fmt.Sprintf("webhook-%d", i%40)), 1+i%3)
		h.happen("rejection-1", i%5)
		if i%50 == 20 {
			h.retain("rejection-1", es.Retention{MaxCount: 20})
			person := es.Stream(fmt.Sprintf("person-%d", i))
			h.happen(person, 2)
			h.erase(person)
		}
	}
	file := export(t, from)
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]func(t *testing.T) (name string, open func() es.Store){
		"embedded": func(t *testing.T) (string, func() es.Store) {
			t.Helper()
			dir := t.TempDir()
			return dir, func() es.Store {
				store, err := embedded.Open(t.Context(), dir, embedded.Options{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = store.Close() })
				return store
			}
		},
		"esdb over wire": func(t *testing.T) (string, func() es.Store) {
			t.Helper()
			store := newEmbedded(t)
			return serve(t, store), func() es.Store { return store }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, open := target(t)
			kills := 0
			for importAndKill(t, target, path) {
				kills++
			}
			if kills < 5 {
				t.Errorf("only %d imports were killed: the test proves little", kills)
			}
			if again := export(t, open()); !bytes.Equal(file, again) {
				t.Errorf("after %d kills the log is another", kills)
			}
			t.Logf("%d kills", kills)
		})
	}
}

// importAndKill reports whether the import was killed, rather than done.
func importAndKill(t *testing.T, target, path string) bool {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childTarget+"="+target, childFile+"="+path)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	n := 1 + rand.IntN(40)
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if n--; n == 0 {
			killed = cmd.Process.Kill() == nil
		}
	}
	err = cmd.Wait()
	if !killed && err != nil {
		t.Fatalf("the import failed: %v\n%s", err, stderr.String())
	}
	return killed && err != nil
}
