//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"daybook/app/store/embedded"
	"daybook/app/store/wire"
	"daybook/app/trigger"
)

// elsewhere is a store that Daybooks reach over TCP, in the EventStoreDB
// protocol.
type elsewhere struct {
	*testing.T
	log     *embedded.Store
	address string
	down    func() // an outage: whoever waits for an answer is cut off
}

func newElsewhere(t *testing.T) *elsewhere {
	t.Helper()
	log, err := embedded.Open(t.Context(), t.TempDir(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := &elsewhere{T: t, log: log, address: "127.0.0.1:0"}
	e.up()
	t.Cleanup(func() {
		e.down()
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// up begins to answer; the second time, where it did before.
func (e *elsewhere) up() {
	e.Helper()
	listener, err := (&net.ListenConfig{}).Listen(e.Context(), "tcp", e.address)
	if err != nil {
		e.Fatal(err)
	}
	e.address = listener.Addr().String()
	server, err := wire.New(wire.Config{Store: e.log})
	if err != nil {
		e.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	e.down = func() {
		at, cancel := context.WithCancel(context.Background())
		cancel()
		server.Stop(at)
		if err := <-served; err != nil {
			e.Error(err)
		}
		e.down = func() {}
	}
}

func (e *elsewhere) connection() string { return "esdb://" + e.address + "?tls=false" }

// knows waits, a second at most, until the source of the tests says a text.
func (h *house) knows(text string) {
	h.Helper()
	deadline := time.Now().Add(time.Second)
	for {
		var source json.RawMessage
		h.get("/api/v1/sources/"+place().Key+"?environment="+place().Environment, &source)
		if strings.Contains(string(source), text) {
			return
		}
		if time.Now().After(deadline) {
			h.Fatalf("after a second there is no %s in %s", text, source)
		}
	}
}

// TestStoreElsewhere looks at one of two Daybooks on a store elsewhere: what
// comes to either arrives live, a mapping that is changed at one is in force at
// both, and an outage of the store passes without the page being loaded anew.
func TestStoreElsewhere(t *testing.T) {
	t.Parallel()
	store := newElsewhere(t)
	h, other := newHouseOn(t, store.connection()).connect(), newHouseOn(t, store.connection())
	send := func(at *house, eventType string) string {
		t.Helper()
		s := at.senderTo(at.url()+strings.TrimPrefix(h.sender(secretText).URL, h.url()), secretText)
		body, err := s.Make(trigger.Sample{Type: eventType})
		h.check(err)
		sent, err := s.Post(t.Context(), body)
		h.check(err)
		return sent.ID
	}

	b := newTab(t, h, wide).logIn()
	b.open("/")
	b.live()
	first := send(h, "charge.refunded")
	b.shows(row(first)+" .st", "ignored")
	there := send(other, "invoice.paid")
	b.shows(row(there)+" .st.ok", "succeeded")
	b.notReloaded()

	b.pressed(row(first) + " .open")
	b.shows("h1", "charge.refunded")
	b.shows(".why", "Nothing was done because no mapping is for charge.refunded.")
	b.pressed(".why .link")
	b.choose("#f-action_type", "workflows_trigger")
	b.has(`[id="f-text.key"]`)
	b.fill(`[id="f-text.key"]`, "refund")
	b.fill(`[id="f-text.recipients"]`, "body.data.object.customer")
	b.fill("#f-key", "refunds")
	b.pressed(".form footer .first")
	b.shows(".notice", "The mapping is saved and in force.")
	inForce := func(workflow string) {
		t.Helper()
		b.shows(".mappings", "trigger "+workflow)
		other.knows(`"` + workflow + `"`)
		b.open("/")
		b.live()
		for _, at := range []*house{h, other} {
			b.shows(row(send(at, "charge.refunded"))+" .what", "trigger "+workflow+" → cus_")
		}
	}
	inForce("refund")
	b.open(mappingsPath)
	b.pressed(".mappings .link[href$='edit=refunds']")
	b.fill(`[id="f-text.key"]`, "sorry")
	b.pressed(".form footer .first")
	inForce("sorry")

	store.down()
	store.up()
	b.shows(row(send(h, "charge.refunded"))+" .what", "trigger sorry → cus_")
	b.notReloaded()
}
