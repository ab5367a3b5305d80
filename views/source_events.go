package views

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// SourceEvents is the tab events.
type SourceEvents struct {
	Page
	Source  Source
	Rows    []Row
	TailURL string // as in [Events]
	LogURL  string // the whole log of this source
	Test    TestEvent
	// Setup is how the first webhook comes here; nil once one was received.
	Setup *Setup
	// Next is what may come next, after the first ones; nil when there were more.
	Next *Next
}

// TestEvent is what can be sent as POST /sources/{key}/{env}/trigger with type.
type TestEvent struct {
	// Mapped are the types that a mapping is for, Others the rest of those of
	// which there is a sample.
	Mapped, Others []string
	Type           string // the one chosen
	// Unable is why none can be sent; empty if one can.
	Unable string
}

// Setup is what is to be done until the first webhook was received.
type Setup struct {
	Provider string
	DocsURL  string // the provider's own words; empty for none
	// Guides are the ways to let the provider send here, the usual one first.
	Guides []Guide
	Secret SecretForm
	// Refused are the requests that came and were refused, the newest first.
	Refused []Row
}

// SecretForm asks for a signing secret. It is POST /sources/{key}/{env}/secrets
// with secret, and with from ("events") for the page that is shown then.
type SecretForm struct {
	Hint string // where it is to be found, and what it looks like
	Way  string // how a request shows who sent it
	// Sent says that the secret itself is sent, and nothing signed.
	Sent bool
	// Timed says that the time is signed too.
	Timed bool
	// Suggested is a secret that may be taken where one is to be chosen; empty
	// where the provider gives it.
	Suggested string
	Error     string
}

// Next is what there is to do when the first webhook was received.
type Next struct {
	EventURL string // the page of the newest webhook
	Type     string // its event type; empty if it has none
	// Idle says that nothing followed from it.
	Idle bool
}

// Guide is one way to set a provider up.
type Guide struct {
	Title string
	Steps []GuideStep
}

// GuideStep is one thing to do.
type GuideStep struct {
	Text   string   // words in “…” are those of the provider's own pages
	Copied []string // what is to be copied elsewhere: the ingest URL, a command
}

// quoted writes a text in which words in “…” stand out, without their marks. It
// is no template because there must be no space but the text's own.
func quoted(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		html := strings.NewReplacer("“", "<i>", "”", "</i>").Replace(templ.EscapeString(text))
		_, err := io.WriteString(w, html)
		return err
	})
}

// path is a page below the source's.
func (s Source) path(rest string) string { return sourcePath(s.Key, s.Environment, rest) }
