package app_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"daybook/app/trigger"
	"daybook/domain/es"
	"daybook/domain/webhook"
)

// killsVariable is how many instances a test kills; task cluster sets it.
const killsVariable = "DAYBOOK_TEST_KILLS"

func kills(t *testing.T, unless int) int {
	t.Helper()
	text := os.Getenv(killsVariable)
	if text == "" {
		return unless
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, which is no number of kills", killsVariable, text)
	}
	return n
}

// fleet is instances on one store, each a process with a directory of its own.
type fleet struct {
	store     *sharedStore
	variables []string // of every process
	path      string   // of the ingest URL
	slots     []*slot
}

// slot is where one instance runs after the other.
type slot struct {
	data string

	mu      sync.Mutex
	running *process
	url     string // empty while none listens
}

// newFleet starts three instances with a source, and makes a provider whose
// webhooks it takes.
func newFleet(t *testing.T, variables ...string) (*fleet, *provider) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, Timeout: patience}
	t.Cleanup(client.CloseIdleConnections)
	f := &fleet{
		store: share(t), slots: []*slot{{data: t.TempDir()}, {data: t.TempDir()}, {data: t.TempDir()}},
		variables: append([]string{"DAYBOOK_LEASE=1s"}, variables...),
	}
	f.variables = append(f.variables, "DAYBOOK_STORE="+f.store.connection())
	for _, at := range f.slots {
		f.start(t, at)
	}
	f.path = connect(t, f.slots[0].url)
	return f, &provider{sender: sender(t, client, ""), acknowledged: map[string]int{}}
}

func (f *fleet) begin(t *testing.T, at *slot) (p *process, listening <-chan struct{}) {
	t.Helper()
	return begin(t, at.data, f.variables...)
}

// start starts an instance and returns once it listens.
func (f *fleet) start(t *testing.T, at *slot) {
	t.Helper()
	p, listening := f.begin(t, at)
	p.await(t, listening)
	at.mu.Lock()
	defer at.mu.Unlock()
	at.running, at.url = p, p.url
}

// kill kills the instance, whatever it is doing.
func (f *fleet) kill(t *testing.T, at *slot) {
	t.Helper()
	at.mu.Lock()
	p := at.running
	at.url = ""
	at.mu.Unlock()
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(); err == nil {
		t.Fatal("the process ended by itself")
	}
}

// anyURL is that of some instance that listens; empty if there is none.
func (f *fleet) anyURL() string {
	at := f.slots[rand.IntN(len(f.slots))]
	at.mu.Lock()
	defer at.mu.Unlock()
	return at.url
}

// send has many send to any instance until stopped is closed. What one instance
// did not acknowledge is sent again, to any.
func (f *fleet) send(t *testing.T, p *provider, stopped <-chan struct{}, acknowledged *atomic.Int64) (wait func()) {
	t.Helper()
	var senders sync.WaitGroup
	for range 6 {
		senders.Go(func() {
			for {
				select {
				case <-stopped:
					return
				case <-t.Context().Done(): // the test has failed
					return
				default:
				}
				url := f.anyURL()
				if url == "" {
					continue
				}
				body, err := p.next()
				if err != nil {
					t.Error(err)
					return
				}
				err = p.deliver(t.Context(), url+f.path, body)
				if refused, ok := errors.AsType[*trigger.Refused](err); ok {
					t.Error(refused)
					return
				}
				if err == nil { // else it was killed before it answered
					acknowledged.Add(1)
				}
			}
		})
	}
	t.Cleanup(senders.Wait)
	return senders.Wait
}

// TestKillInstances kills any of three instances that take and work webhooks on
// one store, at random moments, again and again. What was acknowledged by any of
// them is there, once, and is done, once, by whoever is left.
func TestKillInstances(t *testing.T) {
	t.Parallel()
	n := kills(t, 4)
	f, p := newFleet(t)

	var acknowledged atomic.Int64
	stopped := make(chan struct{})
	wait := f.send(t, p, stopped, &acknowledged)
	for range n {
		f.killOne(t, &acknowledged)
	}
	close(stopped)
	wait()
	f.deliverRest(t, p)
	f.end(t)

	t.Logf("%d webhooks were acknowledged %d times by instances of which %d were killed; %d claims were taken over",
		len(p.acknowledged), p.acknowledgements(), n, takeovers(t, f.store))
	if len(p.acknowledged) < 10*n {
		t.Errorf("only %d webhooks: the test proves little", len(p.acknowledged))
	}
	checkLog(t, f.store.Store, p.acknowledged)
	checkSame(t, f.store, f.directories())
}

// takeovers counts the claims by which one instance took over from another.
func takeovers(t *testing.T, store es.Store) (n int) {
	t.Helper()
	by := map[es.Stream]string{}
	for e, err := range store.ReadAll(t.Context(), es.Start, es.Forward) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Type != webhook.TypeWorkClaimed {
			continue
		}
		fact, err := webhook.Codec().Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		instance := fact.Event.(webhook.WorkClaimed).Instance
		if earlier := by[e.Stream]; earlier != "" && earlier != instance {
			n++
		}
		by[e.Stream] = instance
	}
	return n
}

// killOne kills any instance when some more webhooks have been acknowledged, and
// starts another in its place; now and then that one is killed while it starts.
func (f *fleet) killOne(t *testing.T, acknowledged *atomic.Int64) {
	t.Helper()
	until := acknowledged.Load() + 10 + rand.Int64N(50)
	waitUntil(t, func() bool { return acknowledged.Load() >= until })
	<-time.After(rand.N(10 * time.Millisecond)) // the moment is random
	at := f.slots[rand.IntN(len(f.slots))]
	f.kill(t, at)
	if rand.IntN(4) == 0 {
		p, _ := f.begin(t, at)
		time.AfterFunc(rand.N(100*time.Millisecond), func() { _ = p.Process.Kill() })
		if err := p.wait(); err == nil {
			t.Fatal("the process ended by itself")
		}
	}
	f.start(t, at)
}

// deliverRest sends what was not acknowledged to an instance that lives on.
func (f *fleet) deliverRest(t *testing.T, p *provider) {
	t.Helper()
	for _, body := range p.waiting {
		if err := p.deliver(t.Context(), f.slots[0].url+f.path, body); err != nil {
			t.Fatal(err)
		}
	}
}

// directories are those of the instances.
func (f *fleet) directories() []string {
	var all []string
	for _, at := range f.slots {
		all = append(all, at.data)
	}
	return all
}

// end waits until nothing is left to be done at any instance, and stops them.
func (f *fleet) end(t *testing.T) {
	t.Helper()
	for _, at := range f.slots {
		waitUntilDone(t, at.url)
	}
	for _, at := range f.slots {
		if err := at.running.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	for i, at := range f.slots {
		if err := at.running.wait(); err != nil {
			t.Errorf("instance %d: %v\n%s", i, err, &at.running.log)
		}
	}
}
