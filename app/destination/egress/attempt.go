package egress

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"daybook/app/destination"
	"daybook/domain/webhook"
)

// maxRetryAfter bounds what a server may ask for.
const maxRetryAfter = 24 * time.Hour

// Attempt sends a request as an attempt at an action, and says how it ended.
// Secrets are what the request holds and nobody may read in the log. The outcome
// of an answer has no result and no words yet beyond its status: what an answer
// means is for who knows the server.
func (c *Client) Attempt(ctx context.Context, r Request, secrets ...string) (Answer, destination.Outcome) {
	sent := Redact([]byte(r.Method+" "+r.URL+"\n"+string(r.Body)), secrets...)
	answer, err := c.Do(ctx, r)
	if err != nil {
		return Answer{}, destination.Outcome{Class: classOf(err), Error: Redact([]byte(wordsFor(err)), secrets...), Request: sent}
	}
	outcome := destination.Outcome{
		Class:      webhook.ClassOfStatus(answer.Status),
		RetryAfter: answer.retryAfter(time.Now()),
		HTTPStatus: answer.Status,
		Request:    sent,
		Answer:     Redact(answer.Body, secrets...),
	}
	if outcome.Class != "" {
		outcome.Error = "the answer was " + answer.StatusText() + adviceFor(answer.Status)
	}
	return answer, outcome
}

// adviceFor says what to do about a status; empty where it is to wait.
func adviceFor(status int) string {
	switch {
	case status >= http.StatusMultipleChoices && status < http.StatusBadRequest:
		return ": redirects are not followed; give the address to which it leads"
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return ": check the secret or the headers by which it knows who sends"
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return ": check the URL and the method"
	case status == http.StatusGone:
		return ": it wants no more of these"
	case status == http.StatusRequestEntityTooLarge:
		return ": send less, by mapping fewer fields"
	default:
		return ""
	}
}

// StatusText is the status for people: 404 Not Found.
func (a Answer) StatusText() string {
	return strings.TrimSpace(strconv.Itoa(a.Status) + " " + http.StatusText(a.Status))
}

func classOf(err error) webhook.Class {
	refused, isRefused := errors.AsType[*RefusedError](err)
	_, notSent := errors.AsType[*NotSentError](err)
	switch {
	case isRefused && refused.Blocked:
		return webhook.ClassBlocked
	case isRefused:
		return webhook.ClassInvalid
	case notSent:
		return webhook.ClassNetwork
	default:
		return webhook.ClassUnknown
	}
}

// wordsFor says for people why there was no answer.
func wordsFor(err error) string {
	_, unanswered := errors.AsType[*UnansweredError](err)
	switch {
	case unanswered && errors.Is(err, context.DeadlineExceeded):
		return "the request was sent, and no answer came in time"
	case unanswered && errors.Is(err, context.Canceled):
		return "Daybook was stopped while it waited for the answer"
	case unanswered:
		return "the request was sent, and the connection ended without an answer: " + err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "no connection was made in time: " + err.Error()
	default:
		return err.Error()
	}
}

// retryAfter is for how long the server asks to be left alone; 0 if it does not
// say, or says what cannot be read.
func (a Answer) retryAfter(now time.Time) time.Duration {
	if ms, err := strconv.ParseUint(a.Header.Get("Retry-After-Ms"), 10, 40); err == nil {
		return min(time.Duration(ms)*time.Millisecond, maxRetryAfter)
	}
	text := a.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if theirs, err := http.ParseTime(a.Header.Get("Date")); err == nil {
		now = theirs // what their clock is off by does not count
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
