package alerts

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"daybook/app/destination/egress"
	"daybook/domain/alert"
	"daybook/domain/es"
	"daybook/domain/webhook"
)

const (
	// apart is how long after a message the next one to the same endpoint
	// follows: as often as Slack takes one.
	apart = time.Second
	// recordWithin is how long it may take to record what became of a message,
	// when the program ends meanwhile.
	recordWithin = 2 * time.Second
)

// send sends messages when they are due: of each scope one at a time, so that a
// slow endpoint holds up no other.
func (a *Alerts) send(ctx context.Context) {
	if a.Configuration.WaitLoaded(ctx) != nil || a.ledger.waitLoaded(ctx) != nil {
		return // it ended before it began
	}
	var sending sync.WaitGroup
	defer sending.Wait()
	busy, done := map[alert.Scope]bool{}, make(chan alert.Scope)
	for {
		changed := a.ledger.changed()
		next := rhythm
		for _, scope := range a.ledger.known() {
			about, in, ok := a.due(scope)
			switch {
			case !ok || busy[scope]:
			case in > 0:
				next = min(next, in)
			default:
				busy[scope] = true
				sending.Go(func() {
					a.sendOne(ctx, scope, about)
					select {
					case done <- scope:
					case <-ctx.Done():
					}
				})
			}
		}
		timer := time.NewTimer(next)
		select {
		case <-changed:
		case <-timer.C:
		case scope := <-done:
			delete(busy, scope)
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// sendOne sends a message, and waits until the next may follow.
func (a *Alerts) sendOne(ctx context.Context, scope alert.Scope, about alert.Alert) {
	wait := apart
	if err := a.message(ctx, scope, about); err != nil {
		a.report(ctx, "sending a message", err)
		wait = rhythm
	}
	sleep(ctx, wait)
}

// due returns what the next message of a scope is about, and in how long it goes
// out; false if nobody wants one.
func (a *Alerts) due(scope alert.Scope) (alert.Alert, time.Duration, bool) {
	about, at, ok := a.ledger.state(scope).NextMessage()
	if _, endpoint := a.endpoint(scope); !ok || endpoint == nil {
		return alert.Alert{}, 0, false
	}
	return about, at.Time().Sub(a.Now()), true
}

// endpoint returns where messages of a scope go, and whose endpoint that is; nil
// if there is none. Daybook's own go to an environment's where it has none of
// its own: production's before the others'.
func (a *Alerts) endpoint(scope alert.Scope) (alert.Scope, *alert.Endpoint) {
	candidates := []alert.Scope{scope}
	if scope == alert.Daybook {
		candidates = append(candidates, alert.Scope("production"))
		for _, slug := range a.Configuration.Environments() {
			candidates = append(candidates, alert.Scope(slug))
		}
	}
	for _, of := range candidates {
		if e := a.ledger.state(of).In(of).Endpoint; e != nil {
			return of, e
		}
	}
	return "", nil
}

// message sends a message about an alert, unless another instance does.
func (a *Alerts) message(ctx context.Context, scope alert.Scope, about alert.Alert) error {
	of, endpoint := a.endpoint(scope)
	if endpoint == nil {
		return nil
	}
	address, err := a.Keys.Open(alert.EndpointContext(of, endpoint.ID), string(endpoint.Sealed))
	if err != nil {
		return fmt.Errorf("open the address for alerts of %s: %w", of, err)
	}
	facts, err := a.handle(ctx, scope, alert.Begin{ID: about.ID, Instance: a.Instance, At: es.TimeOf(a.Now())}, "")
	if err != nil || len(facts) == 0 {
		return err
	}
	begun, _ := facts[0].Event.(alert.MessageBegun)
	// It may have gone further since it was found to be due.
	about, _ = a.ledger.state(scope).Alert(about.ID)
	finish := a.post(ctx, address, a.text(scope, about))
	finish.ID, finish.Attempt, finish.At = about.ID, begun.Attempt, es.TimeOf(a.Now())
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	_, err = a.handle(recording, scope, finish, "")
	return err
}

// post sends one message, once.
func (a *Alerts) post(ctx context.Context, address, text string) alert.Finish {
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return alert.Finish{Error: err.Error()} // cannot be: texts can always be written
	}
	request := egress.Request{
		Method: http.MethodPost, URL: address, Body: body, Header: http.Header{"Content-Type": {"application/json"}},
	}
	_, outcome := a.Client.Attempt(ctx, request, secretsOf(address)...)
	switch outcome.Class {
	case "":
		a.Metrics.Message("sent")
	case webhook.ClassUnknown:
		a.Metrics.Message("unknown")
	default:
		a.Metrics.Message("failed")
	}
	if outcome.Class != "" {
		a.Logger.Warn("a message about an alert was not taken", "class", outcome.Class, "error", outcome.Error)
	}
	return alert.Finish{
		Error: outcome.Error, HTTPStatus: outcome.HTTPStatus,
		Retry: outcome.Class.Retried() && outcome.Class != webhook.ClassUnknown,
	}
}

// secretsOf are the parts of an address that nobody may read.
func secretsOf(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return []string{address}
	}
	return []string{address, u.RequestURI(), u.Path, u.RawQuery}
}

// text is a message: what an alert is about, and where more is to be seen.
func (a *Alerts) text(scope alert.Scope, about alert.Alert) string {
	name := "Daybook"
	if e := scope.Environment(); e != "" {
		name += ", " + e
	}
	return escape(name+": "+about.Text()+".") + "\n" + a.PublicURL + pageOf(scope) + "#alert-" + about.ID
}

func pageOf(scope alert.Scope) string {
	if scope == alert.Daybook {
		return "/system/alerts"
	}
	return "/system/alerts?environment=" + url.QueryEscape(scope.Environment())
}

// escape keeps what comes from elsewhere from being read as a link, or as a call
// to everybody, by those who take messages as Slack does.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
