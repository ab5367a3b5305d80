package fieldpath_test

import (
	"strings"
	"testing"

	"daybook/domain/fieldpath"
)

func TestGuards(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		path, place string
		want        bool
	}{
		{"body.data.object.id", "data object id", true},
		{"body.data.object.id", "data object", true},
		{"body.data.object.id", "data", true},
		{"data.object.id", "data object id", true},
		{"body.data.object.id", "data object id deeper", false},
		{"body.data.object.id", "data other", false},
		{"body.data.object.id", "object id", false},
		{"body.lines[2].id", "lines [2] id", true},
		{"body.lines[2].id", "lines [1] id", false},
		{"body.lines[*].id", "lines [7] id", true},
		{"body.lines[*].id", "lines id", false},
		{"headers.id", "id", false},
		{"event.id", "id", false},
	} {
		path, err := fieldpath.Parse(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := path.Guards(strings.Fields(c.place)); got != c.want {
			t.Errorf("%s guards %q: %t, want %t", c.path, c.place, got, c.want)
		}
	}
}
