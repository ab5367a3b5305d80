package esdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"daybook/domain/es"
)

// persist makes attempts until one settles the matter, ctx ends, or the store
// is closed. try is told how many attempts were made before.
func persist[T any](ctx context.Context, cs *connections, try func(ctx context.Context, c *connection, before int) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var last error
	for n := 0; ; n++ {
		result, err := attempt(ctx, cs, func(ctx context.Context, c *connection) (T, error) { return try(ctx, c, n) })
		switch {
		case errors.Is(err, errAgain): // pause looks whether there is time
		case err != nil && last != nil && ctx.Err() != nil:
			return result, because(err, last)
		default:
			return result, err
		}
		last = err
		if err := cs.pause(ctx, n+1, err); err != nil {
			return result, err
		}
	}
}

// pause waits after the nth failure in a row.
func (cs *connections) pause(ctx context.Context, n int, last error) error {
	timer := time.NewTimer(cs.timing.wait(n))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return unavailable(ctx, last)
	case <-cs.closed:
		return closedError()
	}
}

// attempt calls try with a connection. It returns when try does, when ctx ends,
// or when the attempt has taken too long, whichever is first; what try does
// after that is lost.
func attempt[T any](ctx context.Context, cs *connections, try func(context.Context, *connection) (T, error)) (T, error) {
	var none T
	if ctx.Err() != nil {
		return none, unavailable(ctx, nil)
	}
	c, err := cs.acquire(ctx)
	if err != nil {
		return none, err
	}
	limited, cancel := context.WithTimeout(ctx, cs.timing.attempt)
	returned, ended := make(chan outcome[T], 1), make(chan struct{})
	go func() {
		defer cancel()
		defer close(ended)
		result, err := try(limited, c)
		cs.release(c)
		returned <- outcome[T]{result, err}
	}()
	select {
	case o := <-returned:
		return o.result, cs.conclude(ctx, c, o.err)
	case <-limited.Done():
	}
	if ctx.Err() != nil {
		cs.giveUpUnless(ended, c)
		return none, unavailable(ctx, nil)
	}
	cs.giveUp(c)
	return none, fmt.Errorf("%w within %v", errAgain, cs.timing.attempt)
}

// giveUpUnless gives the connection up if a call that was left behind has not
// ended when any must have. What the call comes to is not kept that long.
func (cs *connections) giveUpUnless(ended <-chan struct{}, c *connection) {
	time.AfterFunc(cs.timing.longestCall(), func() {
		select {
		case <-ended:
		default:
			cs.giveUp(c)
		}
	})
}

type outcome[T any] struct {
	result T
	err    error
}

// conclude draws the consequences of an attempt that ended by itself.
func (cs *connections) conclude(ctx context.Context, c *connection, err error) error {
	switch {
	case errors.Is(err, errAgain) && ctx.Err() != nil:
		return unavailable(ctx, nil) // err only says the same
	case errors.Is(err, errBroken):
		cs.giveUp(c)
	case errors.Is(err, errRefused):
		return fmt.Errorf("%w: %w", es.ErrUnavailable, err)
	}
	return err
}
