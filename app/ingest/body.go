package ingest

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
)

const (
	// firstRead is how much room a body gets at first that does not say how
	// large it is, and mostRoom how much one gets that does. Beyond, room is
	// made as bytes arrive.
	firstRead = 8 << 10
	mostRoom  = 64 << 10
)

// isEncoded reports whether the body is anything but itself.
func isEncoded(header http.Header) bool {
	for _, line := range header["Content-Encoding"] {
		for coding := range strings.SplitSeq(line, ",") {
			coding = strings.TrimSpace(coding)
			if coding != "" && !strings.EqualFold(coding, "identity") {
				return true
			}
		}
	}
	return false
}

// readBody reads the body of an arrival whole.
func (h *Handler) readBody(w http.ResponseWriter, r *http.Request, a *arrival) *answer {
	if r.ContentLength > h.maxBody {
		return bodyTooLarge(h.maxBody)
	}
	room := int64(firstRead)
	if r.ContentLength >= 0 {
		room = min(r.ContentLength, mostRoom)
	}
	if !h.grow(a, room+1) { // one more, to see the end without growing
		return overloaded()
	}
	limited := http.MaxBytesReader(w, r.Body, h.maxBody)
	for {
		n, err := limited.Read(a.body[len(a.body):cap(a.body)])
		a.body = a.body[:len(a.body)+n]
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return h.unreadable(err)
		}
		if len(a.body) == cap(a.body) && !h.grow(a, min(2*int64(cap(a.body)), h.maxBody+1)) {
			return overloaded()
		}
	}
}

// grow makes room for a body of so many bytes, unless all bodies take too much.
func (h *Handler) grow(a *arrival, room int64) bool {
	more := room - int64(cap(a.body))
	if !h.bodies.hold(more) {
		return false
	}
	a.heldBody += more
	a.body = append(make([]byte, 0, room), a.body...)
	return true
}

// release gives back what an arrival holds.
func (h *Handler) release(a *arrival) {
	h.bodies.release(a.heldBody)
	if a.heldDecoded > 0 {
		h.decoded.Release(a.heldDecoded)
	}
}

func (h *Handler) unreadable(err error) *answer {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return bodyTooLarge(h.maxBody)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return bodyIncomplete(http.StatusRequestTimeout)
	default:
		return bodyIncomplete(http.StatusBadRequest)
	}
}
