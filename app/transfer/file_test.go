package transfer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"daybook/domain/es"
)

// read reads a file to its end.
func read(file []byte) ([]es.Recorded, error) {
	f, err := newFileReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	var events []es.Recorded
	for {
		e, err := f.next()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
}

// The format is what the documentation says, for ever.
func TestFormat(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	f, err := newFileWriter(&file, "log-1")
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.MustParse("0190f1f0-0000-7000-8000-00000000abcd")
	event := es.Recorded{
		Event:  es.Event{ID: id, Type: "Received", Data: []byte("{\n}"), Metadata: []byte("{}")},
		Stream: "webhook-1", Revision: 7,
	}
	gone := tombstoneOf("person-1")
	for _, e := range []*es.Recorded{&event, &gone} {
		if err := f.add(e); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.end(); err != nil {
		t.Fatal(err)
	}
	body := "daybook-log 1 log-1\n" +
		"event 7 0190f1f0-0000-7000-8000-00000000abcd 9 8 3 2\nwebhook-1 Received\n{\n}\n{}\n" +
		"tombstone 8\nperson-1\n"
	want := body + fmt.Sprintf("end 2 %x\n", sha256.Sum256([]byte(body)))
	if diff := cmp.Diff(want, file.String()); diff != "" {
		t.Fatalf("the format changed (-want +got):\n%s", diff)
	}
	events, err := read(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]es.Recorded{event, gone}, events); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

// One byte more, less or other is noticed, wherever it is.
func TestDamageIsNoticed(t *testing.T) {
	t.Parallel()
	store := newMemory(t)
	eventful(t, store)
	file := export(t, store)
	damaged := func(what string, at int, file []byte) {
		if _, err := read(file); err == nil {
			t.Fatalf("%s at byte %d was not noticed", what, at)
		}
	}
	for i := range file {
		damaged("the end", i, file[:i])
		altered := bytes.Clone(file)
		altered[i] ^= byte(1 + i%255)
		damaged("another byte", i, altered)
		damaged("a byte more", i, append(bytes.Clone(file[:i+1]), file[i:]...))
		damaged("a byte less", i, append(bytes.Clone(file[:i]), file[i+1:]...))
	}
	if _, err := read(append(bytes.Clone(file), '\n')); !errors.Is(err, ErrDamaged) {
		t.Errorf("a byte after the end: %v", err)
	}
	if _, err := read(file[:len(file)/2]); !errors.Is(err, ErrDamaged) {
		t.Errorf("half a file: %v", err)
	}
}

func TestWhatIsNoFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                      "cut off or altered",
		"{}\n":                                  "not a log",
		"daybook-log\n":                         "not a log",
		"daybook-log 2 id\n":                    "or a newer one",
		"daybook-log 01 id\n":                   "format",
		strings.Repeat("x", 3<<20) + "\n":       "cut off or altered",
		"daybook-log 1 id\nevent 1 x 1 1 1 1\n": "cut off or altered",
		"daybook-log 1 id\nevent 9223372036854775807 0190f1f0-0000-7000-8000-00000000abcd 1 1 0 0\na b\n\n\n": "cut off or altered",
		"daybook-log 1 id\nevent 1 0190f1f0-0000-7000-8000-00000000abcd 1 1 99999999999 0\na b\n\n\n":         "cut off or altered",
		"daybook-log 1 id\nevent 1 0190f1f0-0000-7000-8000-00000000ABCD 1 1 0 0\na b\n\n\n":                   "cut off or altered",
		"daybook-log 1 id\nevent 1 0190f1f0-0000-7000-8000-00000000abcd 1 14 0 0\na $streamDeleted\n\n\n":     "cut off or altered",
		"daybook-log 1 id\ntombstone 0\n\n": "cut off or altered",
		"daybook-log 1 id\nend 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n": "cut off or altered",
	} {
		if _, err := read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

// Whatever is read is what the writer would have written.
func FuzzRead(f *testing.F) {
	store := newMemory(f)
	eventful(fuzzTB{f}, store)
	f.Add(export(fuzzTB{f}, store))
	f.Add([]byte("daybook-log 1 id\nend 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		// A sum is not found by trying: it is made right.
		if at := bytes.LastIndex(file, []byte("\nend ")); at >= 0 {
			events, _ := read(file)
			file = append(file[:at+1:at+1], fmt.Sprintf("end %d %x\n", len(events), sha256.Sum256(file[:at+1]))...)
		}
		events, err := read(file)
		if err != nil {
			return
		}
		r, err := newFileReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		w, err := newFileWriter(&again, r.logID)
		if err != nil {
			t.Fatal(err)
		}
		for i := range events {
			if err := w.add(&events[i]); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.end(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(file, again.Bytes()) {
			t.Errorf("%q was read, and would be written as %q", file, again.Bytes())
		}
	})
}

// fuzzTB is a fuzz target's.
type fuzzTB struct{ *testing.F }
