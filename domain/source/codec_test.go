package source_test

import (
	"os"
	"testing"

	"daybook/domain/eventtest"
	"daybook/domain/source"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	eventtest.CheckFixtures(t, source.Codec(), os.DirFS("testdata/events"))
}

func FuzzDecode(f *testing.F) {
	eventtest.FuzzDecode(f, source.Codec(), os.DirFS("testdata/events"))
}
