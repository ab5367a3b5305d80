package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"daybook/domain/es"
)

// TestThereAndBack: embedded → file → EventStoreDB → file → embedded → file.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second, third := newEmbedded(t), open(t), newEmbedded(t)
			eventful(t, first)

			file := export(t, first)
			report := load(t, second, file)
			if report.Found != 0 || report.Appended != report.Events || report.Later != 0 || report.Placeholders == 0 {
				t.Errorf("%+v", report)
			}
			again := export(t, second)
			if !bytes.Equal(file, again) {
				t.Fatalf("the log changed on its way:\n%s", cmp.Diff(string(file), string(again)))
			}
			load(t, third, again)
			if back := export(t, third); !bytes.Equal(file, back) {
				t.Fatalf("the log changed on its way back:\n%s", cmp.Diff(string(file), string(back)))
			}
			sameStreams(t, first, second)
			sameStreams(t, first, third)
		})
	}
}

// sameStreams compares stream by stream what two stores show.
func sameStreams(t tb, want, got es.Store) {
	t.Helper()
	seen := map[es.Stream]bool{}
	for _, e := range all(t, want) {
		if seen[e.Stream] {
			continue
		}
		seen[e.Stream] = true
		wanted, wantErr := ofStream(t, want, e.Stream)
		found, gotErr := ofStream(t, got, e.Stream)
		if errors.Is(wantErr, es.ErrStreamDeleted) != errors.Is(gotErr, es.ErrStreamDeleted) {
			t.Fatalf("%s: %v and %v", e.Stream, wantErr, gotErr)
		}
		if of, ok := settingsOf(e.Stream); ok {
			if _, err := ofStream(t, want, of); errors.Is(err, es.ErrStreamDeleted) {
				continue // settings of what is no more do not move
			}
			wanted, found = wanted[len(wanted)-1:], found[len(found)-1:]
		}
		found = slices.DeleteFunc(found, func(e es.Recorded) bool { return isPlaceholder(&e) })
		if diff := cmp.Diff(wanted, found, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s differs (-want +got):\n%s", e.Stream, diff)
		}
	}
}

// The order of the whole log stays, over all streams.
func TestOrderStays(t *testing.T) {
	t.Parallel()
	from, to := newMemory(t), dial(t, serve(t, newEmbedded(t)))
	h := begin(t, from, "log-1")
	for i := range 60 {
		h.happen(es.Stream(fmt.Sprintf("webhook-%d", i%7)), 1+i%3)
	}
	load(t, to, export(t, from))
	if diff := cmp.Diff(all(t, from), all(t, to)); diff != "" {
		t.Errorf("the logs differ (-want +got):\n%s", diff)
	}
}

// Any log can be moved, from and to any kind of store.
func TestAnyLog(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		from, to, back := newMemory(t), newMemory(t), newMemory(t)
		random(r, from)
		file := export(r, from)
		load(r, to, file)
		sameStreams(r, from, to)
		load(r, back, export(r, to))
		if again := export(r, back); !bytes.Equal(file, again) {
			r.Fatalf("the log changed:\n%s", cmp.Diff(string(file), string(again)))
		}
	})
}

func TestAnyLogOverTheWire(t *testing.T) {
	t.Parallel()
	for i := range 4 {
		from, to := newEmbedded(t), dial(t, serve(t, newEmbedded(t)))
		rapid.Custom(func(r *rapid.T) bool { random(r, from); return true }).Example(i + 1)
		file := export(t, from)
		load(t, to, file)
		if again := export(t, to); !bytes.Equal(file, again) {
			t.Fatalf("the log changed:\n%s", cmp.Diff(string(file), string(again)))
		}
	}
}

// random writes a random log.
func random(r *rapid.T, store es.Store) {
	h := begin(r, store, "log-r")
	streams := []es.Stream{"a-1", "a-2", "b-1", "b-2", "c-1"}
	erased := map[es.Stream]bool{}
	for range rapid.IntRange(0, 40).Draw(r, "steps") {
		stream := rapid.SampledFrom(streams).Draw(r, "stream")
		switch what := rapid.IntRange(0, 11).Draw(r, "what"); {
		case what == 0:
			h.erase(stream)
			erased[stream] = true
		case what <= 2:
			h.retain(stream, es.Retention{MaxCount: rapid.Uint64Range(0, 4).Draw(r, "kept")})
		case !erased[stream]:
			events := make([]es.Event, rapid.IntRange(1, 4).Draw(r, "events"))
			for i := range events {
				events[i] = es.Event{
					ID:       uuid.New(),
					Type:     rapid.SampledFrom([]string{"Happened", "Said", "end 1"}).Draw(r, "type"),
					Data:     rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(r, "data"),
					Metadata: rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(r, "metadata"),
				}
			}
			h.append(stream, events...)
		}
	}
}
