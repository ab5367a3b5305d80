package esdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// connection is one client with its node, and the calls on it.
type connection struct {
	client *client
	// life ends when the connection is given up: what can begin anew elsewhere
	// (reads, subscriptions) ends with it, what cannot (appends) goes on.
	life  context.Context
	end   context.CancelFunc
	calls int // under way; guarded by connections.mu
	over  bool
}

// connections makes connections, one after the other. It is what keeps the
// client's life short and its death unnoticed.
type connections struct {
	config esdb.Configuration
	timing timing
	logger *slog.Logger
	slots  chan struct{} // one is taken for each call inside the client
	closed chan struct{}

	mu       sync.Mutex
	current  *connection   // nil if there is none
	trying   chan struct{} // closed when the attempt to connect that is under way ends; nil if none is
	failed   int           // attempts in a row
	notUntil time.Time     // when the next attempt may be made
	last     error         // what the last attempt came to
	open     int           // connections that are not closed yet
	drained  chan struct{} // closed when the store is closed and nothing is open
}

func newConnections(config esdb.Configuration, t timing, logger *slog.Logger) *connections {
	return &connections{
		config:  config,
		timing:  t,
		logger:  logger,
		slots:   make(chan struct{}, maxCalls),
		closed:  make(chan struct{}),
		drained: make(chan struct{}),
	}
}

// acquire returns the connection, and waits for one as long as ctx lasts.
// Whoever acquires releases.
func (cs *connections) acquire(ctx context.Context) (*connection, error) {
	select {
	case cs.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, unavailable(ctx, errors.New("too many calls are under way"))
	case <-cs.closed:
		return nil, closedError()
	}
	for {
		c, trying, err := cs.lookOrTry()
		if c != nil {
			return c, nil
		}
		if err == nil {
			select {
			case <-trying:
				continue
			case <-ctx.Done():
				err = unavailable(ctx, cs.lastError())
			case <-cs.closed:
				err = closedError()
			}
		}
		<-cs.slots
		return nil, err
	}
}

// lookOrTry returns the connection, or sees to it that somebody tries to make
// one.
func (cs *connections) lookOrTry() (*connection, <-chan struct{}, error) {
	cs.mu.Lock()
	defer cs.mu.Unlock()

	switch {
	case cs.isClosed():
		return nil, nil, closedError()
	case cs.current != nil:
		cs.current.calls++
		return cs.current, nil, nil
	case cs.trying == nil:
		cs.trying = make(chan struct{})
		cs.open++
		go cs.connect(max(0, time.Until(cs.notUntil)))
	}
	return nil, cs.trying, nil
}

func (cs *connections) isClosed() bool {
	select {
	case <-cs.closed:
		return true
	default:
		return false
	}
}

func (cs *connections) lastError() error {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.last
}

// connect makes one attempt, after a while. It is alone with its client, so a
// client that dies of the attempt takes nobody with it.
func (cs *connections) connect(after time.Duration) {
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-cs.closed:
	}
	client, err := cs.dial()

	cs.mu.Lock()
	defer cs.mu.Unlock()
	close(cs.trying)
	cs.trying = nil
	if err == nil && cs.isClosed() {
		client.close()
		err = errClosed
	}
	if err != nil {
		cs.failed++
		cs.notUntil = time.Now().Add(cs.timing.wait(cs.failed))
		cs.last = err
		cs.shut()
		return
	}
	cs.failed, cs.last = 0, nil
	life, end := context.WithCancel(context.Background())
	cs.current = &connection{client: client, life: life, end: end}
}

func (cs *connections) dial() (*client, error) {
	if cs.isClosed() {
		return nil, errClosed
	}
	c, err := newClient(cs.config, 2*cs.timing.attempt, cs.logger)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if err := c.find(); err != nil {
		c.close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return c, nil
}

// release ends a call.
func (cs *connections) release(c *connection) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	<-cs.slots
	c.calls--
	if c.over && c.calls == 0 {
		cs.close(c)
	}
}

// giveUp lets nobody else use the connection, and closes it as soon as nobody
// does: the client panics if it is closed while it works. A call that does not
// end holds its client for a while; then it ends in such a panic, which guarded
// recovers.
func (cs *connections) giveUp(c *connection) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c.over {
		return
	}
	c.over = true
	c.end()
	if cs.current == c {
		cs.current = nil
	}
	if c.calls == 0 {
		cs.close(c)
		return
	}
	time.AfterFunc(cs.timing.longestCall(), c.client.close)
}

// close closes a connection that nobody uses.
func (cs *connections) close(c *connection) {
	c.client.close()
	cs.shut()
}

// shut counts what is open down.
func (cs *connections) shut() {
	cs.open--
	if cs.open == 0 && cs.isClosed() {
		close(cs.drained)
	}
}

// closeAll refuses further calls, ends reads and subscriptions, and returns when
// the calls under way are finished, or as late as they can be.
func (cs *connections) closeAll() {
	cs.mu.Lock()
	close(cs.closed)
	current, open := cs.current, cs.open
	cs.mu.Unlock()

	if current != nil {
		cs.giveUp(current)
	}
	if open == 0 {
		return
	}
	timer := time.NewTimer(cs.timing.longestCall())
	defer timer.Stop()
	select {
	case <-cs.drained:
	case <-timer.C:
	}
}
