package app_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"daybook/app/identity"
	"daybook/app/keyring"
	"daybook/app/readmodel"
	"daybook/app/store/embedded"
	"daybook/app/trigger"
	"daybook/domain/es"
	"daybook/domain/template"
	"daybook/domain/webhook"
)

// provider sends webhooks, and sends those again that were not acknowledged,
// as Stripe does.
type provider struct {
	sender trigger.Sender // but for the URL

	mu           sync.Mutex
	waiting      []template.Request // sent, and not acknowledged
	acknowledged map[string]int     // how often, by id
}

// next is a webhook to send: one that waits, or a new one.
func (p *provider) next() (template.Request, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.waiting); n > 0 && rand.IntN(2) == 0 {
		body := p.waiting[n-1]
		p.waiting = p.waiting[:n-1]
		return body, nil
	}
	types := []string{"customer.created", "invoice.paid", "charge.succeeded"} // with an action, with another, without
	return p.sender.Make(trigger.Sample{Type: types[rand.IntN(len(types))]})
}

// deliver sends one webhook and notes the answer.
func (p *provider) deliver(ctx context.Context, url string, body template.Request) error {
	s := p.sender
	s.URL = url
	sent, err := s.Post(ctx, body)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.waiting = append(p.waiting, body)
		return err
	}
	p.acknowledged[sent.ID]++
	if rand.IntN(20) == 0 { // it sometimes sends again what it knows to have arrived
		p.waiting = append(p.waiting, body)
	}
	return nil
}

func (p *provider) acknowledgements() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, times := range p.acknowledged {
		n += times
	}
	return n
}

// flood has many send at once until the server is gone. It calls acknowledged
// after each acknowledgement.
func (p *provider) flood(t *testing.T, url string, acknowledged func()) {
	t.Helper()
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for {
				body, err := p.next()
				if err != nil {
					t.Error(err)
					return
				}
				err = p.deliver(t.Context(), url, body)
				if refused, ok := errors.AsType[*trigger.Refused](err); ok {
					t.Error(refused)
				}
				if err != nil {
					return
				}
				acknowledged()
			}
		})
	}
	senders.Wait()
}

// TestKill kills a Daybook that takes and works webhooks, at random moments,
// again and again on the same data. What was acknowledged is there, once, and
// is done, once, whatever was under way.
func TestKill(t *testing.T) {
	t.Parallel()
	const kills = 15
	data := t.TempDir()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, Timeout: patience}
	t.Cleanup(client.CloseIdleConnections)
	p := &provider{sender: sender(t, client, ""), acknowledged: map[string]int{}}

	first := start(t, data)
	path := connect(t, first.url)
	life(t, first, p, path)
	for n := range kills - 1 {
		if n%5 == 0 {
			dieEarly(t, data)
		} else {
			life(t, start(t, data), p, path)
		}
	}

	last := start(t, data)
	for _, body := range p.waiting {
		if err := p.deliver(t.Context(), last.url+path, body); err != nil {
			t.Fatal(err)
		}
	}
	waitUntilDone(t, last.url)
	if err := last.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := last.wait(); err != nil {
		t.Fatalf("%v\n%s", err, &last.log)
	}

	t.Logf("%d webhooks were acknowledged %d times in %d lives", len(p.acknowledged), p.acknowledgements(), kills+1)
	if len(p.acknowledged) < 5*kills {
		t.Errorf("only %d webhooks: the test proves little", len(p.acknowledged))
	}
	store, err := embedded.Open(t.Context(), data, embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkLog(t, store, p.acknowledged)
	checkReadModels(t, store, data)
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// life lets the process take a random number of webhooks, and kills it a
// random moment later.
func life(t *testing.T, running *process, p *provider, path string) {
	t.Helper()
	left := 1 + rand.IntN(60)
	var counting sync.Mutex
	p.flood(t, running.url+path, func() {
		counting.Lock()
		defer counting.Unlock()
		if left--; left == 0 {
			time.AfterFunc(rand.N(5*time.Millisecond), func() { _ = running.Process.Kill() })
		}
	})
	if err := running.wait(); err == nil {
		t.Fatal("the process ended by itself")
	}
}

// dieEarly kills a process while it starts.
func dieEarly(t *testing.T, data string) {
	t.Helper()
	p, _ := begin(t, data)
	time.AfterFunc(rand.N(50*time.Millisecond), func() { _ = p.Process.Kill() })
	if err := p.wait(); err == nil {
		t.Fatal("the process ended by itself")
	}
}

// retryPatience is how long a test waits for what is tried again: a breaker
// that opened stays so for half a minute, and what it put off for as long.
const retryPatience = 2 * time.Minute

// waitUntilDone returns when nothing is left to be done.
func waitUntilDone(t *testing.T, url string) {
	t.Helper()
	var processing struct{ Items []struct{ ID string } }
	for deadline := time.Now().Add(retryPatience); time.Now().Before(deadline); {
		// What the read models do not show yet is not done.
		var ready struct{ Projections struct{ Lag uint64 } }
		call(t, http.MethodGet, url+"/readyz", "", &ready)
		if ready.Projections.Lag > 0 {
			continue
		}
		call(t, http.MethodGet, url+"/api/v1/events?status=processing", "", &processing)
		if len(processing.Items) == 0 {
			return
		}
	}
	t.Fatalf("there is still something to be done: %+v", processing.Items)
}

// checkLog looks at every webhook in the log: each of them was acknowledged,
// and the other way round; it was received once, planned once, and each of its
// actions succeeded once.
func checkLog(t *testing.T, store es.Store, acknowledged map[string]int) {
	t.Helper()
	histories := map[string][]es.Recorded{}
	for e, err := range store.ReadAll(t.Context(), es.Start, es.Forward) {
		if err != nil {
			t.Fatal(err)
		}
		if id, ok := strings.CutPrefix(string(e.Stream), "webhook-"); ok {
			histories[id] = append(histories[id], e)
		}
	}
	for id := range acknowledged {
		if histories[id] == nil {
			t.Errorf("%s was acknowledged and is not in the log", id)
		}
	}
	for id, history := range histories {
		if acknowledged[id] == 0 {
			t.Errorf("%s is in the log and was never acknowledged, although it was sent until it was", id)
		}
		checkHistory(t, id, history, acknowledged[id])
	}
}

func checkHistory(t *testing.T, id string, history []es.Recorded, acknowledged int) {
	t.Helper()
	var state webhook.State
	count := map[string]int{}
	succeeded := map[string]int{}
	for _, e := range history {
		fact, err := webhook.Codec().Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		state = webhook.Evolve(state, fact)
		count[e.Type]++
		if done, ok := fact.Event.(webhook.ActionSucceeded); ok {
			succeeded[done.Action]++
		}
	}
	if count["WebhookReceived"] != 1 || count["ActionsPlanned"] != 1 || len(state.Generations) != 1 {
		t.Errorf("%s: received and planned exactly once? %v", id, count)
		return
	}
	// What arrived and was not acknowledged before a kill counts too.
	if deliveries := 1 + count["DuplicateReceived"]; deliveries < acknowledged {
		t.Errorf("%s: %d deliveries are in the log, %d were acknowledged", id, deliveries, acknowledged)
	}
	webhook := state.Current()
	for _, action := range webhook.Actions {
		if succeeded[action.ID] != 1 {
			t.Errorf("%s: action %s succeeded %d times", id, action.ID, succeeded[action.ID])
		}
	}
	if len(succeeded) != len(webhook.Actions) || count["ActionFailed"]+count["ActionParked"] > 0 {
		t.Errorf("%s: %d actions, and this came of them: %v", id, len(webhook.Actions), count)
	}
	if webhook.Pending() {
		t.Errorf("%s: something is still to be done", id)
	}
}

// checkReadModels compares the read models that grew over all lives with some
// that are made anew, and returns what stands for all that is in them.
func checkReadModels(t *testing.T, store es.Store, data string) (digest string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	master, err := keyring.Parse(masterKey)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keyring.New(master)
	if err != nil {
		t.Fatal(err)
	}
	logID, err := identity.Open(ctx, store, keys, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	grown, err := readmodel.Open(ctx, data, store, logID, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	running := make(chan error, 1)
	go func() { running <- grown.Run(ctx) }()
	head, err := store.Head(ctx)
	if err == nil {
		err = grown.WaitFor(ctx, head)
	}
	before, err2 := grown.Digest(ctx)
	err3 := grown.Rebuild(ctx, func(_, _ es.Position) {})
	after, err4 := grown.Digest(ctx)
	cancel()
	if err := errors.Join(err, err2, err3, err4, <-running, grown.Close()); err != nil {
		t.Fatal(err)
	}
	if before != after {
		t.Error("the read models that grew differ from those made anew")
	}
	return after
}
