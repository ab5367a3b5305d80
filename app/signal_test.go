package app_test

import (
	"io"
	"syscall"
	"testing"
	"time"
)

// The second signal ends a process at once that still waits for a webhook.
func TestASecondSignalStopsAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	client := newClient(t)
	path := connect(t, p.url)
	tail := openTail(t, client, p.url)
	slowWebhook(t, sender(t, client, p.url+path), "evt_hanging")

	began := time.Now()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// The tail ends: the first signal has arrived.
	if _, err := io.Copy(io.Discard, tail); err != nil {
		t.Fatal(err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(); p.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}
