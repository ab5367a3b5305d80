package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"daybook/app"
	"daybook/app/command"
	"daybook/app/identity"
	"daybook/app/store/embedded"
	"daybook/app/trigger"
	"daybook/domain/es"
	"daybook/domain/template"
	"daybook/domain/webhook"
)

// cluster is some instances on one store.
type cluster struct {
	store     *sharedStore
	configs   []app.Config
	instances []*running
}

func newCluster(t *testing.T, n int) *cluster {
	t.Helper()
	c := &cluster{store: share(t)}
	for range n {
		config := c.store.config(t)
		c.configs = append(c.configs, config)
		c.instances = append(c.instances, run(t, config))
	}
	return c
}

// end stops all instances when they have done everything, and looks at what
// each of them has kept. None had a reason to take over from another.
func (c *cluster) end(t *testing.T) {
	t.Helper()
	for _, r := range c.instances {
		waitUntilDone(t, r.LocalURL())
	}
	if n := takeovers(t, c.store); n > 0 {
		t.Errorf("%d claims were taken over from instances that are alive", n)
	}
	var ending sync.WaitGroup
	for _, r := range c.instances {
		ending.Go(func() { r.stop() })
	}
	ending.Wait()
	for _, r := range c.instances {
		r.end(t)
	}
	var directories []string
	for _, config := range c.configs {
		directories = append(directories, config.Data)
	}
	checkSame(t, c.store, directories)
}

// checkSame compares the read models of several instances with each other, and
// each with some that are made anew.
func checkSame(t *testing.T, shared *sharedStore, directories []string) {
	t.Helper()
	store := shared.openThere(t)
	digests := map[string]bool{}
	for _, directory := range directories {
		digests[checkReadModels(t, store, directory)] = true
	}
	if len(digests) != 1 {
		t.Errorf("%d instances have %d different read models", len(directories), len(digests))
	}
}

// Two and three instances on one store are as one Daybook.
func TestInstancesShareAStore(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, n)
			client := newClient(t)
			path := connect(t, c.instances[n-1].LocalURL())
			acknowledged := c.deliverEverywhere(t, client, path)
			c.end(t)
			checkLog(t, c.store.Store, acknowledged)
		})
	}
}

// What is configured at one instance is in force at the others within a second,
// however busy the store is with other things; and the first webhook to a fresh
// ingest URL may come to any of them at once.
func TestConfigurationIsInForceAtAllInstances(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	client := newClient(t)
	first, rest := c.instances[0], c.instances[1:]
	endTraffic := sync.OnceFunc(c.traffic(t, first))
	defer endTraffic()

	for n := range 5 {
		source := fmt.Sprintf("fresh-%d", n)
		path := connectAs(t, first.LocalURL(), source)
		began := time.Now()
		for _, other := range rest {
			sent := send(t, client, other.LocalURL()+path, "charge.succeeded")
			if sent.Status != "accepted" || !strings.HasPrefix(sent.ID, "development."+source+".") {
				t.Errorf("a fresh URL at another instance: %+v", sent)
			}
			c.inForce(t, client, other, source)
		}
		tookAtMost(t, time.Second, "what was configured at one instance is in force at the others, which", began)
	}
	endTraffic()
	c.end(t)
}

// traffic appends to streams that are no configuration, until it is ended.
func (c *cluster) traffic(t *testing.T, at *running) (end func()) {
	t.Helper()
	path := connectAs(t, at.LocalURL(), "traffic")
	client := newClient(t)
	ctx, stop := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	for range 2 {
		sending.Go(func() {
			s := sender(t, client, at.LocalURL()+path)
			for ctx.Err() == nil {
				if _, err := s.Send(ctx, trigger.Sample{Type: "invoice.paid"}); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	return func() { stop(); sending.Wait() }
}

// inForce asks an instance for a source.
func (c *cluster) inForce(t *testing.T, client *http.Client, at *running, source string) {
	t.Helper()
	for deadline := time.Now().Add(time.Second); ; {
		status, body := get(t, client, at.LocalURL()+"/api/v1/sources/"+source+"?environment=development", adminToken)
		if status == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("source %s at another instance: %d, %s", source, status, body)
		}
	}
}

// deliverEverywhere sends some webhooks to all instances at once: one of them
// takes each, for the others it is a duplicate.
func (c *cluster) deliverEverywhere(t *testing.T, client *http.Client, path string) (acknowledged map[string]int) {
	t.Helper()
	acknowledged = map[string]int{}
	for _, kind := range []string{"customer.created", "invoice.paid", "invoice.created", "charge.succeeded"} {
		body, err := sender(t, client, "").Make(trigger.Sample{Type: kind})
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		statuses, ids := map[string]int{}, map[string]bool{}
		var sending sync.WaitGroup
		for _, r := range c.instances {
			sending.Go(func() {
				s := sender(t, client, r.LocalURL()+path)
				sent, err := s.Post(t.Context(), body)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Errorf("%s at %s: %v", kind, r.Addr(), err)
				}
				statuses[sent.Status]++
				ids[sent.ID] = true
				acknowledged[sent.ID]++
			})
		}
		sending.Wait()
		if statuses["accepted"] != 1 || statuses["duplicate"] != len(c.instances)-1 || len(ids) != 1 {
			t.Errorf("%s at %d instances: %v, %v", kind, len(c.instances), statuses, ids)
		}
	}
	return acknowledged
}

// What an instance has taken, it does; the others see it done, and who did it.
func TestEachInstanceTakesWebhooksAndDoesThem(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	client := newClient(t)
	path := connect(t, c.instances[0].LocalURL())
	workers := map[string]bool{}
	for _, r := range c.instances {
		sent := send(t, client, r.LocalURL()+path, "invoice.paid")
		began := time.Now()
		for _, seen := range c.instances {
			waitUntil(t, func() bool {
				status, body := get(t, client, seen.LocalURL()+"/api/v1/events/"+sent.ID, adminToken)
				return status == http.StatusOK && strings.Contains(body, `"status":"succeeded"`)
			})
		}
		tookAtMost(t, 5*time.Second, "a webhook, done and seen at all instances,", began) // 10 s is when others would take it over
		for e, err := range c.store.ReadStream(t.Context(), es.Stream(sent.Stream), es.FirstRevision, es.Forward) {
			if err != nil {
				t.Fatal(err)
			}
			fact, err := webhook.Codec().Decode(e)
			if err != nil {
				t.Fatal(err)
			}
			if claimed, ok := fact.Event.(webhook.WorkClaimed); ok {
				workers[claimed.Instance] = true
			}
		}
	}
	if len(workers) != len(c.instances) {
		t.Errorf("%d instances did what %d have taken", len(workers), len(c.instances))
	}
	c.end(t)
}

// What another instance has taken is left to it for a while, and then looked
// after: it may be gone.
func TestAnInstanceLeavesTheOthersTime(t *testing.T) {
	t.Parallel()
	store := share(t)
	config := store.config(t)
	config.Lease = 3 * time.Second
	r := run(t, config)
	connect(t, r.LocalURL())

	ref := webhook.Ref{Environment: "development", Source: "stripe", Key: "evt_1", Generation: 1}
	handler := command.Handler[webhook.State, webhook.Command, webhook.Event]{
		Store: store, Decider: webhook.Decider(), Codec: webhook.Codec(), Now: time.Now,
	}
	began := time.Now()
	_, err := handler.Handle(t.Context(), ref.Stream(), webhook.Receive{
		At: es.TimeOf(began), Body: []byte(`{"id":"evt_1","type":"charge.succeeded"}`),
		Receipt: webhook.Receipt{EventType: "charge.succeeded", IdempotencyKey: "evt_1", ConfigurationRevision: 2},
	}, command.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	waitUntil(t, func() bool {
		loaded, err := handler.Load(t.Context(), ref.Stream())
		if err != nil {
			t.Fatal(err)
		}
		return loaded.State.Current().Plan != nil
	})
	if waited := time.Since(began); waited < 900*time.Millisecond { // a third of the lease, less a tenth
		t.Errorf("it was taken over after %s", waited)
	}
	r.end(t)
}

// Whoever is logged in at one instance is so at all of them.
func TestSessionsHoldAtAllInstances(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2)
	client := newClient(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client.Jar = jar // of 127.0.0.1, whatever the port
	form := url.Values{"token": {adminToken}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.instances[0].LocalURL()+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	for i, r := range c.instances {
		status, body := get(t, client, r.LocalURL()+"/system", "")
		if status != http.StatusOK || !strings.Contains(body, "EventStoreDB") || !strings.Contains(body, "esdb://"+c.store.address) {
			t.Errorf("instance %d: %d\n%s", i, status, body)
		}
	}
}

// The master key that a log was begun with opens it everywhere; another stops
// the start, and each instance has a directory to itself.
func TestAnInstanceThatDoesNotBelongIsKeptOut(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1)
	other := c.store.config(t)
	other.MasterKey = strings.Repeat("A", 43) + "="
	if _, err := app.New(t.Context(), other); !errors.Is(err, identity.ErrWrongMasterKey) {
		t.Errorf("with another master key: %v", err)
	}
	other = c.store.config(t)
	other.Data = c.configs[0].Data
	if _, err := app.New(t.Context(), other); !errors.Is(err, embedded.ErrLocked) {
		t.Errorf("in the directory of another instance: %v", err)
	}
	run(t, c.store.config(t)).end(t)
	c.end(t)
}

// Many instances that start at once on an empty store begin one log.
func TestInstancesBeginOneLog(t *testing.T) {
	t.Parallel()
	store := share(t)
	var starting sync.WaitGroup
	for range 4 {
		config := store.config(t)
		starting.Go(func() {
			a, err := app.New(t.Context(), config)
			if err != nil {
				t.Error(err)
				return
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	head, err := store.Head(t.Context())
	if err != nil || head != 1 {
		t.Errorf("the log has %d events, want the one that begins it (%v)", head, err)
	}
}

// A body that the store could not append is refused before it is tried.
func TestBodiesFitTheStore(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1)
	client := newClient(t)
	url := c.instances[0].LocalURL() + connect(t, c.instances[0].LocalURL())
	for size, want := range map[int]string{
		880 << 10: "",
		920 << 10: "body_too_large",
	} {
		body := fmt.Appendf(nil, `{"id":"evt_%d","type":"charge.succeeded","pad":"%s"}`, size, bytes.Repeat([]byte("x"), size))
		_, err := sender(t, client, url).Post(t.Context(), template.Request{Body: body})
		refused, _ := errors.AsType[*trigger.Refused](err)
		if want == "" && err != nil || want != "" && (refused == nil || refused.Code != want) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// send sends one webhook, which is accepted or a duplicate.
func send(t *testing.T, client *http.Client, url, kind string) trigger.Sent {
	t.Helper()
	s := sender(t, client, url)
	body, err := s.Make(trigger.Sample{Type: kind})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := s.Post(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

// waitUntil returns when something has become true.
func waitUntil(t *testing.T, isTrue func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !isTrue(); {
		if time.Now().After(deadline) {
			t.Fatal("it did not become true")
		}
	}
}
