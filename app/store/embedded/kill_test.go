package embedded

import (
	"bufio"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// TestKilled kills a process that appends, at random moments, on one directory,
// and finds after each kill what had been acknowledged: everything, once, in
// one piece.
func TestKilled(t *testing.T) {
	t.Parallel()

	const kills = 30
	dir := t.TempDir()
	acknowledged := make(map[string][]string) // the last id of an append: all its ids
	for range kills {
		for _, line := range appendAndKill(t, dir) {
			ids := strings.Fields(line)[1:]
			acknowledged[ids[len(ids)-1]] = ids
		}
		checkAcknowledged(t, dir, acknowledged)
	}
	if len(acknowledged) < kills*10 {
		t.Errorf("only %d appends in %d lives: the test proves little", len(acknowledged), kills)
	}
	t.Logf("%d appends were acknowledged in %d lives", len(acknowledged), kills)
}

// appendAndKill returns the whole lines that the child wrote until it died. It
// dies after a random number of acknowledgements, so at a random moment of what
// its other goroutines do.
func appendAndKill(t *testing.T, dir string) []string {
	t.Helper()
	cmd := child(t, jobAppend, dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := killAfter(t, cmd, stdout, 1+rand.IntN(120))
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	return lines
}

func killAfter(t *testing.T, cmd *exec.Cmd, stdout io.Reader, n int) []string {
	t.Helper()
	var lines []string
	for out := bufio.NewReader(stdout); ; {
		line, err := out.ReadString('\n')
		if err != nil {
			return lines // what is not a whole line was not acknowledged
		}
		lines = append(lines, line)
		if len(lines) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func checkAcknowledged(t *testing.T, dir string, acknowledged map[string][]string) {
	t.Helper()
	store, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	at := make(map[string]es.Recorded)
	next := make(map[es.Stream]es.Revision)
	for e, err := range store.ReadAll(t.Context(), es.Start, es.Forward) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := at[e.ID.String()]; twice {
			t.Fatalf("an event is there twice: %s in %s", e.ID, e.Stream)
		}
		if e.Revision != next[e.Stream] {
			t.Fatalf("%s: revision %d where %d should be", e.Stream, e.Revision, next[e.Stream])
		}
		next[e.Stream]++
		at[e.ID.String()] = e
	}
	for _, ids := range acknowledged {
		for i, id := range ids {
			e, ok := at[id]
			if !ok || uuid.MustParse(id) != e.ID || e.Revision != at[ids[0]].Revision+es.Revision(i) {
				t.Fatalf("acknowledged and not there, or not in one piece: %s", id)
			}
		}
	}
}
