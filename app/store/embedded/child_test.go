package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"daybook/domain/es"
)

// The environment of a child: what it does, and where.
const (
	childJob = "DAYBOOK_TEST_CHILD_JOB"
	childDir = "DAYBOOK_TEST_CHILD_DIR"

	jobAppend = "append"
	jobOpen   = "open"
)

// child returns a command that runs this test binary as another process.
func child(t *testing.T, job, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childJob+"="+job, childDir+"="+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

func runChild(job, dir string) int {
	store, err := Open(context.Background(), dir, Options{})
	switch {
	case job == jobOpen && errors.Is(err, ErrLocked):
		fmt.Println(err)
		return 0
	case job == jobAppend && err == nil:
		return appendForEver(store, os.Stdout)
	default:
		fmt.Fprintf(os.Stderr, "child %s: %v\n", job, err)
		return 1
	}
}

// What the appending child does: each goroutine appends to a stream of its own,
// to new streams, and to one that all share, and writes a line to out for each
// append that was acknowledged, after it was.
const childWriters = 8

func appendForEver(store es.Store, out io.Writer) int {
	var mu sync.Mutex
	var group sync.WaitGroup
	for w := range childWriters {
		group.Go(func() {
			for i := 0; ; i++ {
				stream := []es.Stream{
					es.Stream(fmt.Sprintf("own-%d", w)),
					es.Stream("new-" + uuid.NewString()),
					"shared-1",
				}[i%3]
				line, err := appendOnce(store, stream, 1+i%4)
				if err != nil {
					fmt.Fprintln(os.Stderr, "child:", err)
					return
				}
				mu.Lock()
				_, _ = io.WriteString(out, line)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return 1
}

// appendOnce returns a line: the stream, and the ids of the events.
func appendOnce(store es.Store, stream es.Stream, n int) (string, error) {
	line := strings.Builder{}
	line.WriteString(string(stream))
	events := make([]es.Event, n)
	for i := range events {
		events[i] = es.Event{ID: uuid.Must(uuid.NewV7()), Type: "Happened", Data: make([]byte, 1+len(stream)*37*i)}
		line.WriteString(" " + events[i].ID.String())
	}
	if _, err := store.Append(context.Background(), stream, es.Any(), events...); err != nil {
		return "", err
	}
	return line.String() + "\n", nil
}
