package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// run carries out a command in this process, with nothing to read.
func run(ctx context.Context, args ...string) (status int, out, errs string) {
	var stdout, stderr bytes.Buffer
	status = Run(ctx, "test", args, Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	return status, stdout.String(), stderr.String()
}

// A server that is told to stop while it starts has not failed; a question
// that nobody answered has.
func TestInterruptedBeforeTheStart(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, command := range []string{"serve", "demo"} {
		status, out, errs := run(ctx, command, "--addr", "127.0.0.1:0", "--data", t.TempDir())
		if status != exitDone || out != "" || strings.Contains(errs, "daybook:") {
			t.Errorf("%s: %d, %q, %q", command, status, out, errs)
		}
	}
	status, _, errs := run(ctx, "events", "list", "--token", "some-token")
	if status != exitFailed || errs != "daybook: interrupted\n" {
		t.Errorf("events list: %d, %q", status, errs)
	}
}

// What a payload holds must not steer the terminal, and JSON stays what it was.
func TestHostileText(t *testing.T) {
	t.Parallel()
	hostile := "\x1b[2J \u009b2J \u202egnp.exe\r\n\ttab"
	item := map[string]any{"id": hostile, "event_type": hostile, "status": "succeeded", "received_at": "2026-11-24T14:00:00Z"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"items": []any{item}})
	}))
	t.Cleanup(server.Close)
	steering := "\x1b\u009b\u202e\r"
	status, out, errs := run(t.Context(), "events", "list", "--server", server.URL, "--token", "some-token")
	if status != exitDone || strings.ContainsAny(out, steering) || strings.Count(out, "\n") != 2 {
		t.Errorf("%d, %q, %q", status, out, errs)
	}
	status, out, errs = run(t.Context(), "events", "list", "--json", "--server", server.URL, "--token", "some-token")
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil || got["id"] != hostile {
		t.Errorf("%v, %q: the JSON means something else now", err, got["id"])
	}
	if status != exitDone || strings.ContainsAny(out, steering) {
		t.Errorf("%d, %q, %q", status, out, errs)
	}
}

// An answer that is not Daybook's is no reason for a riddle.
func TestSomethingElseAnswers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	status, _, errs := run(t.Context(), "events", "list", "--server", server.URL, "--token", "some-token")
	if status != exitFailed || !strings.Contains(errs, "is --server right?") {
		t.Errorf("%d, %q", status, errs)
	}
	if status, _, errs = run(t.Context(), "healthcheck", "--server", server.URL); status != exitFailed || !strings.Contains(errs, "404") {
		t.Errorf("%d, %q", status, errs)
	}
}

func TestParseSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"65536": 65536, "512KiB": 512 << 10, "1MiB": 1 << 20, "2 MiB": 2 << 20,
		"": 0, "0": 0, "-1": 0, "1MB": 0, "1GiB": 0, "MiB": 0, "99999999999MiB": 0, "1e6": 0,
	} {
		got, err := parseSize(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
}

// A tail that loses its connection comes back where it was.
func TestTailComesBackWhereItWas(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	var after []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		after = append(after, r.URL.Query().Get("after"))
		if len(after) == 2 {
			stop()
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte(": here\n\nid: 7\nevent: webhook\ndata: {\"id\":\"x\"}\n\n"))
	}))
	t.Cleanup(server.Close)
	status, out, errs := run(ctx, "tail", "--json", "--after", "3", "--server", server.URL, "--token", "some-token")
	if status != exitDone || out != "{\"id\":\"x\"}\n" || !strings.Contains(errs, "trying again") {
		t.Errorf("%d, %q, %q", status, out, errs)
	}
	if len(after) != 2 || after[0] != "3" || after[1] != "7" {
		t.Errorf("it asked for what came after %q", after)
	}
}
