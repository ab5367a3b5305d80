package ingest

import (
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"daybook/domain/es"
	"daybook/domain/webhook"
)

func TestPerSecond(t *testing.T) {
	t.Parallel()

	c := newPerSecond[string](2)
	for _, step := range []struct {
		key  string
		at   es.Time
		want int
	}{
		{"a", 1000, 1},
		{"a", 1999, 2},
		{"b", 1999, 1},
		{"c", 1999, 1}, // one too many to be told apart
		{"d", 1999, 2},
		{"a", 1999, 3},
		{"a", 2000, 1},
		{"d", 2000, 1},
		{"e", 2000, 1},
		{"a", 1000, 1}, // the clock was set back
	} {
		if got := c.add(step.key, step.at); got != step.want {
			t.Errorf("%s at %d: %d, want %d", step.key, int64(step.at), got, step.want)
		}
	}
	if n := c.count("a", 1500); n != 1 {
		t.Errorf("count: %d", n)
	}
	if n := c.count("a", 3000); n != 0 {
		t.Errorf("count in another second: %d", n)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()

	b := budget{max: 100}
	var held atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			if b.hold(10) {
				held.Add(10)
			}
		})
	}
	all.Wait()
	if held.Load() > 100 || b.held.Load() != held.Load() {
		t.Errorf("%d were given out, %d are held", held.Load(), b.held.Load())
	}
	b.release(held.Load())
	if !b.hold(100) || b.hold(1) {
		t.Error("what was given back is not there again")
	}
}

func TestDuplicatesAreCountedForABoundedNumberOfStreams(t *testing.T) {
	t.Parallel()

	d := newDuplicates()
	ref := func(i int) webhook.Ref {
		return webhook.Ref{Environment: "e", Source: "s", Key: string(rune('a' + i)), Generation: 1}
	}
	for i := range maxCounted {
		if !d.begin(ref(i), 1000) {
			t.Fatalf("there was no room for stream %d", i)
		}
	}
	if d.begin(ref(maxCounted), 1000) {
		t.Error("there was room for one too many")
	}
	if !d.begin(ref(0), 1001) {
		t.Error("there was no room for one that is there")
	}
	if _, ok := d.count(ref(0).Stream(), 1002); !ok {
		t.Error("it was not counted")
	}
	if _, ok := d.count(ref(0).Stream(), 1002+countedFor+1); ok {
		t.Error("one was counted long after the one before")
	}

	due := d.take()
	if len(due) != maxCounted {
		t.Errorf("%d streams have something to be recorded", len(due))
	}
	for _, c := range due {
		if c.ref == ref(0) {
			if c.n != 3 || c.lastAt != 1002 {
				t.Errorf("counted: %+v", c)
			}
			d.giveBack(c)
		}
	}
	d.take() // forgets all but the one that was given back
	if again := d.take(); len(again) != 0 {
		t.Errorf("given back: %+v", again)
	}
	if !d.begin(ref(maxCounted), 1000) {
		t.Error("there is no room again")
	}
}

func TestRemoteOf(t *testing.T) {
	t.Parallel()

	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		peer      string
		forwarded []string
		want      string
	}{
		{"203.0.113.7:1234", nil, "203.0.113.7"},
		{"[::ffff:203.0.113.7]:1234", nil, "203.0.113.7"},
		{"[fe80::1%eth0]:1234", nil, "fe80::1"},
		{"203.0.113.7:1234", []string{"198.51.100.1"}, "203.0.113.7"}, // nobody to be believed
		{"10.0.0.1:1234", nil, "10.0.0.1"},
		{"10.0.0.1:1234", []string{"198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:1234", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1"}, // the sender's own words
		{"10.0.0.1:1234", []string{"1.1.1.1", "198.51.100.1 , 10.0.0.2"}, "198.51.100.1"},
		{"10.0.0.1:1234", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"10.0.0.1:1234", []string{"198.51.100.1, unknown"}, "10.0.0.1"},
		{"10.0.0.1:1234", []string{""}, "10.0.0.1"},
		{"[fd00::1]:1234", []string{"2001:db8::7"}, "2001:db8::7"},
		{"@", []string{"198.51.100.1"}, ""},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		if got := addressText(remoteOf(r, trusted)); got != c.want {
			t.Errorf("from %s, forwarded for %q: %q, want %q", c.peer, c.forwarded, got, c.want)
		}
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()

	same := func(a, b string) bool {
		return network(netip.MustParseAddr(a)) == network(netip.MustParseAddr(b))
	}
	if same("203.0.113.7", "203.0.113.8") || !same("2001:db8::1", "2001:db8::ffff:1") || same("2001:db8::1", "2001:db8:0:1::1") {
		t.Error("senders are told apart wrongly")
	}
	if network(netip.Addr{}).IsValid() {
		t.Error("no address has a network")
	}
}
