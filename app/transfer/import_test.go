package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daybook/app/store/embedded"
	"daybook/app/store/memory"
	"daybook/domain/es"
)

func tryLoad(t tb, store es.Store, file []byte) (Report, error) {
	t.Helper()
	return Import(t.Context(), store, bytes.NewReader(file), nil)
}

func TestARepeatAppendsNothing(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := newMemory(t), open(t)
			eventful(t, from)
			file := export(t, from)
			load(t, to, file)
			head, err := to.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			report := load(t, to, file)
			if report.Found != report.Events || report.Appended != 0 || report.Placeholders != 0 || report.Later != 0 {
				t.Errorf("%+v", report)
			}
			if now, err := to.Head(t.Context()); now != head {
				t.Errorf("the head moved from %d to %d (%v)", head, now, err)
			}
		})
	}
}

// broken is a store that fails at some append, before or after it was made.
type broken struct {
	es.Store
	left  int
	after bool
}

var errBroken = errors.New("broken")

func (b *broken) fails() bool {
	b.left--
	return b.left < 0
}

func (b *broken) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	if b.fails() {
		if b.after {
			_, _ = b.Store.Append(ctx, stream, expected, events...)
		}
		return es.Appended{}, errBroken
	}
	return b.Store.Append(ctx, stream, expected, events...)
}

func (b *broken) Tombstone(ctx context.Context, stream es.Stream) error {
	if b.fails() {
		if b.after {
			_ = b.Store.Tombstone(ctx, stream)
		}
		return errBroken
	}
	return b.Store.Tombstone(ctx, stream)
}

// An import that ends at any append, made or not, goes on there. (It takes three
// to get one event further where placeholders are missing.)
func TestInterruptedAtEveryAppend(t *testing.T) {
	t.Parallel()
	from := newMemory(t)
	eventful(t, from)
	file := export(t, from)
	for _, after := range []bool{false, true} {
		for n, tries := 3, 2; tries > 1; n++ {
			to := newMemory(t)
			tries = completed(t, file, func() es.Store { return &broken{to, n, after} })
			if again := export(t, to); !bytes.Equal(file, again) {
				t.Fatalf("interrupted after %d appends (%v), the log changed:\n%s", n, after, cmp.Diff(string(file), string(again)))
			}
		}
	}
}

// completed imports until that succeeds, and returns how often it tried.
func completed(t *testing.T, file []byte, open func() es.Store) int {
	t.Helper()
	for try := 1; try < 100; try++ {
		_, err := tryLoad(t, open(), file)
		if err == nil {
			return try
		}
		if !errors.Is(err, errBroken) {
			t.Fatal(err)
		}
	}
	t.Fatal("the import never ends")
	return 0
}

func TestAStoreThatHoldsSomethingElse(t *testing.T) {
	t.Parallel()
	from := newMemory(t)
	eventful(t, from)
	file := export(t, from)
	for name, prepare := range map[string]func(es.Store){
		"another log":          func(s es.Store) { begin(t, s, "log-2") },
		"something else":       func(s es.Store) { history{t, s}.happen("some-1", 1) },
		"a tombstone":          func(s es.Store) { history{t, s}.erase("some-1") },
		"this log, and others": func(s es.Store) { copyOf(t, from, s, 4); history{t, s}.happen("webhook-1", 1) },
		"a reordered log": func(s es.Store) {
			h := history{t, s}
			events := all(t, from)
			h.append(events[0].Stream, events[0].Event)
			h.append(events[3].Stream, events[3].Event)
		},
	} {
		store := newMemory(t)
		prepare(store)
		before := len(all(t, store))
		_, err := tryLoad(t, store, file)
		if !errors.Is(err, ErrOtherLog) || !strings.Contains(err.Error(), "import into an empty store") {
			t.Errorf("%s: %v", name, err)
		}
		if after := len(all(t, store)); after != before {
			t.Errorf("%s: %d events were appended", name, after-before)
		}
	}
}

// copyOf copies the first n events.
func copyOf(t tb, from, to es.Store, n int) {
	t.Helper()
	for _, e := range all(t, from)[:n] {
		history{t, to}.append(e.Stream, e.Event)
	}
}

// A log that has grown since is not touched.
func TestAStoreThatWentOn(t *testing.T) {
	t.Parallel()
	from, to := newMemory(t), newMemory(t)
	eventful(t, from)
	file := export(t, from)
	load(t, to, file)
	history{t, to}.happen("webhook-9", 3)
	if report := load(t, to, file); report.Appended != 0 || report.Later != 3 {
		t.Errorf("%+v", report)
	}
	// A later export of the same log brings what is new, and nothing else.
	history{t, from}.happen("webhook-8", 2)
	if report, err := tryLoad(t, to, export(t, from)); !errors.Is(err, ErrOtherLog) {
		t.Errorf("two logs that went different ways: %+v, %v", report, err)
	}
	third := newMemory(t)
	load(t, third, file)
	if report := load(t, third, export(t, from)); report.Appended != 2 {
		t.Errorf("an import of what is new: %+v", report)
	}
}

// altered is a store that reads something else than was appended.
type altered struct {
	es.Store
	alter func(*es.Recorded) (keep bool)
}

func (a altered) ReadAll(ctx context.Context, from es.Position, dir es.Direction) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		for e, err := range a.Store.ReadAll(ctx, from, dir) {
			if err == nil && !a.alter(&e) {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestWhatDiffersIsTold(t *testing.T) {
	t.Parallel()
	from := newMemory(t)
	eventful(t, from)
	file := export(t, from)
	at := func(stream es.Stream, do func(*es.Recorded) bool) func(*es.Recorded) bool {
		return func(e *es.Recorded) bool {
			if e.Stream == stream && e.Revision == 1 {
				return do(e)
			}
			return true
		}
	}
	for want, alter := range map[string]func(*es.Recorded) bool{
		"data differs":     at("webhook-1", func(e *es.Recorded) bool { e.Data = []byte("x"); return true }),
		"metadata differs": at("webhook-1", func(e *es.Recorded) bool { e.Metadata = []byte("x"); return true }),
		"type differs":     at("webhook-1", func(e *es.Recorded) bool { e.Type = "x"; return true }),
		"id differs":       at("webhook-1", func(e *es.Recorded) bool { e.ID[3]++; return true }),
		"place in the log": at("webhook-1", func(*es.Recorded) bool { return false }),
		"is not in the store": func(e *es.Recorded) bool {
			return !strings.HasPrefix(string(e.Stream), "strange") && !strings.Contains(string(e.Data), "last")
		},
	} {
		to := newMemory(t)
		filled := false
		store := altered{to, func(e *es.Recorded) bool { return !filled || alter(e) }}
		_, err := Import(t.Context(), store, bytes.NewReader(file), func(step Step, done, total uint64) {
			filled = filled || step == StepAppend && done == total
		})
		different, ok := errors.AsType[*DifferentError](err)
		if !ok || different.Count == 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// small takes less than the file holds.
type small struct{ es.Store }

func (small) MaxAppend() int { return 100 }

func (s small) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	if err := es.CheckAppend(stream, events, s.MaxAppend()); err != nil {
		return es.Appended{}, err
	}
	return s.Store.Append(ctx, stream, expected, events...)
}

// What follows one another is appended at once only as far as the store allows.
func TestManySmallOnes(t *testing.T) {
	t.Parallel()
	from, to := newMemory(t), newMemory(t)
	h := history{t, from}
	begin(t, from, "l")
	h.happen("webhook-1", 1200)
	h.append("webhook-1", event("Received", strings.Repeat("x", 79)))
	file := export(t, from)
	load(t, to, file)
	load(t, small{newMemory(t)}, file)
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	from, to := newMemory(t), newMemory(t)
	begin(t, from, "log-1").append("webhook-1", event("Received", strings.Repeat("x", 200)))
	_, err := tryLoad(t, small{to}, export(t, from))
	if !errors.Is(err, es.ErrTooLarge) || !strings.Contains(err.Error(), "webhook-1@0") {
		t.Errorf("%v", err)
	}
	if head, _ := to.Head(t.Context()); head != es.Start {
		t.Error("something was appended")
	}
}

func TestDamagedFilesAppendNothing(t *testing.T) {
	t.Parallel()
	from, to := newMemory(t), newMemory(t)
	eventful(t, from)
	file := export(t, from)
	for name, damaged := range map[string][]byte{
		"cut off": file[:len(file)-30],
		"altered": bytes.Replace(file, []byte(`"last":true`), []byte(`"last":nope`), 1),
	} {
		if _, err := tryLoad(t, to, damaged); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if head, _ := to.Head(t.Context()); head != es.Start {
		t.Error("something was appended")
	}
}

// busy is a store that somebody else appends to, whenever it is read.
type busy struct {
	es.Store
	h history
	n int
}

func (b *busy) ReadAll(ctx context.Context, from es.Position, dir es.Direction) iter.Seq2[es.Recorded, error] {
	b.n++
	b.h.append(es.Stream(fmt.Sprintf("later-%d", b.n)), event("Happened", "{}"))
	b.h.append("rejection-1", event("Happened", "{}"))
	return b.Store.ReadAll(ctx, from, dir)
}

// What is appended during an export is not in it.
func TestExportOfABusyStore(t *testing.T) {
	t.Parallel()
	from := newMemory(t)
	eventful(t, from)
	file := export(t, from)
	b := &busy{Store: from, h: history{t, from}}
	var again bytes.Buffer
	if _, err := Export(t.Context(), b, &again, nil); err != nil {
		t.Fatal(err)
	}
	events, err := read(again.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if strings.HasPrefix(string(e.Stream), "later-") {
			t.Errorf("%s is in the export", e.Stream)
		}
	}
	// But for what $maxCount cut meanwhile, it is the same.
	before, err := read(file)
	if err != nil {
		t.Fatal(err)
	}
	if lost := len(before) - len(events); lost < 0 || lost > 3 {
		t.Errorf("%d events before, %d while the store was busy", len(before), len(events))
	}
	load(t, newMemory(t), again.Bytes())
}

func TestNothingToExport(t *testing.T) {
	t.Parallel()
	store := newMemory(t)
	if _, err := Export(t.Context(), store, new(bytes.Buffer), nil); !errors.Is(err, ErrNoLog) {
		t.Errorf("an empty store: %v", err)
	}
	history{t, store}.happen("some-1", 1)
	if _, err := Export(t.Context(), store, new(bytes.Buffer), nil); !errors.Is(err, ErrNoLog) {
		t.Errorf("a store of somebody else: %v", err)
	}
}

// What servers keep for themselves stays there.
func TestServersKeepTheirOwn(t *testing.T) {
	t.Parallel()
	from, to := newMemory(t), newMemory(t)
	h := begin(t, from, "log-1")
	before := export(t, from)
	h.happen("$stats-1", 2)
	h.retain("$stats-1", es.Retention{MaxCount: 1})
	if after := export(t, from); !bytes.Equal(before, after) {
		t.Error("a server's own events were exported")
	}
	history{t, to}.happen("$settings", 1)
	if report := load(t, to, before); report.Appended != 1 {
		t.Errorf("into a new server: %+v", report)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	from, to := newMemory(t), newMemory(t)
	begin(t, from, "log-1").happen("webhook-1", 1000)
	var steps []Step
	at := map[Step]uint64{}
	follow := func(step Step, done, total uint64) {
		if len(steps) == 0 || steps[len(steps)-1] != step {
			steps, at[step] = append(steps, step), 0
		}
		if done < at[step] || total != 0 && done > total {
			t.Errorf("%s: %d of %d after %d", step, done, total, at[step])
		}
		at[step] = done
	}
	var file bytes.Buffer
	if _, err := Export(t.Context(), from, &file, follow); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(t.Context(), to, bytes.NewReader(file.Bytes()), follow); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Step{StepLook, StepWrite, StepCheck, StepLook, StepCompare, StepAppend, StepLook, StepVerify}, steps); diff != "" {
		t.Errorf("the steps (-want +got):\n%s", diff)
	}
	for step, n := range at {
		if want := uint64(1001); n != want && step != StepCompare {
			t.Errorf("%s ended at %d, want %d", step, n, want)
		}
	}
}

// What grew too old since it was imported is not missed, and not appended again.
func TestWhatGrewTooOld(t *testing.T) {
	t.Parallel()
	from := newMemory(t)
	h := begin(t, from, "log-1")
	h.retain("old-1", es.Retention{MaxAge: 3600})
	h.happen("old-1", 3)
	h.happen("webhook-1", 2)
	inTheMiddle := export(t, from)
	h.happen("old-1", 2)
	for name, file := range map[string][]byte{"in the middle": inTheMiddle, "at the end": export(t, from)} {
		var ahead atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		dir := t.TempDir()
		remembered := memory.New(memory.Options{Now: clock})
		for kind, open := range map[string]func() es.Store{
			"embedded": func() es.Store { // which deletes what is too old when it is opened
				store, err := embedded.Open(t.Context(), dir, embedded.Options{Now: clock})
				if err != nil {
					t.Fatal(err)
				}
				return store
			},
			"memory": func() es.Store { return unclosed{remembered} },
		} {
			ahead.Store(0)
			to := open()
			load(t, to, file)
			before, err := to.Head(t.Context())
			if err := errors.Join(err, to.Close()); err != nil {
				t.Fatal(err)
			}
			ahead.Store(int64(2 * time.Hour))
			to = open()
			load(t, to, file)
			after, err := to.Head(t.Context())
			if err := errors.Join(err, to.Close()); err != nil || after != before {
				t.Errorf("%s, %s: the head moved from %d to %d (%v)", name, kind, before, after, err)
			}
		}
	}
}

// unclosed is a store that stays open.
type unclosed struct{ es.Store }

func (unclosed) Close() error { return nil }

// What settles the retention of a stream that is no more stays behind: servers
// would not take it.
func TestSettingsOfWhatIsNoMore(t *testing.T) {
	t.Parallel()
	from := newMemory(t)
	eventful(t, from)
	if file := export(t, from); bytes.Contains(file, []byte("$$person-2")) || !bytes.Contains(file, []byte("$$rejection-1")) {
		t.Errorf("%s", file)
	}
}
