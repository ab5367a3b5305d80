package worker

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"daybook/app/command"
	"daybook/app/destination"
	"daybook/app/metrics"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
)

// Config is what [New] needs. Fields without a default are required.
type Config struct {
	Store  es.Store
	Rules  RuleBook
	Pauser Pauser
	// Destinations says where actions go.
	Destinations destination.Book
	Worklist     Worklist
	// Changed returns a channel that is closed when the worklist has moved.
	Changed func() <-chan struct{}
	Metrics *metrics.Worker
	Logger  *slog.Logger
	Now     func() time.Time // the clock of the facts
	// Chance gives random numbers in [0, 1), by which waits differ; those of
	// math/rand if nil.
	Chance func() float64

	// Instance is which Daybook this is, and Start which start of it: claims
	// bear both.
	Instance string
	Start    string
	// Alone says that no other process can hold the store, so that the claims
	// of other starts are void.
	Alone bool

	// Concurrency is how many webhooks are worked at once; 64 if 0. Most of
	// them wait for the store, which writes what comes together in one go.
	Concurrency int
	// Lease is how long a claim counts for others, from when they see it; 30 s
	// if 0. What a destination does for an action ends before half of it.
	Lease time.Duration
	// Silence is how long nothing moves before a webhook is taken over from
	// another instance, give or take a tenth; 10 s if 0.
	Silence time.Duration
}

// RuleBook knows the rules of a source in an environment as they were at a
// revision of the source's stream.
type RuleBook interface {
	Rules(ctx context.Context, source, environment string, revision es.Revision) (*rule.Rules, error)
}

// Limits of time.
const (
	defaultConcurrency = 64
	defaultLease       = 30 * time.Second
	defaultSilence     = 10 * time.Second
	// sendWithin is how long what is being sent may go on after the worker was
	// told to stop, and finishWithin how long it takes at most to record what
	// came of it.
	sendWithin   = 8 * time.Second
	finishWithin = 9500 * time.Millisecond
	// evaluateWithin is the backstop for an evaluation. Budgets bound what one
	// computes, to far less than this.
	evaluateWithin = 10 * time.Second
	retryFirst     = 50 * time.Millisecond
	retryMost      = 5 * time.Second
)

// Worker plans and works webhooks. Make one with [New], then [Worker.Run].
type Worker struct {
	config   Config
	webhooks command.Handler[webhook.State, webhook.Command, webhook.Event]
	queue    *queue
	strikes  *strikes
	lanes    *lanes
	// Run sets when what is being sent is given up, and when nothing more is to
	// be begun.
	sends   context.Context //nolint:containedctx // lives as long as Run
	stop    <-chan struct{}
	running sync.WaitGroup
	// evaluating holds one entry for each evaluation that runs.
	evaluating chan struct{}
	evaluate   func(*rule.Rules, rule.Input) rule.Evaluation
	outage     atomic.Bool // the store was not available of late
}

// New returns a worker. It takes webhooks from now on, and works them once it
// runs.
func New(c Config) *Worker {
	if c.Concurrency == 0 {
		c.Concurrency = defaultConcurrency
	}
	if c.Lease == 0 {
		c.Lease = defaultLease
	}
	if c.Silence == 0 {
		c.Silence = defaultSilence
	}
	if c.Chance == nil {
		c.Chance = rand.Float64
	}
	return &Worker{
		config: c,
		webhooks: command.Handler[webhook.State, webhook.Command, webhook.Event]{
			Store: c.Store, Decider: webhook.Decider(), Codec: webhook.Codec(), Now: c.Now,
		},
		queue:      newQueue(),
		strikes:    newStrikes(),
		lanes:      newLanes(),
		evaluating: make(chan struct{}, processors()),
		evaluate:   (*rule.Rules).Evaluate,
	}
}

// Work is a webhook to be planned and worked.
type Work struct {
	Ref webhook.Ref
	// Loaded is the webhook's stream as it is believed to stand; the zero value
	// if it is to be read.
	Loaded command.Loaded[webhook.State]
	// Body is the body decoded by package value; nil if it is to be decoded.
	Body any

	// lapsed is the revision of a claim that is known to be over.
	lapsed *es.Revision
}

// Hand gives the worker a webhook that this instance took. It never waits: if
// there is no room, the webhook is left to the worklist.
func (w *Worker) Hand(work Work) {
	if !w.queue.put(work) {
		w.config.Metrics.LeftToWorklist()
	}
	w.config.Metrics.Held(w.queue.size())
}

// Run works webhooks until ctx ends. Then nothing more is begun. What is being
// sent is given up after eight seconds, and recorded as unknown; Run returns
// nil when all is recorded, and within ten seconds.
func (w *Worker) Run(ctx context.Context) error {
	finishing, finish := context.WithCancel(context.WithoutCancel(ctx))
	defer finish()
	sends, cancelSends := context.WithCancel(finishing)
	defer cancelSends()
	context.AfterFunc(ctx, func() {
		time.AfterFunc(sendWithin, cancelSends)
		time.AfterFunc(finishWithin, finish)
	})
	w.sends, w.stop = sends, ctx.Done()

	for range w.config.Concurrency {
		w.running.Go(func() { w.workAll(ctx, finishing) })
	}
	w.running.Go(func() { w.watch(ctx) })
	w.running.Wait()
	return nil
}

func (w *Worker) stopping() bool {
	select {
	case <-w.stop:
		return true
	default:
		return false
	}
}

// workAll works one webhook after the other until ctx ends.
func (w *Worker) workAll(ctx, finishing context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case work := <-w.queue.waiting:
			if ctx.Err() != nil {
				return
			}
			w.queue.taken(work)
			w.drive(ctx, finishing, &job{Worker: w, Work: work}, nil)
		}
	}
}

// drive works a webhook as far as that goes in a lane, or outside of all, again
// and again while the store is unavailable. Then it is given back, or waits for
// another lane. What landed although the store could not say so is found by the
// conflict that it makes.
func (w *Worker) drive(ctx, finishing context.Context, j *job, in *lane) {
	wait := backoff{chance: w.config.Chance}
	for {
		next, err := j.advance(finishing, in)
		w.noteOutage(err)
		switch {
		case err == nil && next == nil:
			w.release(j, true)
			return
		case err == nil:
			if w.handOver(ctx, finishing, j, next) {
				return
			}
			j.full = next
			continue
		case !isUnavailable(err):
			w.leave(j.Ref, err)
			w.release(j, false)
			return
		}
		if !wait.sleep(ctx) {
			w.leave(j.Ref, fmt.Errorf("work %s: %w", j.Ref.ID(), context.Cause(ctx)))
			w.release(j, false)
			return
		}
	}
}

// handOver has a job go on in a lane, and reports whether there was room.
func (w *Worker) handOver(ctx, finishing context.Context, j *job, to *lane) bool {
	taken, now := to.enter(j)
	if now {
		w.running.Go(func() { w.runLane(ctx, finishing, to, j) })
	}
	return taken
}

// release gives a webhook back; if it is settled, nothing more is to be done as
// of where the job stands, or not before something is due.
func (w *Worker) release(j *job, settled bool) {
	var due es.Time
	var pending bool
	if settled {
		due, pending = j.generation().DueAt()
	}
	w.queue.done(j.Ref, j.Loaded.Revision, due, settled && (!pending || due > w.now()))
	w.config.Metrics.Held(w.queue.size())
}
