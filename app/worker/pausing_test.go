package worker

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"daybook/domain/rule"
)

// dear is a mapping whose condition, or field, runs out of its budget for
// webhooks that say so.
func dear(key string, field bool) rule.Mapping {
	const costs = "(body.dear ? any(1..50000, any(1..50000, # < 0)) : false)"
	m := identify()
	m.Key, m.When = key, costs
	if field {
		m = mapping("*", "users_identify", `{"id":"body.user","properties":{"expr":"{\"a\": `+costs+`}"}}`)
		m.Key = key
	}
	return m
}

func TestAMappingThatCostsTooMuchIsPaused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mappings []rule.Mapping
		bodies   []string // with how often each is sent
		times    []int
		refused  error
		want     []string
	}{
		"ten in a row":          {[]rule.Mapping{dear("a", false)}, []string{"dear"}, []int{10}, nil, []string{"a"}},
		"nine are not ten":      {[]rule.Mapping{dear("a", false)}, []string{"dear"}, []int{9}, nil, nil},
		"in a field":            {[]rule.Mapping{dear("a", true)}, []string{"dear"}, []int{10}, nil, []string{"a"}},
		"once, for those after": {[]rule.Mapping{dear("a", false)}, []string{"dear"}, []int{19}, nil, []string{"a"}},
		"a success in between":  {[]rule.Mapping{dear("a", false)}, []string{"dear", "cheap", "dear"}, []int{9, 1, 9}, nil, nil},
		"others go on":          {[]rule.Mapping{identify(), dear("a", false), dear("b", true)}, []string{"dear"}, []int{10}, nil, []string{"a", "b"}},
		"tried again":           {[]rule.Mapping{dear("a", false)}, []string{"dear"}, []int{20}, errors.New("no"), []string{"a", "a"}},
		"another failure":       {[]rule.Mapping{failing()}, []string{"dear"}, []int{20}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, c.mappings...)
				h.pauses.err = c.refused
				w := h.worker("one", func(config *Config) { config.Concurrency = 1 })
				h.run(w)
				for i, kind := range c.bodies {
					for n := range c.times[i] {
						body := fmt.Sprintf(`{"type":"t","user":"u","dear":%t}`, kind == "dear")
						w.Hand(h.receive(fmt.Sprintf("evt_%d_%d", i, n), body))
						synctest.Wait()
					}
				}
				var want []string
				for _, key := range c.want {
					want = append(want, "stripe development "+key+" at 3")
				}
				if diff := cmp.Diff(want, h.pauses.given); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

func failing() rule.Mapping {
	m := identify()
	m.When = "body.none.deeper"
	return m
}

func TestStrikesAreBounded(t *testing.T) {
	t.Parallel()
	s := newStrikes()
	for i := range 3 * maxStrikes {
		s.note(asked{mapping: fmt.Sprint(i)}, true)
		if len(s.counts) > maxStrikes {
			t.Fatalf("%d are counted", len(s.counts))
		}
	}
}
