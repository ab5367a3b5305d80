package logbook_test

import (
	"os"
	"testing"

	"daybook/domain/eventtest"
	"daybook/domain/logbook"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	eventtest.CheckFixtures(t, logbook.Codec(), os.DirFS("testdata/events"))
}

func FuzzDecode(f *testing.F) {
	eventtest.FuzzDecode(f, logbook.Codec(), os.DirFS("testdata/events"))
}
