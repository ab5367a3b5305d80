package web

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"daybook/app/respond"
	"daybook/domain/es"
	"daybook/views"
)

// maxPooled is the largest buffer that is kept for the next page, in bytes.
const maxPooled = 1 << 20

// handle makes a handler of a function that may fail; what fails is answered
// with an error page.
func (s *Web) handle(do func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(w, r); err != nil {
			s.Refuse(w, r, err)
		}
	}
}

// render draws a page and sends it. The error is one of drawing: then nothing
// was sent yet.
func (s *Web) render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	buffer, _ := s.buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= maxPooled {
			s.buffers.Put(buffer)
		}
	}()
	buffer.Reset()
	if err := page.Render(r.Context(), buffer); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(buffer.Bytes()) // the client is gone if this fails
	return nil
}

// Refuse answers with the error page of err, and logs it if it is a fault of
// the server.
func (s *Web) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := respond.ProblemOf(err)
	respond.Log(r, s.Logger, p, err)
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	}
	page := s.page(r, "")
	if p.Status == http.StatusMisdirectedRequest || !s.Access.Session(r) { // a stranger is told nothing of the house
		page.Environments, page.Person = nil, ""
	}
	model := views.Error{Page: page, Status: p.Status, Message: ownWords(p, err)}
	if err := s.render(w, r, p.Status, views.ErrorPage(model)); err != nil {
		http.Error(w, "something went wrong here", http.StatusInternalServerError)
	}
}

// ownWords is what an error page says in the error's own words; empty where those
// of its status say it better.
func ownWords(p respond.Problem, err error) string {
	var refusal *es.Refusal
	switch {
	case errors.As(err, &refusal):
		return sentence(refusal.Message)
	case p.Status == http.StatusGone, p.Status == http.StatusTooManyRequests:
		return sentence(p.Message)
	default:
		return ""
	}
}

// sentence makes a message a sentence: a capital letter, unless it begins with
// a name of the machine's, and a full stop.
func sentence(message string) string {
	first, size := utf8.DecodeRuneInString(message)
	if size == 0 {
		return ""
	}
	if word, _, _ := strings.Cut(message, " "); !strings.ContainsAny(strings.TrimRight(word, ".:,"), "_.[(\"") {
		message = string(unicode.ToUpper(first)) + message[size:]
	}
	switch message[len(message)-1] {
	case '.', '!', '?':
		return message
	default:
		return message + "."
	}
}
