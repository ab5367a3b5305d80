package app_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"daybook/app/cli"
)

// asProgram makes this test binary the program daybook.
const asProgram = "DAYBOOK_TEST_AS_PROGRAM"

// TestMain is also the entrance of the processes that tests start.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(cli.Main("test"))
	}
	goleak.VerifyTestMain(m)
}
