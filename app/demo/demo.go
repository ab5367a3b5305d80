// Package demo fills a Daybook with a life that can be watched: a Stripe
// source with rules, and signed webhooks that tell a story. First comes an
// opening that shows every way a webhook can end; then the story goes on, one
// webhook every one to three seconds.
//
// The webhooks are made from the template's samples and come through the front
// door, over HTTP, like any others.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"daybook/app/keyring"
	"daybook/app/sources"
	"daybook/app/trigger"
	"daybook/domain/es"
	"daybook/domain/signature"
	"daybook/domain/template"
)

// Config is what a demo needs; all of it but Count.
type Config struct {
	Sources *sources.Sources
	// LocalURL is where the demo reaches the Daybook that it is for, whatever
	// its public URL.
	LocalURL string
	Now      func() time.Time
	Logger   *slog.Logger
	// Count is after how many webhooks the demo ends; 0: never.
	Count int
}

// actor is who sets the demo up.
const actor = "demo"

// description is by what the demo knows its source again.
const description = "Made by the demo: its webhooks are samples, signed with a secret of its own."

// Demo is a demo that was set up.
type Demo struct {
	config Config
	sender trigger.Sender
	sent   int
	last   *template.Request
}

// New sets the demo up: a source with its rules and a secret. It leaves a
// source alone that somebody else made.
func New(ctx context.Context, c Config) (*Demo, error) {
	tmpl, ok := template.Get("stripe")
	if !ok {
		return nil, errors.New("set up the demo: there is no Stripe template")
	}
	at := sources.Place{Key: tmpl.Key, Environment: "development"}
	if err := checkOwn(c.Sources, at.Key); err != nil {
		return nil, err
	}
	mappings, text := append(sources.Defaults(tmpl).Mappings, rules()...), description
	if _, err := c.Sources.Put(ctx, at, sources.Put{Description: &text, Template: tmpl.Key, Mappings: &mappings}, actor); err != nil {
		return nil, fmt.Errorf("set up the demo's source: %w", err)
	}
	secret, err := addSecret(ctx, c.Sources, at)
	if err != nil {
		return nil, fmt.Errorf("set up the demo's secret: %w", err)
	}
	url, err := c.Sources.IngestURL(at)
	if err != nil {
		return nil, fmt.Errorf("set up the demo: %w", err)
	}
	return &Demo{config: c, sender: trigger.Sender{
		Client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{}},
		URL:    c.LocalURL + url[strings.LastIndex(url, "/in/"):], Template: tmpl, Secret: secret, Now: c.Now,
	}}, nil
}

// checkOwn refuses a source that the demo did not make: it would lose its
// mappings and secrets.
func checkOwn(s *sources.Sources, key string) error {
	view, err := s.View(sources.Place{Key: key})
	var refused *es.Refusal
	switch {
	case errors.As(err, &refused) && refused.Code == es.NotFound:
		return nil
	case err != nil:
		return fmt.Errorf("set up the demo: %w", err)
	case view.Description != description:
		return fmt.Errorf("the demo would change the source %s, which it did not make: leave --data out (and DAYBOOK_DATA), or name another directory", key)
	}
	return nil
}

// addSecret gives the source a new secret; those of an earlier demo on the same
// data, which nobody knows any more, are revoked.
func addSecret(ctx context.Context, s *sources.Sources, at sources.Place) (signature.Secret, error) {
	earlier, err := s.Secrets(at)
	if err != nil {
		return signature.Secret{}, err
	}
	for _, secret := range earlier {
		if !secret.RevokedAt.IsZero() {
			continue
		}
		if err := s.RevokeSecret(ctx, at, secret.ID, 0, actor); err != nil {
			return signature.Secret{}, err
		}
	}
	text := "whsec_" + keyring.NewToken()
	if _, err := s.AddSecret(ctx, at, text, actor); err != nil {
		return signature.Secret{}, err
	}
	return signature.NewSecret(text)
}

// errCounted ends the demo when it has sent what it was asked for.
var errCounted = errors.New("the demo has sent what it was asked for")

// Run tells the opening and then the story, until ctx ends or the count is
// reached; then it returns nil.
func (d *Demo) Run(ctx context.Context) error {
	defer d.sender.Client.CloseIdleConnections()
	err := d.tell(ctx, opening())
	for err == nil {
		err = d.tell(ctx, d.pausing(ctx, chapter(rand.IntN(2) == 0)))
	}
	if errors.Is(err, errCounted) || ctx.Err() != nil {
		return nil
	}
	return err
}

// pausing waits one to three seconds before each step.
func (d *Demo) pausing(ctx context.Context, steps []step) []step {
	for i, s := range steps {
		do := s.do
		steps[i].do = func(ctx context.Context, d *Demo) error {
			if err := sleep(ctx, time.Second+rand.N(2*time.Second)); err != nil {
				return err
			}
			return do(ctx, d)
		}
	}
	return steps
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *Demo) tell(ctx context.Context, steps []step) error {
	for _, s := range steps {
		err := s.do(ctx, d)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// A person who tries the demo may change the source under it; the
		// story goes on, and the log shows what was refused.
		if refused, ok := errors.AsType[*trigger.Refused](err); ok {
			d.config.Logger.Warn("the demo's webhook was refused", "code", refused.Code)
		} else if err != nil {
			return fmt.Errorf("demo: %s: %w", s.name, err)
		}
		d.sent++
		if d.config.Count > 0 && d.sent >= d.config.Count {
			return errCounted
		}
	}
	return nil
}

// send makes, signs and sends one sample.
func (d *Demo) send(ctx context.Context, sample trigger.Sample, shared map[string]string) error {
	sender := d.sender
	sender.Shared = shared
	request, err := sender.Make(sample)
	if err != nil {
		return err
	}
	d.last = &request
	_, err = sender.Post(ctx, request)
	return err
}

// again sends the last webhook once more, as Stripe does when it is not sure
// that it arrived.
func (d *Demo) again(ctx context.Context) error {
	if d.last == nil {
		return nil
	}
	_, err := d.sender.Post(ctx, *d.last)
	return err
}

// forge sends a webhook that somebody else signed. It is refused, unless who
// tries the demo has switched the verification off.
func (d *Demo) forge(ctx context.Context) error {
	stranger := d.sender
	var err error
	if stranger.Secret, err = signature.NewSecret("whsec_" + keyring.NewToken()); err != nil {
		return err
	}
	_, err = stranger.Send(ctx, trigger.Sample{Type: "invoice.paid"})
	var refused *trigger.Refused
	if errors.As(err, &refused) && refused.Code == string(signature.Mismatch) {
		return nil
	}
	return err
}
