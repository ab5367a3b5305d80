package value_test

import (
	"slices"
	"strings"
	"testing"

	"daybook/domain/value"
)

// place guards one place and no other.
type place []string

func (p place) Guards(steps []string) bool { return slices.Equal(p, steps) }

// flood is a member with many more flaws than are reported.
func flood(name string) string {
	return `"` + name + `":{` + strings.Repeat(`"x":0,`, 10*value.MaxFlaws) + `"x":0}`
}

func TestAFloodOfFlawsHidesNoneThatMatters(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		raw  string
		kind value.FlawKind
		path string
	}{
		"a member of the outermost object": {`{` + flood("a") + `,"id":1,"id":2}`, value.DuplicateName, "id"},
		"a guarded place":                  {`{` + flood("a") + `,"data":{"list":[0,{"id":1,"id":2}]}}`, value.DuplicateName, "data.list[1].id"},
		"no text at a guarded place":       {`{` + flood("a") + `,"data":{"list":[0,{"id":"` + "\xff" + `"}]}}`, value.InvalidUTF8, "data.list[1].id"},
		"a lone surrogate":                 {`{` + flood("a") + `,"id":"\ud800"}`, value.InvalidUTF8, "id"},
	} {
		decoded, err := value.Decode([]byte(c.raw), place{"data"}, place{"data", "list", "[1]", "id"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(decoded.Flaws) > 2*value.MaxFlaws {
			t.Errorf("%s: %d flaws are reported", name, len(decoded.Flaws))
		}
		guarded := slices.DeleteFunc(decoded.Flaws, func(f value.Flaw) bool { return !f.Guarded })
		if len(guarded) != 1 || guarded[0].Kind != c.kind || guarded[0].Path != c.path {
			t.Errorf("%s: guarded flaws %+v, want one %s at %s", name, guarded, c.kind, c.path)
		}
	}
}

func TestGuardedFlawsAreBoundedToo(t *testing.T) {
	t.Parallel()

	decoded, err := value.Decode([]byte(`{` + strings.Repeat(`"id":0,`, 1000) + flood("a") + `}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(decoded.Flaws) != 2*value.MaxFlaws {
		t.Errorf("%d flaws are reported, want %d of each sort", len(decoded.Flaws), value.MaxFlaws)
	}
}

func TestThePathOfAFlawIsBounded(t *testing.T) {
	t.Parallel()

	long := strings.Repeat("é", 50_000)
	decoded, err := value.Decode([]byte(`{"a":{"` + long + `":{"x":0,"x":1}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(decoded.Flaws) != 1 {
		t.Fatalf("flaws: %+v", decoded.Flaws)
	}
	path := decoded.Flaws[0].Path
	if len(path) > 300 || !strings.HasPrefix(path, "a.éé") || !strings.HasSuffix(path, "é…") {
		t.Errorf("the path has %d bytes: %.300s", len(path), path)
	}
}
