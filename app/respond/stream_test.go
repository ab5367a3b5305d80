package respond_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"daybook/app/respond"
)

// wire is a connection that notes its deadlines.
type wire struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
	fails     error
}

func (w *wire) SetWriteDeadline(at time.Time) error {
	w.deadlines = append(w.deadlines, at)
	return nil
}

func (w *wire) Write(text []byte) (int, error) {
	if w.fails != nil {
		return 0, w.fails
	}
	return w.ResponseRecorder.Write(text)
}

var _ http.ResponseWriter = (*wire)(nil)

func TestStream(t *testing.T) {
	t.Parallel()
	w := &wire{ResponseRecorder: httptest.NewRecorder()}
	s := respond.NewStream(w, time.Minute)
	for _, err := range []error{
		s.Event("webhook", "7", []byte("{}")), s.Event("", "", []byte("one\r\ntwo\n")), s.Comment("here"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := "id: 7\nevent: webhook\ndata: {}\n\ndata: one\ndata: two\n\n: here\n\n"
	if got := w.Body.String(); got != want || !w.Flushed {
		t.Errorf("%q, want %q", got, want)
	}
}

// Each write has a deadline, and there is none in between: the server's own
// would end the stream.
func TestStreamDeadlines(t *testing.T) {
	t.Parallel()
	w := &wire{ResponseRecorder: httptest.NewRecorder()}
	s := respond.NewStream(w, time.Minute)
	for range 2 {
		if err := s.Comment("here"); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.deadlines) != 4 {
		t.Fatalf("deadlines %v", w.deadlines)
	}
	for i, at := range w.deadlines {
		if lifted := i%2 == 1; lifted != at.IsZero() || !lifted && time.Until(at) > time.Minute {
			t.Errorf("deadline %d is %s", i, at)
		}
	}
	w.fails = errors.New("broken pipe")
	if err := s.Event("a", "1", nil); !errors.Is(err, w.fails) {
		t.Errorf("a client that is gone: %v", err)
	}
}
