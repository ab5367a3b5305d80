package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"golang.org/x/sync/errgroup"
)

func TestTheTailTellsOfEachChange(t *testing.T) {
	t.Parallel()
	h := withSource(t)
	url := h.ingestURL("stripe", "development")
	h.want(200, h.send(url, secretText, event("evt_before", "invoice.paid")))
	h.settled("development.stripe.evt_before")
	next, stop := h.tail("/tail?type=invoice.*", nil)
	defer stop()
	if f := next(); f.comment == "" || f.id != "" {
		t.Errorf("the tail begins with %+v, want a comment", f)
	}
	h.want(200, h.send(url, secretText, event("evt_other", "charge.updated")))
	h.want(200, h.send(url, secretText, event("evt_1", "invoice.paid")))
	for last := ""; last != "succeeded"; {
		f := next()
		if f.name != "webhook" || f.id == "" || f.item.ID != "development.stripe.evt_1" {
			t.Fatalf("%+v", f)
		}
		last = f.item.Status
	}
}

// While webhooks arrive, a client that breaks off again and again, and goes on
// where it was, hears of each of them, in order, and of no change twice.
func TestTheTailGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	const n = 60
	h := withSource(t)
	url := h.ingestURL("stripe", "development")
	var sending errgroup.Group
	for sender := range 3 {
		sending.Go(func() error {
			for i := range n / 3 {
				h.send(url, secretText, event(fmt.Sprintf("evt_%d_%d", sender, i), "invoice.paid"))
			}
			return nil
		})
	}
	done := map[string]bool{}
	positions := map[string]bool{}
	last := "0"
	for connection := 0; len(done) < n; connection++ {
		path, header := "/tail?after="+last, http.Header(nil)
		if connection%2 == 1 { // what the browser sends goes before what the page said
			path, header = "/tail?after=0", http.Header{"Last-Event-Id": {last}}
		}
		next, stop := h.tail(path, header)
		for range 7 {
			f := next()
			if f.id == "" {
				continue
			}
			if positions[f.id] || len(f.id) < len(last) || len(f.id) == len(last) && f.id <= last {
				t.Fatalf("%s comes after %s", f.id, last)
			}
			last, positions[f.id] = f.id, true
			if f.item.Status == "succeeded" {
				if done[f.item.ID] {
					t.Fatalf("%s succeeded twice", f.item.ID)
				}
				done[f.item.ID] = true
			}
			if len(done) == n {
				break
			}
		}
		stop()
	}
	if err := sending.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestATailAfterAListMissesNothing(t *testing.T) {
	t.Parallel()
	h, url := withEvents(t)
	position, _ := at(t, h.get("/events"), "position").(string)
	h.want(200, h.send(url, secretText, event("evt_next", "charge.updated")))
	next, stop := h.tail("/tail?after="+position, nil)
	defer stop()
	f := next()
	for f.id == "" { // it may have nothing to tell yet
		f = next()
	}
	if f.item.ID != "development.stripe.evt_next" {
		t.Errorf("after the list comes %+v", f)
	}
}
