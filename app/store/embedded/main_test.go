package embedded

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also the entrance of the processes that tests start: see
// runChild.
func TestMain(m *testing.M) {
	if job := os.Getenv(childJob); job != "" {
		os.Exit(runChild(job, os.Getenv(childDir)))
	}
	goleak.VerifyTestMain(m)
}
