package respond

import (
	"bytes"
	"fmt"
	"net/http"
	"time"
)

// Stream is an answer of server-sent events. Every write has a deadline of its
// own, so a client that stopped reading is given up and a patient one is not.
type Stream struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
	buffer   bytes.Buffer
}

// NewStream begins the answer. A client may take patience for each event.
func NewStream(w http.ResponseWriter, patience time.Duration) *Stream {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy is to hand each event on at once
	return &Stream{w: w, control: http.NewResponseController(w), patience: patience}
}

// Event sends one event. An empty name or id is left out; data may have
// several lines.
func (s *Stream) Event(name, id string, data []byte) error {
	s.buffer.Reset()
	if id != "" {
		fmt.Fprintf(&s.buffer, "id: %s\n", id)
	}
	if name != "" {
		fmt.Fprintf(&s.buffer, "event: %s\n", name)
	}
	for line := range bytes.Lines(data) {
		s.buffer.WriteString("data: ")
		s.buffer.Write(bytes.TrimRight(line, "\r\n"))
		s.buffer.WriteByte('\n')
	}
	s.buffer.WriteByte('\n')
	return s.flush()
}

// Comment sends a line that clients pass over: it tells everybody on the way
// that the stream lives.
func (s *Stream) Comment(text string) error {
	s.buffer.Reset()
	fmt.Fprintf(&s.buffer, ": %s\n\n", text)
	return s.flush()
}

func (s *Stream) flush() error {
	// Not every writer has deadlines: one in memory never blocks. Between two
	// events nothing is written, and there is none: the server's own, for a
	// whole answer, would end the stream.
	_ = s.control.SetWriteDeadline(time.Now().Add(s.patience))
	defer func() { _ = s.control.SetWriteDeadline(time.Time{}) }()
	if _, err := s.w.Write(s.buffer.Bytes()); err != nil {
		return err
	}
	return s.control.Flush()
}
