package worker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"daybook/app/command"
	"daybook/app/metrics"
	"daybook/app/store/memory"
	"daybook/domain/action"
	"daybook/domain/es"
	"daybook/domain/rule"
	"daybook/domain/webhook"
	"daybook/projections/worklist"
)

// simulation says what is broken on purpose.
type simulation struct {
	noClaims bool // appends do not expect anything of the stream
	newKeys  bool // each attempt has a key of its own
	noBegin  bool // that an attempt begins is not recorded
}

// How long a simulation is, and how much happens in it.
const (
	simulatedDays  = 72 * time.Hour // in which things go wrong
	simulatedCalm  = 10 * time.Hour // in which nothing does
	simulatedHooks = 6
	instances      = 3
	mostSkew       = 2 * time.Minute
	// overdueAfter is how long something may be due while an instance lives
	// that could do it: a lease, a silence, and stores and destinations that
	// are slow.
	overdueAfter = 15 * time.Minute
)

// world is what a simulation happens in. All chance follows from the seed and
// from what it is about, never from an order of things, and no two things take
// equally long: so the same seed leads to the same history.
type world struct {
	simulation
	t     *testing.T
	seed  uint64
	began time.Time
	store *memory.Store
	list  *foldingList
	rules *rule.Rules
	there *seededDestination
	check *checker

	mu    sync.Mutex
	alive map[string]time.Time // instances, since when

	violation error
	history   []string
}

func newWorld(t *testing.T, seed uint64, s simulation) *world {
	t.Helper()
	store := memory.New(memory.Options{})
	w := &world{simulation: s, t: t, seed: seed, began: time.Now(), store: store, alive: map[string]time.Time{}}
	w.check = newChecker(w)
	w.there = &seededDestination{world: w, came: map[string]*requests{}}
	w.list, w.rules = newFoldingList(), simulatedRules(t)
	return w
}

// chance returns a number in [0, 1) that follows from what it is about.
func (w *world) chance(about ...any) float64 {
	h := fnv.New64a()
	var raw [8]byte
	binary.LittleEndian.PutUint64(raw[:], w.seed)
	_, _ = h.Write(raw[:])
	_, _ = fmt.Fprint(h, about...)
	x := h.Sum64() // mixed, as FNV leaves the high bits of like things alike
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}

// between returns a span from least to most, most often a short one.
func (w *world) between(least, most time.Duration, about ...any) time.Duration {
	return least + time.Duration(math.Pow(w.chance(about...), 3)*float64(most-least))
}

// calm reports whether nothing goes wrong any more.
func (w *world) calm() bool { return time.Since(w.began) > simulatedDays }

// fail keeps the first thing that was not as it must be.
func (w *world) fail(format string, a ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.violation == nil {
		w.violation = fmt.Errorf("after %s: %w", time.Since(w.began), fmt.Errorf(format, a...))
	}
}

func (w *world) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.violation != nil
}

// live lets the days go by.
func (w *world) live() {
	ctx, end := context.WithCancel(context.Background())
	var living sync.WaitGroup
	living.Go(func() { w.follow(ctx) })
	for i := range instances {
		living.Go(func() { w.liveInstance(ctx, i) })
	}
	for i := range simulatedHooks {
		living.Go(func() { w.liveWebhook(ctx, i) })
	}
	for time.Since(w.began) < simulatedDays+simulatedCalm && !w.failed() {
		time.Sleep(time.Hour + 7*time.Nanosecond)
		w.check.overdue()
	}
	if !w.failed() {
		w.check.end()
	}
	end()
	living.Wait()
	w.history = w.check.history
	if err := w.store.Close(); err != nil {
		w.t.Error(err)
	}
}

// follow shows the log to the worklist and the checks.
func (w *world) follow(ctx context.Context) {
	for batch, err := range w.store.Subscribe(ctx, es.Start, es.Filter{}) {
		if err != nil {
			return
		}
		for _, r := range batch.Events {
			fact, before, after, err := w.list.add(r)
			if err != nil {
				w.fail("%w", err)
				continue
			}
			w.check.fact(r, fact, before, after)
		}
		w.list.tell()
	}
}

// liveInstance lives through an instance's starts, crashes and stops.
func (w *world) liveInstance(ctx context.Context, slot int) {
	skew := time.Duration((2*w.chance("skew", slot) - 1) * float64(mostSkew))
	for n := 0; ctx.Err() == nil; n++ {
		name := fmt.Sprintf("%d-%d", slot, n)
		time.Sleep(w.between(time.Millisecond, 10*time.Minute, "start", name))
		in := w.start(ctx, name, skew)
		select {
		case <-ctx.Done():
		case <-in.dead:
		case <-time.After(w.lifetime(name)):
		}
		w.rest(name)
		if w.chance("stops in order", name) < 0.5 && !in.crashed.Load() {
			in.cancel()
		} else {
			in.crash()
		}
		<-in.ended
	}
}

func (w *world) lifetime(name string) time.Duration {
	d := w.between(time.Minute, 40*time.Hour, "life", name)
	if time.Since(w.began)+d > simulatedDays {
		return simulatedDays + simulatedCalm // it outlives us
	}
	return d
}

func (w *world) rest(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.alive, name)
}

// instance is a Daybook of the simulation.
type instance struct {
	*memory.Store
	world   *world
	name    string
	worker  *Worker
	cancel  context.CancelFunc
	crashed atomic.Bool
	dead    chan struct{} // closed by a crash
	die     sync.Once
	ended   chan struct{}

	mu    sync.Mutex
	asked map[string]int
}

func (w *world) start(ctx context.Context, name string, skew time.Duration) *instance {
	ctx, cancel := context.WithCancel(ctx)
	in := &instance{
		Store: w.store, world: w, name: name, cancel: cancel, dead: make(chan struct{}), ended: make(chan struct{}), asked: map[string]int{},
	}
	in.worker = New(Config{
		Store: in, Rules: book{w.rules}, Pauser: &pauses{}, Destinations: simulatedBook{w.there, in}, Worklist: in, Changed: w.list.Changed,
		Metrics: metrics.NewWorker(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler),
		Now:      func() time.Time { return time.Now().Add(skew) },
		Chance:   func() float64 { return w.chance("chance", name, in.nth("chance")) },
		Instance: name, Start: name, Concurrency: 4,
	})
	w.mu.Lock()
	w.alive[name] = time.Now()
	w.mu.Unlock()
	go func() {
		defer close(in.ended)
		if err := in.worker.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	return in
}

// crash ends everything at once, but for what is on its way already.
func (in *instance) crash() {
	in.die.Do(func() {
		in.crashed.Store(true)
		in.world.rest(in.name)
		close(in.dead)
		in.cancel()
	})
}

// nth counts how often something was done.
func (in *instance) nth(what string) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.asked[what]++
	return in.asked[what]
}

var errCrashed = fmt.Errorf("%w: %w", es.ErrUnavailable, errors.New("this instance is dead"))

// Append takes its time, and may fail, land unseen, or be the last thing that
// its instance does.
func (in *instance) Append(ctx context.Context, stream es.Stream, expected es.Expected, events ...es.Event) (es.Appended, error) {
	about := []any{"append", in.name, stream, in.nth("append " + string(stream))}
	goes := func(wrong string, share float64) bool {
		return !in.world.calm() && in.world.chance(append(about, wrong)...) < share
	}
	most := 20 * time.Millisecond
	if goes("slow", 0.04) {
		most = 2 * time.Minute
	}
	time.Sleep(in.world.between(time.Microsecond, most, append(about, "takes")...))
	if in.crashed.Load() {
		return es.Appended{}, errCrashed
	}
	if goes("crash before", 0.02) {
		in.crash()
		return es.Appended{}, errCrashed
	}
	if goes("lost", 0.02) {
		return es.Appended{}, unavailable("the append was lost")
	}
	if in.world.noClaims {
		expected = es.Any()
	}
	if in.world.noBegin && events[len(events)-1].Type == webhook.TypeAttemptBegun {
		events[len(events)-1].Type = webhook.TypeDuplicatesCounted
	}
	appended, err := in.Store.Append(ctx, stream, expected, events...)
	switch {
	case err != nil:
	case goes("crash after", 0.02):
		in.crash()
		return es.Appended{}, errCrashed
	case goes("unseen", 0.02):
		return es.Appended{}, unavailable("the answer was lost")
	}
	return appended, err
}

// ReadStream takes its time.
func (in *instance) ReadStream(ctx context.Context, stream es.Stream, from es.Revision, dir es.Direction) iter.Seq2[es.Recorded, error] {
	time.Sleep(in.world.between(time.Microsecond, 5*time.Millisecond, "read", in.name, stream, in.nth("read "+string(stream))))
	if in.crashed.Load() {
		return func(yield func(es.Recorded, error) bool) { yield(es.Recorded{}, errCrashed) }
	}
	return in.Store.ReadStream(ctx, stream, from, dir)
}

// Pending takes its time.
func (in *instance) Pending(ctx context.Context, by es.Time, after worklist.Place, limit int) ([]worklist.Entry, error) {
	time.Sleep(in.world.between(time.Microsecond, 5*time.Millisecond, "list", in.name, in.nth("list")))
	return in.world.list.Pending(ctx, by, after, limit)
}

// NextDue is asked right after it.
func (in *instance) NextDue(ctx context.Context, by es.Time) (es.Time, error) {
	return in.world.list.NextDue(ctx, by)
}

// liveWebhook has a webhook received, again and again, and people do something
// about it.
func (w *world) liveWebhook(ctx context.Context, i int) {
	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: fmt.Sprintf("evt_%d", i), Generation: 1}
	body := fmt.Appendf(nil, `{"type":"invoice.paid","user":"cus_%d"}`, i)
	receive := webhook.Receive{Body: body, Receipt: webhook.Receipt{
		EventType: "invoice.paid", IdempotencyKey: ref.Key, ConfigurationRevision: 3, Instance: "none",
	}}
	w.pause(ctx, time.Duration(w.chance("received", i)*float64(simulatedDays*3/4)))
	for n := 0; ctx.Err() == nil; n++ {
		receive.At = es.TimeOf(time.Now())
		switch {
		case n == 0:
			w.do(ctx, ref, receive)
		case w.calm():
			return
		case w.chance("what", i, n) < 0.4:
			w.do(ctx, ref, receive)
		default:
			w.decide(ctx, ref, n)
		}
		w.pause(ctx, w.between(time.Minute, 40*time.Hour, "again", i, n))
	}
}

// decide lets a person do something.
func (w *world) decide(ctx context.Context, ref webhook.Ref, n int) {
	g := w.list.state(ref.Stream()).Current()
	if g == nil || len(g.Actions) == 0 {
		return
	}
	some := []string{g.Actions[int(w.chance("which", ref.Key, n)*float64(len(g.Actions)))].ID}
	if w.chance("skips", ref.Key, n) < 0.1 {
		w.do(ctx, ref, webhook.Skip{Generation: 1, Actions: some})
		return
	}
	w.do(ctx, ref, webhook.Rearm{Generation: 1, Actions: some})
}

func (w *world) do(ctx context.Context, ref webhook.Ref, c webhook.Command) {
	handler := command.Handler[webhook.State, webhook.Command, webhook.Event]{
		Store: w.store, Decider: webhook.Decider(), Codec: webhook.Codec(), Now: time.Now,
	}
	if _, err := handler.Handle(ctx, ref.Stream(), c, command.Meta{}); err != nil && ctx.Err() == nil {
		w.fail("%T: %w", c, err)
	}
}

func (w *world) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func simulatedRules(t *testing.T) *rule.Rules {
	t.Helper()
	return compile(t, identify(), trigger(),
		mapping("*", action.HTTPRequest, `{"url":"https://hooks.example.com/paid"}`),
		mapping("*", action.UsersDelete, `{"id":"body.type"}`))
}
