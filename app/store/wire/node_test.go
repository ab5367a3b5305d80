package wire

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The Node client and what it drives the server with are in this folder. Its
// packages are fetched by `task foreign`, which then sets this variable.
const (
	foreignFolder   = "testdata/node"
	foreignVariable = "DAYBOOK_TEST_FOREIGN"
)

// TestNode drives the server with the official Node client: EventStoreDB's own,
// which shares no code with ours.
func TestNode(t *testing.T) {
	t.Parallel()

	if os.Getenv(foreignVariable) == "" {
		t.Skip("the Node client is not asked for: run `task foreign`")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node on this machine: install Node.js 20 or newer")
	}
	if _, err := os.Stat(filepath.Join(foreignFolder, "node_modules")); err != nil {
		t.Fatalf("the Node client is not installed: run `task foreign` (%v)", err)
	}
	b := serve(t, Config{Store: durable(t)})
	var said, complained bytes.Buffer
	script := exec.CommandContext(t.Context(), node, "foreign.js", "esdb://"+b.addr+"?tls=false")
	script.Dir, script.Stdout, script.Stderr = foreignFolder, &said, &complained
	if err := script.Run(); err != nil || said.String() != "ok\n" {
		t.Errorf("node says %q and: %v\n%s", said.String(), err, complained.String())
	}
}
